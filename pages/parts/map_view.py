"""The map: every picture a point, alike ones close together, the picture itself under the pointer."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from streamlit.components import v2 as components

from pages.parts import charts, theme
from pages.parts.text import shortened
from pages.parts.words import t
from tl_core.data.datasets import Dataset
from tl_core.quality import picture_map
from tl_core.quality.picture_map import PictureMap

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "components"
CHART = "picture-map"
HEIGHT_PX = 520
MOST_COLOURS = 60
MARKS = ("circle", "diamond", "square", "x", "triangle-up", "cross", "star", "hexagon")

_hover = components.component(
    "graft.map_hover",
    css=(FOLDER / "map_hover.css").read_text("utf-8"),
    js=(FOLDER / "map_hover.js").read_text("utf-8"),
)


def draw(dataset: Dataset, parts: tuple[str, str, str]) -> None:
    """Draw the map of a data set where there is one.

    Args:
        dataset: what the map shows.
        parts: what the training, validation and test part are called.
    """
    path = picture_map.path_of(dataset.id)
    if not path.exists():
        return
    found = _loaded(dataset.id, path.stat().st_mtime_ns)
    if found is None or len(found.pca) != len(dataset):
        return
    st.header(
        t("Map of your pictures"),
        help=t(
            "Each point is a picture. The starter backbone finds close ones alike. "
            "Classes that lie apart are easy to tell; a point among strangers deserves a look."
        ),
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = _choice(t("Colour by"), {"class": t("class"), "part": t("part")}, "map-colour")
        layout = "pca"
        if found.tsne is not None:
            layout = _choice(
                t("Arrange by"), {"tsne": t("neighbours"), "pca": t("differences")}, "map-layout"
            )
    st.caption(_explained(layout))
    places = found.tsne if layout == "tsne" and found.tsne is not None else found.pca
    figure = _figure(dataset, places, _shares(dataset, parts, by))
    charts.draw(figure, CHART, t("Map: every picture a point, alike ones close together"), 0)
    _hover(key="map-hover", data={"chart": CHART, "words": {"alt": t("The picture pointed at")}})


@st.cache_resource(max_entries=4, show_spinner=False)
def _loaded(dataset_id: str, changed: int) -> PictureMap | None:
    """Return the map, read again when its file has changed."""
    return picture_map.load(dataset_id)


def _choice(label: str, titles: dict[str, str], key: str) -> str:
    chosen = st.segmented_control(
        label, list(titles), default=next(iter(titles)), format_func=titles.__getitem__, key=key,
        required=True,
    )  # fmt: skip
    return chosen or next(iter(titles))


def _explained(layout: str) -> str:
    if layout == "tsne":
        return t(
            "Neighbours stay together; how far apart two groups lie means little (this is called t-SNE)."
        )
    return t(
        "Left to right and bottom to top are the two ways in which your pictures differ most (principal components)."
    )


def _shares(
    dataset: Dataset, parts: tuple[str, str, str], by: str
) -> Iterator[tuple[str, np.ndarray, str, str]]:
    """Yield name, rows, colour and mark of each kind of point."""
    if by == "part" or not dataset.classes:
        for index, name in enumerate(parts):
            rows = np.flatnonzero(dataset.splits == index)
            yield name, rows, theme.OKABE_ITO[(4, 0, 5)[index]], MARKS[index]
        return
    for index, name in enumerate(dataset.classes[:MOST_COLOURS]):
        mark = MARKS[index // len(theme.OKABE_ITO) % len(MARKS)]
        yield name, np.flatnonzero(dataset.labels == index), theme.class_colour(index), mark
    rest = np.flatnonzero(dataset.labels >= MOST_COLOURS)
    if len(rest):
        yield t("other classes"), rest, theme.colours().quiet, MARKS[0]


def _figure(
    dataset: Dataset, places: np.ndarray, shares: Iterator[tuple[str, np.ndarray, str, str]]
) -> go.Figure:
    figure = go.Figure()
    for name, rows, colour, mark in shares:
        if not len(rows):
            continue
        figure.add_scattergl(
            x=places[rows, 0],
            y=places[rows, 1],
            mode="markers",
            name=charts.plain(name),
            marker={"color": colour, "symbol": mark, "size": 7, "opacity": 0.8},
            customdata=[[str(dataset.hashes[row]), _caption(dataset, row)] for row in rows],
            hoverinfo="none",
        )
    layout = theme.plotly_layout(
        HEIGHT_PX, showlegend=True, legend={"orientation": "h", "y": -0.02, "yanchor": "top"},
        dragmode="pan", hovermode="closest",
    )  # fmt: skip
    figure.update_layout(**layout)
    figure.update_xaxes(showticklabels=False, showgrid=False, zeroline=False, showline=False)
    figure.update_yaxes(
        showticklabels=False, showgrid=False, zeroline=False, showline=False, scaleanchor="x"
    )
    return figure


def _caption(dataset: Dataset, row: int) -> str:
    file = str(dataset.names[row]).rsplit("/", 1)[-1]
    if not dataset.classes:
        return shortened(file, 40)
    return f"{shortened(dataset.classes[dataset.labels[row]], 40)} · {shortened(file, 40)}"
