"""The line drawings in assets/drawings, coloured for the theme in force."""

import base64
import re
from functools import cache
from pathlib import Path

import streamlit as st

from pages.parts.shared import theme
from pages.parts.shared.text import escape
from pages.parts.shared.words import t

FOLDER = Path(__file__).resolve().parents[3] / "assets" / "drawings"
_LABEL = re.compile(r'aria-label="([^"]*)"')


def draw(name: str, *, wide: bool = False) -> None:
    """Show a drawing with its alternative text.

    It travels as an image: the page's own HTML is cleaned of SVG before it is shown.
    """
    svg = _read(name).replace("currentColor", theme.colours().text)
    encoded = base64.b64encode(svg.encode()).decode()
    found = _LABEL.search(svg)
    alt = escape(t(found.group(1))) if found else ""
    kind = "graft-drawing graft-wide" if wide else "graft-drawing"
    st.html(
        f'<div class="{kind}"><img alt="{alt}" src="data:image/svg+xml;base64,{encoded}"></div>'
    )


@cache
def _read(name: str) -> str:
    return (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
