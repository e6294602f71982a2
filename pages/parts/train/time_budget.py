"""How long may it take? A time chosen becomes the number of epochs that fit into it."""

import streamlit as st

from pages.parts.shared import next_training, numbers
from pages.parts.shared.words import t, tn
from pages.parts.train import price
from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.pricing import plan

BUDGETS_S = (60, 300, 1200)


def choose(dataset: Dataset, config: TrainConfig) -> None:
    """Draw times to choose from; one click sets the epochs."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            t("How long may it take?"),
            width="content",
            help=t(
                "Sets the epochs that this computer should manage in that time, and stops sooner when nothing improves. "
                "Take longer while the validation curve still climbs at the end."
            ),
        )
        for budget_s in BUDGETS_S:
            if st.button(
                t("about {time}", time=numbers.duration(budget_s)), key=f"budget-{budget_s}"
            ):
                _keep(dataset, config, budget_s)


def _keep(dataset: Dataset, config: TrainConfig, budget_s: int) -> None:
    asked = price.planned(dataset, config).chosen
    epochs = plan.epochs_within(asked, budget_s)
    next_training.keep(config)
    next_training.take(epochs=epochs)
    st.toast(tn("{count} epoch fits.", "{count} epochs fit.", epochs))
    st.rerun()
