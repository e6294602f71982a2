"""Pictures in rows: small files from our own route, class colour on the edge, names as text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from pages.parts.shared import theme
from pages.parts.shared.text import escape
from pages.parts.shared.words import t


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture of a gallery.

    `edge` is the index of the class that colours the edge; `verdict` says right or wrong.
    """

    hash: str
    alt: str
    caption: str = ""
    edge: int | None = None
    verdict: bool | None = None


def draw(pictures: Iterable[Shown]) -> None:
    """Draw pictures as a grid that fits any width."""
    items = "".join(_item(picture) for picture in pictures)
    st.html(f'<div class="graft-gallery" role="list">{items}</div>')


def _item(picture: Shown) -> str:
    edge = ""
    if picture.verdict is not None:
        edge = theme.RIGHT if picture.verdict else theme.WRONG
    elif picture.edge is not None:
        edge = theme.class_colour(picture.edge)
    caption = (
        f"<figcaption>{_mark(picture.verdict)}{escape(picture.caption)}</figcaption>"
        if picture.caption
        else ""
    )
    name = escape(picture.hash)
    image = (
        f'<img loading="lazy" alt="{escape(picture.alt)}" src="/graft/thumbnail/{name}"'
        f' style="--class:{edge or "transparent"}">'
    )
    # A click or Enter shows it large; see assets/components/frame.js.
    return (
        f'<div role="listitem"><figure><div class="graft-grows" role="button" tabindex="0"'
        f' data-large="/graft/picture/{name}">{image}</div>{caption}</figure></div>'
    )


def _mark(verdict: bool | None) -> str:
    """Return a sign beside the colour, so that nothing depends on colour alone."""
    if verdict is None:
        return ""
    sign, name = ("✓", t("right")) if verdict else ("✗", t("wrong"))
    colour = theme.either(theme.RIGHT_SIGN if verdict else theme.WRONG_SIGN)
    return f'<b style="color:{colour}" role="img" aria-label="{escape(name)}">{sign}</b> '


def interleaved(picked: Sequence[int] | np.ndarray, labels: np.ndarray) -> list[int]:
    """Return rows with the classes taking turns, so that each page shows all of them."""
    rows = np.asarray(picked, np.int64)
    order = np.argsort(labels[rows], kind="stable")
    by_class = labels[rows][order]
    # The turn of a picture: how many of its class come before it.
    firsts = np.searchsorted(by_class, by_class)
    turns = np.arange(len(rows)) - firsts
    return rows[order][np.lexsort((by_class, turns))].tolist()
