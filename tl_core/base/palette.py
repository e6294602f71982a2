"""The colours of charts, and those of the theme as .streamlit/config.toml designs them."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

OKABE_ITO = (
    "#e69f00",
    "#56b4e9",
    "#009e73",
    "#f0e442",
    "#0072b2",
    "#d55e00",
    "#cc79a7",
    "#999999",
)
CLASS_LINES = (
    "#b57a00",
    "#2f8fc9",
    "#00865f",
    "#948a00",
    "#0072b2",
    "#d55e00",
    "#b8609a",
    "#7d7d7d",
)
"""The same as thin lines on a light page, each at least 3 : 1 against it."""
RIGHT = "#009e73"
WRONG = "#d55e00"
# For light and for dark: signs that are read as text, and lines that are thin.
RIGHT_SIGN = ("#00684c", "#4fd1a5")
WRONG_SIGN = ("#a34400", "#ff9d66")
ORANGE_LINE = ("#b06f00", "#e69f00")
BLUE_LINE = ("#0072b2", "#56b4e9")
_THEME = Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml"
_NAMES = {
    "text": "textColor",
    "quiet": "grayTextColor",
    "background": "backgroundColor",
    "panel": "secondaryBackgroundColor",
    "line": "borderColor",
    "accent": "primaryColor",
}


@cache
def theme() -> dict[str, dict[str, str]]:
    """Return the colours of the light and the dark theme by what they are for."""
    read: dict[str, Any] = tomllib.loads(_THEME.read_text("utf-8"))["theme"]
    return {
        kind: {name: read[kind][option] for name, option in _NAMES.items()}
        for kind in ("light", "dark")
    }
