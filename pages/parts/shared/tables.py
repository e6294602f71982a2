"""What all tables share: as tall as their rows, no taller than fits a screen, a dash where nothing is known."""

ROW_PX = 35
"""Of a row, and of the heading, as Streamlit draws them."""
BORDERS_PX = 2
NOTHING = "–"
"""What stands in a cell of which nothing is known."""


def height_px(rows: int, tallest_px: int) -> int:
    """Return the height of a table with so many rows, which ends where its last row does."""
    return min(tallest_px, BORDERS_PX + ROW_PX * (rows + 1))
