"""“Make it small”: one click that opens Train with a run as teacher and a smaller backbone to be taught."""

import streamlit as st

from pages.parts.shared import next_training, page_files, state
from pages.parts.shared.words import t
from tl_core import store
from tl_core.backbones import catalogue
from tl_core.jobs import making_small


def offer(run: store.RunRow, key: str) -> bool:
    """Draw the button and return True; False where there is no smaller backbone at hand, or nothing to teach."""
    smaller = making_small.pupil(run)
    if smaller is None:
        return False
    if st.button(
        t("Make it small"),
        key=f"make-small-{key}-{run.id}",
        icon=":material/compress:",
        help=t(
            "Opens Train with this run as the teacher of a smaller network, {title}: it learns to answer as this one does, in a smaller file that is quicker.",
            title=catalogue.title(smaller),
        ),
    ):
        state.choose_data_of(run)
        dataset = state.dataset()
        next_training.choose_backbone(smaller)
        taught = making_small.settings(
            next_training.settings(), smaller, run.id, dataset.id if dataset else run.dataset_id
        )
        next_training.replace(taught.config)
        next_training.take_inputs(taught.inputs)
        st.switch_page(page_files.TRAIN)
    return True
