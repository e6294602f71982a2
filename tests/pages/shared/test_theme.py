"""Colours stand out on both backgrounds, for text and for thin lines."""

import tomllib
from pathlib import Path

import plotly.graph_objects as go
import pytest

from pages.parts.shared import theme

CONFIG = Path(__file__).resolve().parents[3] / ".streamlit" / "config.toml"
BACKGROUNDS = [
    tomllib.loads(CONFIG.read_text("utf-8"))["theme"][kind]["backgroundColor"]
    for kind in ("light", "dark")
]


def luminance(colour: str) -> float:
    """Return the relative luminance of "#rrggbb" (WCAG 2.2)."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_thin_line_of_every_class_stands_out_on_a_light_page():
    assert len(theme.CLASS_LINES) == len(theme.OKABE_ITO)
    for colour in theme.CLASS_LINES:
        assert contrast(colour, BACKGROUNDS[0]) >= 3.0, colour


@pytest.mark.parametrize(
    ("pair", "least"),
    [
        (theme.RIGHT_SIGN, 4.5),
        (theme.WRONG_SIGN, 4.5),
        (theme.ORANGE_LINE, 3.0),
        (theme.BLUE_LINE, 3.0),
    ],
)
def test_signs_and_lines_stand_out_in_light_and_dark(pair, least):
    for colour, background in zip(pair, BACKGROUNDS, strict=True):
        assert contrast(colour, background) >= least, (colour, background)


def test_axes_write_large_numbers_out_as_the_rest_of_a_page_does():
    layout = go.Figure(layout=theme.plotly_layout(200)).layout
    for axis in (layout.template.layout.xaxis, layout.template.layout.yaxis):
        assert axis.exponentformat == "none" and axis.separatethousands
    assert layout.separators == ".\u202f"
