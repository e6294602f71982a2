"""What a method comes down to: its drawing, its formula with the numbers of one training, and its paper."""

import streamlit as st

from pages.parts.shared import drawings
from pages.parts.shared.text import literal
from pages.parts.shared.words import t
from tl_core.config import TrainConfig
from tl_core.methods import registry


def draw(config: TrainConfig) -> None:
    """Draw the explanation, folded; nothing where the method has none."""
    method = registry.of(config)
    if not method.formula:
        return
    with st.expander(
        t("Under the hood: {method}", method=t(method.title)), icon=":material/science:"
    ):
        if method.drawing:
            drawings.draw(method.drawing)
        for line in method.formula.splitlines():  # short ones, for narrow windows
            st.latex(line)
        for sentence in method.explains(config):
            st.markdown(literal(t(sentence)))
        st.caption(literal(method.paper))
