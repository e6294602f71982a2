"""How pictures are divided: the choice, what the guard against copies did, dividing anew."""

import streamlit as st

from pages.parts.data import long_lists, version_history
from pages.parts.shared import datasets, gallery
from pages.parts.shared.tasks import registry
from pages.parts.shared.text import shortened
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.datasets.edits import SplitAgain
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import GroupRule, Split

SHARES = range(0, 41, 5)
SHOWN = 12


def choose(key: str, start: Split) -> Split:
    """Draw the choice of shares and of what belongs together, and return it."""
    fields = Split.model_fields
    left, right = st.columns(2)
    with left:
        validation = _share("validation", start.validation, key)
    with right:
        test = _share("test", start.test, key)
    st.caption(t("{share} % are left for training.", share=100 - validation - test))
    rules: dict[GroupRule, str] = {
        "none": t("Names tell nothing"),
        "number": t("Names that end in numbers are one burst (clip7_001, clip7_002)"),
        "separator": t("The first word of the name tells (slide3-left, slide3-right)"),
    }
    rule = st.selectbox(
        t(fields["groups"].title or ""),
        list(rules),
        index=list(rules).index(start.groups),
        format_func=rules.__getitem__,
        help=t(fields["groups"].description or ""),
        key=f"{key}-groups",
    )
    return Split.model_validate(
        {"validation": validation / 100, "test": test / 100, "groups": rule, "seed": start.seed}
    )


def _share(name: str, value: float, key: str) -> int:
    field = Split.model_fields[name]
    percent = min(round(100 * value), SHARES[-1])
    return st.select_slider(
        t(field.title or ""),
        sorted({*SHARES, percent}),
        value=percent,
        format_func=lambda share: f"{share}\u202f%",
        help=t(field.description or ""),
        key=f"{key}-{name}",
    )


def draw(row: store.DatasetRow, dataset: Dataset) -> None:
    """Say what was kept together and offer to divide a data set anew."""
    _kept_together(dataset)
    with st.expander(t("Divide anew")):
        st.caption(
            t(
                "Makes a new version with the same pictures, divided by chance but copies kept together. "
                "Results before and after are not comparable: other pictures judge."
            )
        )
        _divide_anew(row, dataset)


def _divide_anew(row: store.DatasetRow, dataset: Dataset) -> None:
    start = dataset.split or Split.model_validate({})
    split = choose(f"divide-{row.id}", start)
    seed = st.number_input(
        t(Split.model_fields["seed"].title or ""),
        min_value=0,
        max_value=2**31 - 1,
        value=start.seed,
        help=t("The same seed divides the same way; another one deals the pictures anew."),
        key=f"divide-{row.id}-seed",
    )
    keeps_given = dataset.given is None or st.toggle(
        t("Keep the division that came with the pictures"),
        value=True,
        help=t("Folders or a table said which pictures are for the test. Turn it off to mix all."),
        key=f"divide-{row.id}-given",
    )
    if st.button(t("Divide anew"), icon=":material/shuffle:", key="divide-anew"):
        chosen = split.model_copy(update={"seed": int(seed)})
        version_history.make(row, SplitAgain(split=chosen, keeps_given=keeps_given))


def _kept_together(dataset: Dataset) -> None:
    rows = datasets.leaked(dataset.id)
    if not len(rows):
        return
    if dataset.groups is None:
        told = tn(
            "**{count} picture stayed with its copies.** Dealt by chance it would have judged a model "
            "that had seen a copy of it, and the result would have been too good.",
            "**{count} pictures stayed with their copies.** Dealt by chance they would have judged a model "
            "that had seen copies of them, and the result would have been too good.",
            len(rows),
        )
    else:
        told = tn(
            "**{count} picture stayed with its group or its copies.** Dealt by chance it would have judged a model "
            "that had seen others of these, and the result would have been too good.",
            "**{count} pictures stayed with their group or their copies.** Dealt by chance they would have judged a model "
            "that had seen others of these, and the result would have been too good.",
            len(rows),
        )
    st.markdown(told)
    gallery.draw(
        gallery.Shown(
            hash=str(dataset.hashes[index]),
            alt=t("Picture {file}", file=str(dataset.names[index])),
            caption=shortened(str(dataset.names[index]).rsplit("/", 1)[-1], 24),
            edge=registry.of_dataset(dataset).edge(dataset, index),
        )
        for index in long_lists.first(rows.tolist(), SHOWN, "kept-together")
    )
