"""Where new pictures go: a data set of their own, or the one that is open."""

from dataclasses import dataclass

import streamlit as st

from pages.parts.shared import state, widget_values
from pages.parts.shared.text import distinct, literal, shortened
from pages.parts.shared.words import t

NEW, ADD = "new", "add"
BY_FOLDER = ""


@dataclass(frozen=True, slots=True)
class Addition:
    """The data set that pictures are added to, and the class that all belong to ("" leaves it to folders and tables)."""

    dataset_id: str
    into: str


def draw() -> Addition | None:
    """Draw the choice where there is one; None means a data set of their own."""
    row = state.dataset()
    if row is None or row.status != "ready" or not (row.counts or {}).get("pictures"):
        return None
    key = f"destination-{row.id}"
    if state.takes_new_data_as_addition():
        widget_values.set_value(key, ADD)
    name = literal(shortened(row.name))
    kind = st.segmented_control(
        t("What becomes of the new pictures?"),
        [NEW, ADD],
        format_func={NEW: t("A new data set"), ADD: t("Added to “{name}”", name=name)}.__getitem__,
        default=NEW,
        required=True,
        key=key,
        help=t(
            "Adding makes a new version. The one before stays as it is, and every picture keeps its place: "
            "what was tested before is tested again."
        ),
    )
    if kind != ADD:
        return None
    classes = list((row.counts or {}).get("classes") or {})
    into = BY_FOLDER
    if classes:
        names = {BY_FOLDER: t("As their folders or the table say")} | {c: c for c in classes}
        into = st.selectbox(
            t("Their class"),
            list(names),
            format_func=distinct(names).__getitem__,
            help=t(
                "Choose a class when all new pictures show the same. Otherwise sort them into folders: "
                "a folder called like a class adds to it, any other becomes a new class."
            ),
            key=f"into-{row.id}",
        )
    return Addition(row.id, into or BY_FOLDER)
