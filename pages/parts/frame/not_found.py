"""What stands on a page whose address names something that is not here, instead of another thing."""

import streamlit as st

from pages.parts.shared import drawings, notices, state
from pages.parts.shared.text import literal, shortened
from pages.parts.shared.words import t
from tl_core import store


def draw() -> None:
    """Say that nothing is found at this address, and offer the ways on."""
    asked = state.missing()
    if asked is None:
        return
    titles = {
        "project": t("There is no project at this address"),
        "dataset": t("There is no data set at this address"),
        "run": t("There is no run at this address"),
    }
    with st.container(horizontal_alignment="center", key="graft-empty"):
        drawings.draw("empty-result")
        if asked.gone is None:
            st.title(titles[asked.kind], anchor=False, text_alignment="center")
            st.markdown(
                t(
                    "It may be on another computer or belong to somebody else, or it was removed for good."
                ),
                width="content",
            )
        else:
            name = literal(shortened(asked.gone.name))
            st.title(t("{name} was deleted", name=name), anchor=False, text_alignment="center")
            st.markdown(t("You can bring it back for a week."), width="content")
            _bring_back(asked.gone)
        if st.button(
            t("Show what is here"),
            key="what-is-here",
            type="secondary" if asked.gone else "primary",
        ):
            state.forget_missing()
            st.rerun()


def _bring_back(gone: notices.Deleted) -> None:
    if st.button(t("Bring it back"), key="bring-back", type="primary", icon=":material/undo:"):
        store.restore(gone.kind, gone.id)
        state.return_to(gone.kind)
        st.rerun()
