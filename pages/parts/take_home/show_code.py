"""Show me the code: the training of a run as a program that a person can read and copy."""

import streamlit as st

from pages.parts.shared.words import t
from tl_core import store
from tl_core.export.code import run_code

PROGRAM_PX = 560


def draw(run: store.RunRow) -> None:
    """Draw the program that does the training of a run again; nothing for a model that came without one."""
    if (run.metrics or {}).get("arrived"):
        return
    st.header(t("Show me the code"))
    st.markdown(
        t(
            "This is your training as a Keras program: the same network, division and settings, with a line on why each part is there. "
            "Read it, copy it, change it. To run it, pack “To read and to change”: what it needs lies beside it there."
        )
    )
    st.code(_script(run.id), language="python", height=PROGRAM_PX)


@st.cache_data(max_entries=32, show_spinner=False)
def _script(run_id: str) -> str:
    return run_code.of(store.run(run_id)).script
