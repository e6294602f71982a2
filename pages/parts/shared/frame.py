"""What a page needs of the browser beside what it shows: where it is scrolled to and what is read aloud."""

import streamlit as st
from streamlit.components import v2 as components

from pages.parts.shared import scripts, state
from pages.parts.shared.text import escape
from pages.parts.shared.words import t

_component = components.component("graft.frame", js=scripts.loader("frame"))


def draw(page: st.Page) -> None:
    """Draw nothing; let the browser open a page at its top and bring into sight what was asked for."""
    key, once = state.scroll_target()
    with st.container(key="graft-frame", gap=None):
        _component(
            key="frame",
            data={
                "page": page.url_path,
                "scroll": key,
                "once": once,
                "words": {
                    "close": t("Close"),
                    "before": t("The picture before"),
                    "after": t("The next picture"),
                    "large": t("Picture, large"),
                    "enlarge": t("Enlarge"),
                },
            },
        )


def say(words: str, about: str) -> None:
    """Have `words` read aloud by a screen reader when they change, and show nothing.

    Args:
        words: what to say.
        about: what they are about; later words about the same take their place.
    """
    st.html(f'<span class="graft-say" data-about="{escape(about)}" hidden>{escape(words)}</span>')
