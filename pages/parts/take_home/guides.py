"""How a model is used in other programs, with the programs that do it."""

import streamlit as st

from pages.parts.shared.words import t
from pages.parts.take_home import places
from tl_core import store
from tl_core.base import ids
from tl_core.export.formats import registry
from tl_core.models import persist
from tl_core.training.results import MODEL_DIR

PROGRAM_PX = 480


def draw(run: store.RunRow) -> None:
    """Draw the programs of all formats that have one, that of the first opened."""
    guided = [(known, known.guide) for known in places.offered(run) if known.guide is not None]
    if not guided:
        return
    st.header(t("How to use it"), anchor=False)
    for number, (format_, guide) in enumerate(guided):
        with st.expander(t(format_.title), expanded=number == 0):
            st.markdown(t(guide.text, command=f"`{guide.command}`"))
            st.code(_program(run.id, format_.name), language="python", height=PROGRAM_PX)


@st.cache_data(max_entries=32, show_spinner=False)
def _program(run_id: str, kind: str) -> str:
    """Return the program of a format's guide, as it is."""
    guide = registry.get(kind).guide
    return guide.program(persist.describe(ids.run_folder(run_id) / MODEL_DIR)) if guide else ""
