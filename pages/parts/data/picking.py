"""Pictures to choose by clicking: a page of thumbnails that tells which rows are marked."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st
from streamlit.components import v2 as components

from pages.parts.shared import theme, widget_values
from pages.parts.shared.tasks import registry
from pages.parts.shared.text import shortened
from pages.parts.shared.words import t
from tl_core.datasets.manifest import Dataset

FOLDER = Path(__file__).resolve().parents[3] / "assets" / "components"
PAGE = 40
CAPTION_LENGTH = 60

_component = components.component(
    "graft.gallery",
    html=(FOLDER / "gallery.html").read_text("utf-8"),
    css=(FOLDER / "gallery.css").read_text("utf-8"),
    js=(FOLDER / "gallery.js").read_text("utf-8"),
)


@dataclass(frozen=True, slots=True)
class Offered:
    """A picture to choose: its row in the data set or its place in a list, and what is shown of it."""

    row: int
    hash: str
    alt: str
    caption: str
    colour: str


def offered(dataset: Dataset, row: int, caption: str = "") -> Offered:
    """Return the picture in `row`, with its class or numbers below it unless another caption is given."""
    panels = registry.of_dataset(dataset)
    name, edge = panels.caption(dataset, row), panels.edge(dataset, row)
    file = str(dataset.names[row]).rsplit("/", 1)[-1]
    return Offered(
        row=row,
        hash=str(dataset.hashes[row]),
        alt=t("{name}, picture {file}", name=name, file=file),
        caption=shortened(caption or name, CAPTION_LENGTH),
        colour=theme.class_colour(edge or 0),
    )


def pages(
    dataset: Dataset,
    rows: Sequence[int],
    key: str,
    *,
    captions: dict[int, str] | None = None,
    default: Sequence[int] = (),
) -> frozenset[int]:
    """Draw `rows` page by page and return the rows that are chosen, on all pages.

    Args:
        dataset: the version that the rows are of.
        rows: in the order to show them.
        key: names this choice; it is kept under that name while the tab is open.
        captions: what to write below some of them instead of their class.
        default: the rows that are chosen before anybody clicked.
    """
    told = captions or {}
    return choose(rows, lambda row: offered(dataset, row, told.get(row, "")), key, default=default)


def choose(
    rows: Sequence[int],
    offer: Callable[[int], Offered],
    key: str,
    *,
    default: Sequence[int] = (),
) -> frozenset[int]:
    """Draw pictures of any list page by page and return those that are chosen, on all pages.

    Args:
        rows: places in the list, in the order to show them.
        offer: gives the picture in a place.
        key: names this choice; it is kept under that name while the tab is open.
        default: what is chosen before anybody clicked.
    """
    count = -(-len(rows) // PAGE)
    page = 1
    if count > 1:
        page = st.pagination(count, key=f"{key}-page-{count}")
    shown = rows[(page - 1) * PAGE : page * PAGE]
    chosen = widget_values.chosen_rows(key, default)
    # Another page, and a choice that was made on the server, begin anew.
    full_key = f"{key}-{widget_values.choice_round(key)}-{shown[0]}-{len(shown)}-{page}"
    on_page = sorted(chosen & set(shown))
    result = _component(
        key=full_key,
        data={
            "key": full_key,
            "pictures": [asdict(offer(row)) for row in shown],
            "chosen": on_page,
            "words": _words(),
        },
        default={"chosen": on_page},
        on_chosen_change=lambda: None,
    )
    clicked = {int(row) for row in result.chosen or ()} & set(shown)
    now = frozenset(chosen - set(shown) | clicked)
    widget_values.keep_chosen_rows(key, now)
    return now


def _words() -> dict[str, str]:
    return {
        "whole": t("Choose this page"),
        "none": t("Choose none of this page"),
        "hint": t(
            "Click pictures to choose them, Shift and click for all between. "
            "A double click or Enter shows one large."
        ),
        "enlarge": t("Enlarge"),
        "large": t("Picture, large"),
        "close": t("Close"),
        "before": t("The picture before"),
        "after": t("The next picture"),
        "label": t("Pictures"),
        "told": t("{count} chosen on this page"),
    }
