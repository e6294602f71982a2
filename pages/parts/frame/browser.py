"""What a page needs of the browser beside what it shows: where it is scrolled to and what is read aloud."""

import streamlit as st
from streamlit.components import v2 as components

from pages.parts.shared import component_scripts, scrolling
from pages.parts.shared.words import t

_component = components.component("graft.frame", js=component_scripts.loader("frame"))


def draw(page: st.Page) -> None:
    """Draw nothing; let the browser open a page at its top and bring into sight what was asked for."""
    key, once = scrolling.scroll_target()
    with st.container(key="graft-frame", gap=None):
        _component(
            key="frame",
            on_scheme_change=lambda: None,  # that the page is drawn once more is all
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
