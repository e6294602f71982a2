"""How well a model knows each class: found, trustworthy and F1, with intervals where they are kept."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages.parts.shared import csv_download, numbers, shares, tables
from pages.parts.shared.words import t

MANY = 24
"""Of more classes the weakest come first: nobody reads them all."""
TALLEST_PX = 520


def draw(stem: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Draw a row for each class, those that are known worst first where there are many.

    Args:
        stem: how the file to download begins.
        rows: as a run keeps them; `X_low` and `X_high` beside X are drawn where they are there.
    """
    st.header(t("Class by class"))
    if len(rows) > MANY:
        rows = sorted(rows, key=lambda row: (not row["support"], row["f1"]))
        st.caption(
            t("The classes that are known worst come first; a click on a heading sorts anew.")
        )
    table = _table(rows)
    st.dataframe(
        table,
        hide_index=True,
        height=tables.height_px(len(rows), TALLEST_PX),
        # What matters comes first and stays: on a phone the rest is reached by scrolling.
        column_config=_drawn(),
        placeholder=tables.NOTHING,
    )
    csv_download.draw(t("Download this table"), table, f"{stem}-classes.csv", key="csv-classes")


def _table(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[object]]:
    table: dict[str, list[object]] = {t("Class"): [row["class"] for row in rows]}
    table |= found_and_trustworthy(rows)
    table |= _columns(t("F1"), rows, "f1")
    table |= {
        t("Wrong"): [row["support"] - row["right"] for row in rows],
        t("Right"): [row["right"] for row in rows],
        t("Test pictures"): [row["support"] for row in rows],
    }
    return table


def found_and_trustworthy(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[object]]:
    """Return recall and precision as columns, in percent, each beside its interval where one is kept."""
    return _columns(t("Found"), rows, "recall") | _columns(t("Trustworthy"), rows, "precision")


def intervals_drawn() -> dict[str, Any]:
    """Return how the columns of intervals are drawn."""
    interval = st.column_config.TextColumn(
        t("between"),  # beside the share that it belongs to; a whole name has no room
        width="small",
        help=t("With 95 % certainty the true share lies here. Few test pictures make it wide."),
    )
    names = (t("Found"), t("Trustworthy"), t("F1"), t("Average precision"))
    return dict.fromkeys((_beside(name) for name in names), interval)


def ranked(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[object]]:
    """Return average precisions as columns, in percent, each beside its interval where one is kept."""
    return _columns(t("Average precision"), rows, "average_precision")


def _beside(name: str) -> str:
    return t("{number}, between", number=name)


def _columns(name: str, rows: Sequence[Mapping[str, Any]], key: str) -> dict[str, list[object]]:
    """Return a share in percent for each row, and its interval in words where one is kept."""
    columns: dict[str, list[object]] = {name: [shares.whole_percent(row.get(key)) for row in rows]}
    if any(f"{key}_low" in row for row in rows):
        columns[_beside(name)] = [
            _between(row.get(f"{key}_low"), row.get(f"{key}_high")) for row in rows
        ]
    return columns


def _between(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return "–"
    return numbers.between(f"{100 * low:.0f}", numbers.percent(high))


def _drawn() -> dict[str, Any]:
    return {
        t("Class"): st.column_config.Column(pinned=True, width="small"),
        t("Found"): tables.share_column(
            t("Of the pictures of this class, how many it recognised (recall).")
        ),
        t("Trustworthy"): tables.share_column(
            t("When it answers this class, how often that is true (precision).")
        ),
        t("F1"): tables.share_column(
            t("Found and trustworthy in one number, their harmonic mean: high only where both are.")
        ),
        **intervals_drawn(),
    }
