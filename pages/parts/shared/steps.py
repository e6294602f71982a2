"""The one button of a page that leads to the next step, and pages that have nothing to show yet."""

import streamlit as st

from pages.parts.shared import drawings


def next_step(page: str, label: str, *, disabled: bool = False, why: str = "") -> None:
    """Draw the primary button that leads to the next page; `why` it cannot, where it cannot."""
    st.space("small")
    if disabled and why:
        st.caption(why)
    if st.button(
        label,
        type="primary",
        icon=":material/arrow_forward:",
        icon_position="right",
        disabled=disabled,
        key="next-step",
    ):
        st.switch_page(page)


def empty(drawing: str, sentence: str, page: str, label: str) -> None:
    """Fill a page that has nothing to show yet: a drawing, a sentence, a button; then stop."""
    with st.container(horizontal_alignment="center", key="graft-empty"):
        drawings.draw(drawing)
        st.markdown(sentence, width="content")
        if st.button(label, type="primary", key="empty-next"):
            st.switch_page(page)
    st.stop()
