"""Kinds of transfer side by side: chosen by role, classes matched, followed while it works, and what came of it."""

from collections.abc import Mapping, Sequence

import streamlit as st

from pages.parts.shared import (
    at_work,
    class_names,
    datasets,
    domain_shift,
    errors,
    next_training,
    numbers,
    page_files,
    run_names,
    widget_values,
)
from pages.parts.shared.text import distinct, literal
from pages.parts.shared.words import t, tn
from pages.parts.transfer_lab import side_by_side_results
from tl_core import store
from tl_core.base.errors import UserError
from tl_core.datasets.manifest import Dataset
from tl_core.evaluation import further_sets, transfer_kinds
from tl_core.evaluation.transfer_found import ALL, HERE, THERE, Judge
from tl_core.home import roles
from tl_core.intake import unlabelled
from tl_core.jobs import transfer_comparer
from tl_core.jobs.transfer_comparer import Asked
from tl_core.methods import registry, target_domain

REFRESH_S = 1.0
REMEMBERED_S = 20


def draw(row: store.DatasetRow, dataset: Dataset) -> tuple[dict[str, str], dict[str, str]]:
    """Draw what is to be compared, the comparison while it works, and what it found.

    Returns:
        The ids of what was chosen to transfer from, by role, "" where nothing is; and what a person said
        of the source's classes otherwise than their names tell.
    """
    named: dict[str, str] = {}
    renamed: dict[str, str] = {}
    st.header(
        t("Does transfer help here?"),
        help=t(
            "Pictures or answers from elsewhere can make a model better, and also worse. Each kind of transfer learns from a few of your pictures, several times other ones, and is held against learning from yours alone."
        ),
    )
    with errors.shown():
        further_sets.require_one_class_each(dataset)
        named = _named(row)
        if source := named["source"]:
            renamed = class_names.settle(row, dataset.classes, source, "side")
        backbone = next_training.settings().network.backbone
        _how_far(dataset, named)
        judged = _judged(row, dataset, named)
        amounts = st.multiselect(
            t("Pictures of a class to learn from"),
            transfer_comparer.AMOUNTS,
            default=transfer_comparer.AMOUNTS,
            format_func=lambda amount: t("all") if amount == ALL else str(amount),
            key="side-by-side-amounts",
            help=t("What helps with five pictures may hurt with many."),
        )
        if not amounts:
            st.caption(t("Choose at least one."))
            return named, renamed
        trained = _trained(row, dataset, backbone, named, renamed, amounts, judged)
        if not any(named.values()) and not trained:
            st.caption(
                t(
                    "Choose where to transfer from: labelled pictures, or a teacher; or what is to train."
                )
            )
            return named, renamed
        if judged == HERE and _adapts_alone(named, trained):
            _adapt(named["unlabelled"])
            return named, renamed
        asked = _priced(
            dataset.id, backbone, named, renamed, amounts, trained, judged, _dataset=dataset
        )
        working = transfer_comparer.is_working(asked.key)
        st.fragment(_panel, run_every=REFRESH_S if working else None)(asked, working)
    return named, renamed


@st.cache_data(ttl=REMEMBERED_S, max_entries=64, show_spinner=False)
def _priced(
    dataset_id: str,
    backbone: str,
    named: Mapping[str, str],
    renamed: Mapping[str, str],
    amounts: Sequence[int],
    trained: Sequence[str],
    judged: Judge,
    _dataset: Dataset,
) -> Asked:
    return transfer_comparer.priced(
        _dataset, backbone, named, renamed, amounts, trained=trained, judged=judged
    )


@st.cache_data(ttl=REMEMBERED_S, max_entries=64, show_spinner=False)
def _adds(
    dataset_id: str,
    backbone: str,
    named: Mapping[str, str],
    renamed: Mapping[str, str],
    amounts: Sequence[int],
    judged: Judge,
    _dataset: Dataset,
) -> dict[str, float]:
    """Return the seconds that each kind which trains adds, by name; remembered likewise.

    Nothing of what cannot be compared: that is refused once something is chosen.
    """
    try:
        return transfer_comparer.adds(_dataset, backbone, named, renamed, amounts, judged)
    except UserError:
        return {}


@st.cache_data(ttl=REMEMBERED_S, max_entries=64, show_spinner=False)
def _judges(dataset_id: str, other: str, _dataset: Dataset) -> int:
    return further_sets.count_of_judges(_dataset, other)


def _named(row: store.DatasetRow) -> dict[str, str]:
    """Draw a choice for each role; return ids, "" where nothing is chosen."""
    sets = {
        each.id: datasets.title(each)
        for each in store.datasets(row.project_id)
        if each.status == "ready"
    }
    others = {key: title for key, title in sets.items() if key != row.id}
    runs = {run.id: run_names.title(run) for run in store.runs(row.project_id) if run.metrics}
    last = transfer_comparer.latest(row.id)
    before = {**(last.inputs if last else {}), **roles.of(row)}
    return {
        "source": _choice(
            t("Labelled pictures from elsewhere"),
            t(
                "Of at least one of your classes; photos beside drawings, another camera, another shop."
            ),
            others,
            before.get("source"),
            f"side-source-{row.id}",
        ),
        "unlabelled": _choice(
            t("Pictures without a class"),
            t(
                "Of the same kind as yours, from where the model will be used. Classes that they have are not read. Your own data set can be chosen where some of its pictures came without a class."
            ),
            sets if unlabelled.has_any(row.id) else others,
            before.get("unlabelled"),
            f"side-unlabelled-{row.id}",
        ),
        "teacher": _choice(
            t("Teacher"),
            t("A finished run for the same classes; it answers the pictures without a class."),
            runs,
            before.get("teacher"),
            f"side-teacher-{row.id}",
        ),
    }


def _how_far(dataset: Dataset, named: Mapping[str, str]) -> None:
    """Draw how far the chosen pictures look otherwise, once for each data set."""
    chosen = {named[role]: role for role in ("unlabelled", "source") if named[role]}
    for identifier, role in chosen.items():
        name = datasets.title(store.dataset(identifier))
        domain_shift.draw(dataset, next_training.settings(), identifier, name, role)


def _judged(row: store.DatasetRow, dataset: Dataset, named: Mapping[str, str]) -> Judge:
    """Draw what judges, where pictures from where the model will be used could; return it."""
    other = named["unlabelled"]
    if not other or (count := _judges(dataset.id, other, _dataset=dataset)) < further_sets.FEWEST:
        return HERE
    last, key = transfer_comparer.latest(row.id), f"side-judge-{row.id}"
    if last is not None and not widget_values.is_held(key):
        widget_values.set_value(key, last.judged)
    titles: dict[Judge, str] = {
        HERE: t("The test pictures of this data set"),
        THERE: tn(
            "{count} labelled picture from where it will be used",
            "{count} labelled pictures from where it will be used",
            count,
        ),
    }
    return st.radio(
        t("What judges"),
        list(titles),
        format_func=titles.__getitem__,
        key=key,
        help=t(
            "What adapts to another place is best judged there. It then learns from your pictures, and looks at those from there without their classes; the classes that are known judge it. Judged by your test pictures, it learns from the labelled pictures from elsewhere instead, and adapts to yours. A teacher judges itself too kindly there, so it takes no part."
        ),
    )


def _trained(
    row: store.DatasetRow,
    dataset: Dataset,
    backbone: str,
    named: Mapping[str, str],
    renamed: Mapping[str, str],
    amounts: Sequence[int],
    judged: Judge,
) -> list[str]:
    """Draw a choice of the kinds that train stages, which take long, each with what it adds; return their names."""
    titles = transfer_comparer.trainable(named, backbone, judged)
    key = f"side-trained-{row.id}"
    last = transfer_comparer.latest(row.id)
    before = widget_values.value_of(key, last.trained if last else ())
    widget_values.set_value(key, [name for name in before if name in titles])  # one may be gone
    if not titles:
        return []
    takes = _adds(dataset.id, backbone, named, renamed, amounts, judged, _dataset=dataset)
    words = [
        t(
            "Each is trained anew for every draw of pictures, with half of the stages of your chosen backbone open, so this takes minutes to hours rather than seconds. Without any, only heads on frozen features are compared."
        )
    ]
    words += [
        f"**{literal(t(kind.title))}**: {literal(t(kind.measures))}"
        for name in titles
        if (kind := transfer_kinds.of(name, judged)) is not None
    ]
    return st.multiselect(
        t("Train stages as well"),
        list(titles),
        placeholder=t("None"),
        format_func=lambda name: (
            t("{kind}: {time}", kind=t(titles[name]), time=numbers.about(takes[name]))
            if name in takes
            else t(titles[name])
        ),
        key=key,
        help="\n\n".join(words),
        width=720,
    )


def _choice(title: str, words: str, titles: Mapping[str, str], before: str | None, key: str) -> str:
    if not titles:
        st.caption(t("{input}: there is none in this project yet.", input=title))
        return ""
    if before in titles and not widget_values.is_held(key):
        widget_values.set_value(key, before)
    chosen = st.selectbox(
        title,
        list(titles),
        index=None,  # what begins empty can be emptied again
        placeholder=t("None"),
        format_func=distinct(titles, length=140).__getitem__,
        help=words,
        key=key,
        width=720,
    )
    return chosen or ""


def _adapts_alone(named: Mapping[str, str], trained: Sequence[str]) -> bool:
    """Say whether there are pictures without a class, and nothing that could be held against the others."""
    others = [named[role] for role in ("source", "teacher")]
    return bool(named["unlabelled"]) and not any(others) and not trained


def _adapt(target: str) -> None:
    """Say what pictures without a class alone are good for, and lead there."""
    st.markdown(
        t(
            "Pictures without a class are nothing to compare with by themselves: the side by side is judged by your own test pictures, which cannot tell whether adapting to others helps. Choose labelled pictures from elsewhere or a teacher as well, or stages to train. For a model that is to work on pictures like these, adapt to them on Train: “{method}” brings both into line in seconds.",
            method=t(registry.QUICKLY_ADAPTED.title),
        )
    )
    if st.button(
        t("Adapt to them on Train"),
        key="adapt-on-train",
        icon=":material/arrow_forward:",
        help=t(
            "Opens Train with “{method}” and these pictures chosen. Those of them that have a class measure there whether it helps, and choose the way.",
            method=t(registry.QUICKLY_ADAPTED.title),
        ),
    ):
        adapting = registry.changed(next_training.settings(), registry.QUICKLY_ADAPTED.name)
        next_training.replace(adapting)
        next_training.take_inputs({target_domain.TARGET: target})
        st.switch_page(page_files.TRAIN)


def _panel(asked: Asked, was_working: bool) -> None:
    if transfer_comparer.is_working(asked.key):
        at_work.draw(
            transfer_comparer.view(asked.key),
            lambda: transfer_comparer.stop(asked.key),
            "stop-side-by-side",
        )
        return
    if was_working:
        st.rerun(scope="app")
    with errors.shown():
        found = transfer_comparer.found(asked.key)
        if found is not None:
            side_by_side_results.draw(found, asked.key)
            return
    if st.button(
        t("Compare kinds of transfer: {time}", time=numbers.about(asked.seconds)),
        key="start-side-by-side",
        icon=":material/compare_arrows:",
        help=t(
            "In the background. What is worked out for it is kept, and a training uses it again."
        ),
    ):
        with errors.shown():
            transfer_comparer.start(asked)
            st.rerun(scope="app")
