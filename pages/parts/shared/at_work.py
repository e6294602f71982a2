"""What is being worked out in the background for a choice: how far it is, and a way to stop it."""

from collections.abc import Callable

import streamlit as st

from pages.parts.shared.text import literal
from pages.parts.shared.words import t
from tl_core.signals.progress import RunView


def draw(view: RunView, stop: Callable[[], object], key: str) -> None:
    """Draw how far it is beside a button that stops it.

    Args:
        view: where it stands.
        stop: called at a click.
        key: of the button.
    """
    st.progress(view.fraction, text=literal(t(view.text) if view.text else t("Getting ready")))
    if st.button(t("Stop"), key=key, icon=":material/stop:"):
        stop()
