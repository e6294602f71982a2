"""Colours and chart styles: read from .streamlit/config.toml, used by every chart, kept here."""

from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import plotly.io
import streamlit as st

from pages.parts.shared.words import spoken
from tl_core.base import speech
from tl_core.base.figures import THIN_SPACE
from tl_core.base.palette import (
    BLUE_LINE,
    CLASS_LINES,
    OKABE_ITO,
    ORANGE_LINE,
    RIGHT,
    RIGHT_SIGN,
    WRONG,
    WRONG_SIGN,
)

__all__ = ["BLUE_LINE", "OKABE_ITO", "ORANGE_LINE", "RIGHT", "RIGHT_SIGN", "WRONG", "WRONG_SIGN"]

FONT = "'Source Sans', system-ui, sans-serif"
SMALL_PX = 13
"""Of what stands along an axis, as small in a chart by Plotly as in one by ECharts."""
_AXIS = {
    "title": {"font": {"size": SMALL_PX}},
    "tickfont": {"size": SMALL_PX},
    # As everywhere else on a page: 200 000, neither 0.2M nor 200k.
    "exponentformat": "none",
    "separatethousands": True,
}
plotly.io.templates["graft"] = go.layout.Template(layout={"xaxis": _AXIS, "yaxis": _AXIS})


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours of the theme that the person sees."""

    text: str
    quiet: str
    background: str
    panel: str
    line: str
    accent: str
    scale: tuple[str, ...]


def colours() -> Colours:
    """Return the colours in force: light or dark, as the browser shows the app."""
    kind = "dark" if st.context.theme.type == "dark" else "light"

    def option(name: str) -> Any:
        return st.get_option(f"theme.{kind}.{name}")

    return Colours(
        text=option("textColor") or "#24302b",
        quiet=option("grayTextColor") or "#5d665f",
        background=option("backgroundColor") or "#fdfcf9",
        panel=option("secondaryBackgroundColor") or "#f3f0e8",
        line=option("borderColor") or "#ddd8ca",
        accent=option("primaryColor") or "#1b6b50",
        scale=tuple(option("chartSequentialColors") or ("#eef6f1", "#1b6b50")),
    )


def class_colour(index: int) -> str:
    """Return the colour of the class with this index; the same on every page."""
    return OKABE_ITO[index % len(OKABE_ITO)]


CLASS_COLOURS = len(OKABE_ITO)


def class_line(index: int) -> str:
    """Return the colour of the class as a thin line has it: dark enough to be seen on a light page."""
    at = index % len(OKABE_ITO)
    return in_force((CLASS_LINES[at], OKABE_ITO[at]))


def in_force(pair: tuple[str, str]) -> str:
    """Return the light or the dark one of two colours, as the browser shows the app."""
    return pair[st.context.theme.type == "dark"]


def either(pair: tuple[str, str]) -> str:
    """Return two colours as one for style sheets, where the browser chooses."""
    return f"light-dark({pair[0]}, {pair[1]})"


def plotly_layout(height_px: int, **more: Any) -> dict[str, Any]:
    """Return the layout that every Plotly chart starts from."""
    now = colours()
    axis = {
        "gridcolor": now.line,
        "zerolinecolor": now.line,
        "linecolor": now.line,
        "automargin": True,
    }
    return {
        "template": "plotly+graft",
        "height": height_px,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 14, "color": now.text},
        "hoverlabel": {"bgcolor": now.panel, "bordercolor": now.line, "font": {"color": now.text}},
        "colorway": list(OKABE_ITO),
        "xaxis": dict(axis),
        "yaxis": dict(axis),
        "showlegend": False,
        "dragmode": False,
        "separators": f"{speech.decimal_sign(spoken())}{THIN_SPACE}",
        **more,
    }


PLOTLY_CONFIG = {"displayModeBar": False, "responsive": True}


def echarts_base() -> dict[str, Any]:
    """Return the options that every live chart starts from."""
    now = colours()
    return {
        "animationDuration": 200,
        "animationDurationUpdate": 200,
        "backgroundColor": "transparent",
        "textStyle": {"color": now.text, "fontFamily": FONT},
        "grid": {"left": 8, "right": 16, "top": 40, "bottom": 28, "containLabel": True},
    }
