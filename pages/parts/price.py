"""What a training will take, and on what device, said before Start."""

import streamlit as st

from pages.parts.words import t
from tl_core.config import TrainConfig
from tl_core.data import datasets
from tl_core.data.datasets import Dataset
from tl_core.runs import machine


def draw(dataset: Dataset, config: TrainConfig) -> None:
    """Draw the device that will train and what this training takes."""
    device = machine.device()
    kind = t("graphics card") if device.kind == "gpu" else t("processor")
    with st.container(border=True, key="price"):
        st.markdown(
            f":material/memory: {t('Trains on the {kind} of this computer:', kind=kind)} **{device.name}**"
        )


def obstacle(dataset: Dataset, has_weights: bool) -> str:
    """Return why training cannot start, or nothing."""
    for problem in datasets.problems(dataset):
        if problem.blocks:
            return f"{t(problem.message)} {t(problem.hint)}"
    if not has_weights:
        return t(
            "The weights of this backbone are not here yet. Choose one of the three ways above."
        )
    return ""
