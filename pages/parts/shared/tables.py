"""What all tables share: as tall as their rows, no taller than fits a screen, a dash where nothing is known.

Shares are drawn alike, too.
"""

from typing import Any

import streamlit as st

ROW_PX = 35
"""Of a row, and of the heading, as Streamlit draws them."""
BORDERS_PX = 2
NOTHING = "–"
"""What stands in a cell of which nothing is known."""


def height_px(rows: int, tallest_px: int) -> int:
    """Return the height of a table with so many rows, which ends where its last row does."""
    return min(tallest_px, BORDERS_PX + ROW_PX * (rows + 1))


def share_column(about: str | None = None) -> Any:
    """Return how a column of shares in percent is drawn.

    Args:
        about: what is said of it where one asks.
    """
    return st.column_config.ProgressColumn(
        help=about, min_value=0, max_value=100, format="%d\u202f%%", width="small"
    )
