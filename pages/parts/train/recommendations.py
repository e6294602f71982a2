"""What is recommended where a person stands: settings follow it until touched, and find back to it."""

import streamlit as st

from pages.parts.shared import next_training, setting_words
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.config import SETTINGS, Setting, TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.jobs import beginning
from tl_core.methods import recipes


def follow(row: store.DatasetRow, dataset: Dataset, config: TrainConfig) -> TrainConfig:
    """Return settings of which all that nobody touched are as recommended; a lesson stays as it is."""
    if beginning.is_lesson(row):
        return next_training.follow(config, {})
    return next_training.follow(config, recipes.recommended(recipes.situation(dataset, config)))


def suited(dataset: Dataset, config: TrainConfig) -> TrainConfig:
    """Return other settings, such as those of another depth, as they would follow what is recommended."""
    if not next_training.recommended():
        return config
    return recipes.suited(dataset, config, next_training.touched())


def beside(setting: Setting, config: TrainConfig) -> None:
    """Draw the way back to what is recommended, below the widget of a setting that differs."""
    if not _differs(setting, config):
        return
    value = setting_words.written(setting, next_training.recommended()[setting.name])
    about = t(
        "Goes back to what is recommended for this backbone, this depth and these pictures. "
        "From then on it follows them again."
    )
    if way_back(value, f"back-{setting.name}", about):
        next_training.release(setting.name)
        st.rerun()


def way_back(value: str, key: str, about: str) -> bool:
    """Draw the button that goes back to what is recommended; say whether it was pressed."""
    return st.button(
        t("Recommended: {value}", value=value),
        key=key,
        type="tertiary",
        icon=":material/undo:",
        help=about,
    )


def all_of_them(config: TrainConfig, task: str) -> None:
    """Name the settings that are not as recommended, wherever they show, with one way back for all."""
    own = [one for one in SETTINGS.values() if _differs(one, config) and one.applies(config, task)]
    if not own:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="own-settings"):
        told = tn(
            "{count} setting is your own, not as recommended: {names}.",
            "{count} settings are your own, not as recommended: {names}.",
            len(own),
            names=", ".join(t(one.field.title or one.name) for one in own),
        )
        st.markdown(told, width="stretch")
        if st.button(t("Back to recommended"), key="back-to-recommended", icon=":material/undo:"):
            next_training.release(*next_training.touched())
            st.rerun()


def _differs(setting: Setting, config: TrainConfig) -> bool:
    values = next_training.recommended()
    return setting.name in values and setting.value(config) != values[setting.name]
