"""The map: every picture a point, alike ones close together, the picture itself under the pointer."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from streamlit.components import v2 as components

from pages.parts.shared import charts, numbers, theme
from pages.parts.shared.tasks import registry
from pages.parts.shared.tasks.panels import Points
from pages.parts.shared.text import shortened
from pages.parts.shared.words import t
from tl_core.datasets.manifest import Dataset
from tl_core.jobs import looking_through
from tl_core.quality import picture_map
from tl_core.quality.picture_map import PictureMap

FOLDER = Path(__file__).resolve().parents[3] / "assets" / "components"
CHART = "picture-map"
PART = "part"
HEIGHT_PX = 520
MOST_DRAWN_PLAINLY = 2000
"""Points that a browser draws and moves without the graphics card."""
REFRESH_S = 1.0


_hover = components.component(
    "graft.map_hover",
    css=(FOLDER / "map_hover.css").read_text("utf-8"),
    js=(FOLDER / "map_hover.js").read_text("utf-8"),
)


def draw(dataset: Dataset, parts: tuple[str, str, str]) -> None:
    """Draw the map of a data set, or say what it waits for; it comes, and grows finer, by itself.

    Args:
        dataset: what the map shows.
        parts: what the training, validation and test part are called.
    """
    st.header(
        t("Map of your pictures"),
        help=t(
            "Each point is a picture. The starter backbone finds close ones alike. "
            "Pictures that lie apart are easy to tell; a point among strangers deserves a look."
        ),
    )
    if looking_through.state(dataset.id).status == "none":
        looking_through.ask(dataset.id)
    seen = _written_ns(dataset.id)
    found = _loaded(dataset.id, seen) if seen else None
    if found is not None and len(found.pca) != len(dataset):
        found = None  # another Graft wrote it
    if found is not None:
        _map(dataset, parts, found)
    _rest(dataset, found, seen)


def _rest(dataset: Dataset, found: PictureMap | None, seen: int) -> None:
    """Say what is still to come, or why it does not come."""
    if found is not None and found.tsne is not None:
        return
    if found is not None and not picture_map.is_refinable(len(dataset)):
        st.caption(
            t(
                "Arranging by neighbours (t-SNE) is done for {fewest} to {most} pictures only.",
                fewest=numbers.count(picture_map.FEWEST),
                most=numbers.count(picture_map.MOST),
            )
        )
        return
    if looking_through.is_under_way(dataset.id):
        st.fragment(_watch, run_every=REFRESH_S)(dataset.id, seen)
        return
    if found is None:
        st.caption(t("There is no map of these pictures yet."))
    else:
        st.caption(t("Arranging by neighbours (t-SNE) was broken off."))
    if st.button(
        t("Draw the map"),
        key="map-again",
        icon=":material/refresh:",
        help=t("Has the pictures looked through once more, which also renews the quality report."),
    ):
        looking_through.ask(dataset.id)
        st.rerun()


def _watch(dataset_id: str, seen: int) -> None:
    """Say what the map waits for, and draw the page anew when there is more to see."""
    if _written_ns(dataset_id) != seen or not looking_through.is_under_way(dataset_id):
        st.rerun(scope="app")
    if seen:
        words = t("The arrangement by neighbours (t-SNE) is being made and comes here by itself.")
    elif looking_through.state(dataset_id).status == "waiting":
        words = t(
            "The map comes here by itself when your pictures are looked through for the quality report."
        )
    else:
        words = t(
            "The map comes here by itself, as soon as the starter backbone has seen every picture."
        )
    st.caption(words)


def _map(dataset: Dataset, parts: tuple[str, str, str], found: PictureMap) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = f"map-colour-{len(dataset.targets)}"
        by = _choice(t("Colour by"), _colourings(dataset), key)
        layout = "pca"
        if found.tsne is not None:
            titles = {"tsne": t("neighbours"), "pca": t("differences")}
            layout = _choice(t("Arrange by"), titles, "map-layout")
    st.caption(_explained(layout))
    places = found.tsne if layout == "tsne" and found.tsne is not None else found.pca
    figure = _figure(dataset, places, list(_points(dataset, parts, by)), by)
    charts.draw(figure, CHART, t("Map: every picture a point, alike ones close together"), 0)
    _hover(key="map-hover", data={"chart": CHART, "words": {"alt": t("The picture pointed at")}})


def _written_ns(dataset_id: str) -> int:
    """Return when the map was written, 0 when there is none."""
    path = picture_map.path_of(dataset_id)
    return path.stat().st_mtime_ns if path.exists() else 0


def _colourings(dataset: Dataset) -> dict[str, str]:
    """Return what may be shown by colour: the class or each number by its place, and the part."""
    return registry.of_dataset(dataset).colourings(dataset) | {PART: t("part")}


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


def _points(dataset: Dataset, parts: tuple[str, str, str], by: str) -> Iterator[Points]:
    """Yield each kind of point."""
    if by != PART:
        yield from registry.of_dataset(dataset).points(dataset, by)
        return
    for index, name in enumerate(parts):
        rows = np.flatnonzero(dataset.splits == index)
        marker = {"color": theme.OKABE_ITO[(4, 0, 5)[index]], "symbol": charts.MARKS[index]}
        yield name, rows, marker


def _figure(dataset: Dataset, places: np.ndarray, points: Sequence[Points], by: str) -> go.Figure:
    figure = go.Figure()
    # Few points are drawn without WebGL, which not every computer has.
    add = figure.add_scatter if len(dataset) <= MOST_DRAWN_PLAINLY else figure.add_scattergl
    for name, rows, marker in points:
        if not len(rows):
            continue
        add(
            x=places[rows, 0],
            y=places[rows, 1],
            mode="markers",
            name=charts.plain(name),
            marker={"size": 7, "opacity": 0.8, **marker},
            customdata=[[str(dataset.hashes[row]), _caption(dataset, row, by)] for row in rows],
            hoverinfo="none",
        )
    layout = theme.plotly_layout(
        HEIGHT_PX, showlegend=not any("colorbar" in marker for _, _, marker in points), legend={"orientation": "h", "y": -0.02, "yanchor": "top"},
        dragmode="pan", hovermode="closest",
    )  # fmt: skip
    figure.update_layout(**layout)
    figure.update_xaxes(showticklabels=False, showgrid=False, zeroline=False, showline=False)
    figure.update_yaxes(
        showticklabels=False, showgrid=False, zeroline=False, showline=False, scaleanchor="x"
    )
    return figure


def _caption(dataset: Dataset, row: int, by: str) -> str:
    file = shortened(str(dataset.names[row]).rsplit("/", 1)[-1], 40)
    told = registry.of_dataset(dataset).point_caption(dataset, row, by)
    return f"{told} · {file}" if told else file
