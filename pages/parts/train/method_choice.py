"""Methods as cards: what each does, what it takes, where it comes from, and what else it learns from."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.parts.shared import (
    class_names,
    datasets,
    domain_shift,
    method_explained,
    next_training,
    numbers,
    run_names,
    widget_values,
)
from pages.parts.shared.text import distinct, literal
from pages.parts.shared.words import t
from pages.parts.train import price, recommendations, setting_widgets
from tl_core import store
from tl_core.config import TrainConfig, changed
from tl_core.datasets import class_matching
from tl_core.datasets.manifest import Dataset
from tl_core.home import roles
from tl_core.intake import unlabelled
from tl_core.methods import inputs as gathered
from tl_core.methods import recipes, registry, target_domain
from tl_core.methods.method import SOURCE, Method, Need


def choose(dataset: Dataset, config: TrainConfig) -> None:
    """Draw all methods with their prices; one that is chosen is shown at once."""
    with st.grid(min_column_width=260, row_height="content", key="methods"):
        for method in gathered.methods_for(dataset):
            _card(method, dataset, config)


def settle(dataset: Dataset, config: TrainConfig, named: Mapping[str, str]) -> TrainConfig:
    """Draw the settings that only the chosen method knows, and how it works; return all settings.

    Args:
        dataset: what is trained on.
        config: all settings.
        named: ids of what else is learnt from, by role; what is recommended depends on it.
    """
    config = _own_settings(dataset, config, named)
    method_explained.draw(registry.settled(config))
    return config


def inputs(row: store.DatasetRow, config: TrainConfig) -> dict[str, str]:
    """Draw a choice for everything that the method needs beside the data set; return ids by role."""
    chosen = {
        need.role: _choice(need, row, f"input-{need.role}-{row.id}-{next_training.round_number()}")
        for need in registry.of(config).needs
    }
    next_training.keep_inputs(chosen)
    named = {role: identifier for role, identifier in chosen.items() if identifier}
    if target_domain.NEED in registry.of(config).needs and target_domain.TARGET in named:
        _how_far(row, config, named[target_domain.TARGET])
    return named


def _how_far(row: store.DatasetRow, config: TrainConfig, target: str) -> None:
    """Draw how far what is adapted to looks otherwise."""
    name = datasets.title(store.dataset(target))
    domain_shift.draw(datasets.loaded(row.id), config, target, name, "train")


def classes(
    row: store.DatasetRow, dataset: Dataset, config: TrainConfig, named: Mapping[str, str]
) -> TrainConfig:
    """Draw which class from elsewhere is taken for which of the data set's; return the settings with what was corrected."""
    renamed, source = gathered.renamed_of(config), named.get(SOURCE)
    if source is None or renamed is None:
        return config
    if renamed and next_training.is_of_a_run():
        roles.call(row, source, renamed)  # as it was said when that run began
    otherwise = class_names.settle(
        row, dataset.classes, source, f"train-{next_training.round_number()}"
    )
    own = registry.settings_of(config).model_dump(mode="json")
    told = {**own, gathered.RENAMED: class_matching.written(otherwise)}
    return changed(config, method_settings=told)


def warn(dataset: Dataset, config: TrainConfig, named: Mapping[str, str]) -> None:
    """Say where what was chosen can be learnt from but will hardly be worth it."""
    for sentence in gathered.warnings(dataset, config, named):
        st.warning(literal(t(sentence)), icon=":material/warning:")


def missing(config: TrainConfig, named: Mapping[str, str]) -> str:
    """Return what is to be chosen before a training can start, or nothing."""
    if (fault := registry.unfit(config)) is not None:
        return f"{t(fault.message)} {t(fault.hint)}"
    for need in registry.of(config).needs:
        if need.role not in named and not need.is_optional:
            return t(
                "{method} needs one thing more: {input}. Choose it above.",
                method=t(registry.of(config).title),
                input=t(need.title),
            )
    return ""


def _card(method: Method, dataset: Dataset, config: TrainConfig) -> None:
    is_chosen = method.name == config.method.method_name
    key = f"method-chosen-{method.name}" if is_chosen else f"method-{method.name}"
    with st.container(border=True, key=key, height="stretch"):
        st.markdown(f"**{t(method.title)}**")
        st.markdown(t(method.sentence))
        like_it = config if is_chosen else registry.changed(config, method.name)
        takes = _takes(dataset, recommendations.suited(dataset, like_it))
        st.caption(" · ".join([takes, *_needs(method)]))
        st.caption(literal(method.paper))
        if is_chosen:
            st.markdown(f":material/check_circle: **{t('Chosen')}**")
        elif st.button(t("Choose"), key=f"choose-method-{method.name}"):
            next_training.replace(like_it)
            st.rerun()


def _takes(dataset: Dataset, config: TrainConfig) -> str:
    if price.lacks_weights(config):
        return t("The weights are not here yet.")
    return t("takes {time}", time=numbers.about(price.alone(dataset, config).total_s))


def _needs(method: Method) -> list[str]:
    told = [] if method.is_pretrained else [t("needs no pretrained weights")]
    return told + [
        t("takes {input}, if there are any", input=t(need.title))
        if need.is_optional
        else t("needs {input}", input=t(need.title))
        for need in method.needs
    ]


def _own_settings(dataset: Dataset, config: TrainConfig, named: Mapping[str, str]) -> TrainConfig:
    """Draw the settings that only the method knows; those that nobody touched are as recommended."""
    method, own = registry.of(config), registry.settings_of(config).model_dump(mode="json")
    stands = recipes.situation(dataset, config, _labelled(dataset.id, config, named, dataset))
    wanted = recipes.own(stands)
    values = next_training.follow_own(
        method.name, own, {name: one.value for name, one in wanted.items()}
    )
    for name, field in method.settings.model_fields.items():
        if name == gathered.RENAMED:  # drawn where the source is chosen, see `classes`
            continue
        key = f"method-{method.name}-{name}-{next_training.round_number()}"
        key = f"{key}-{next_training.times_followed(f'{method.name}.{name}')}"
        before = values[name]
        values[name] = setting_widgets.for_field(field, before, key, names=method.choices)
        if name in wanted:
            is_as_wanted = values[name] == wanted[name].value
            if values[name] != before:
                next_training.note_own_choice(name, is_as_recommended=is_as_wanted)
            if is_as_wanted and wanted[name].because:
                st.caption(t(wanted[name].because))
            elif not is_as_wanted:
                _way_back(name, wanted[name].value, method)
    return changed(config, method_settings=values) if values else config


def _way_back(name: str, value: Any, method: Method) -> None:
    """Draw the way back to what is recommended, below a setting that differs."""
    told = t(method.choices[value]) if value in method.choices else str(value)
    about = t(
        "Goes back to what is recommended for these pictures and what else is learnt from. From then on it follows them again."
    )
    if recommendations.way_back(told, f"back-own-{name}", about):
        next_training.note_own_choice(name, is_as_recommended=True)
        st.rerun()


def _labelled(
    dataset_id: str, config: TrainConfig, named: Mapping[str, str], dataset: Dataset
) -> int:
    role = registry.of(config).judges
    chosen = named.get(role, "") if role else ""
    return _labelled_there(dataset_id, config.method.method_name, chosen, dataset) if chosen else 0


@st.cache_data(max_entries=64, show_spinner=False)
def _labelled_there(dataset_id: str, method: str, chosen: str, _dataset: Dataset) -> int:
    """Count the labelled pictures of a data set once: neither of the two ever changes."""
    config = TrainConfig().but(method_name=method)
    return recipes.labelled(_dataset, config, {registry.get(method).judges or "": chosen})


def _choice(need: Need, row: store.DatasetRow, key: str) -> str | None:
    titles = _runs(row) if need.kind == "run" else _datasets(need, row)
    if not titles:
        st.caption(t("{input}: there is none in this project yet.", input=t(need.title)))
        return None
    before = next_training.input_to_begin_with(need.role, roles.of(row).get(need.role))
    if before in titles and not widget_values.is_held(key):
        widget_values.set_value(key, before)
    return st.selectbox(
        t(need.title),
        list(titles),
        index=None,  # what begins empty can be emptied again
        placeholder=t("Choose one"),
        format_func=distinct(titles, length=140).__getitem__,
        help=t(need.help),
        key=key,
        width=720,
    )


def _datasets(need: Need, row: store.DatasetRow) -> dict[str, str]:
    """Return what may be chosen; of the run's own data set, only what came without an answer."""
    ready = [each for each in store.datasets(row.project_id) if each.status == "ready"]
    return {
        each.id: datasets.title(each)
        for each in ready
        if each.id != row.id or (need.role == "unlabelled" and unlabelled.has_any(row.id))
    }


def _runs(row: store.DatasetRow) -> dict[str, str]:
    return {run.id: run_names.title(run) for run in store.runs(row.project_id) if run.metrics}
