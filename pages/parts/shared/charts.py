"""Charts of finished things, drawn by Plotly; the curves of a run are in `live_charts`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from pages.parts.shared import theme
from pages.parts.shared.text import escape, shortened

TALLEST_PX = 520
MARKS = ("circle", "diamond", "square", "x", "triangle-up", "cross", "star", "hexagon")
# More classes than this are shown as a table: a chart could not be read.
MOST_CLASSES = 60
NAME_LENGTH = 30


def draw(figure: go.Figure, key: str, alt: str, height: int, *, whole: bool = False) -> None:
    """Draw a figure; one that is very tall gets a window to scroll in, unless it is to be seen whole."""
    if whole or height <= TALLEST_PX:
        st.plotly_chart(figure, theme=None, key=key, config=theme.PLOTLY_CONFIG, alt=alt)
        return
    with st.container(height=TALLEST_PX, border=False):
        st.plotly_chart(figure, theme=None, key=key, config=theme.PLOTLY_CONFIG, alt=alt)


def histogram(
    counts: np.ndarray,
    edges: np.ndarray,
    hover: str,
    *,
    height: int,
    colour: str,
    lined: bool = True,
    ends: np.ndarray | None = None,
) -> go.Figure:
    """Return a histogram to be given its axes and drawn.

    Args:
        counts: (bars,) height of each bar.
        edges: (bars + 1,) where bars begin and end.
        hover: what stands beside the pointer; %{customdata[0]} and [1] are the edges, %{y} the count.
        height: of the chart, in pixels.
        colour: of the bars.
        lined: whether a thin line parts the bars.
        ends: (bars, 2) the lowest and highest number of each, where these are not its edges.
    """
    line = {"line": {"color": theme.colours().background, "width": 1}} if lined else {}
    figure = go.Figure(
        go.Bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=counts,
            width=np.diff(edges),
            marker={"color": colour, **line},
            customdata=(
                np.column_stack([edges[:-1], edges[1:]]) if ends is None else ends
            ).tolist(),
            hovertemplate=hover + "<extra></extra>",
        )
    )
    figure.update_layout(**theme.plotly_layout(height, bargap=0))
    return figure


def plain(text: str, length: int = NAME_LENGTH) -> str:
    """Return `text` so that Plotly, which reads a little HTML, shows it as it is."""
    return escape(shortened(" ".join(text.split()), length))


def class_axis(classes: Sequence[str]) -> dict[str, Any]:
    return {
        "tickmode": "array",
        "tickvals": list(range(len(classes))),
        "ticktext": [plain(name) for name in classes],
        "fixedrange": True,
        "zeroline": False,
    }
