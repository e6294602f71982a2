"""A large card with a drawing: one of a few choices side by side."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from pages.parts.shared import drawings


@contextmanager
def choice(drawing: str, title: str, sentence: str) -> Iterator[None]:
    """Draw one large choice; its button is drawn inside the block."""
    with st.container(
        border=True, height="stretch", horizontal_alignment="center", key=f"choice-{drawing}"
    ):
        drawings.draw(drawing)
        st.header(title, anchor=False)
        st.markdown(sentence)
        yield
