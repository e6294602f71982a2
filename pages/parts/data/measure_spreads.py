"""Histograms of sizes, sharpness and colours of pictures."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from pages.parts.shared import charts, theme
from pages.parts.shared.words import t

SMALL_PX, IN_A_ROW = 150, 3


def draw(numbers: Mapping[str, Mapping[str, Sequence[float]]], key: str) -> None:
    """Draw how sizes and colours of pictures are spread: one small histogram each.

    Args:
        numbers: for each measure its histogram, `counts` (n) and `edges` (n + 1).
        key: names the charts on their page.
    """
    titles = {
        "width": t("Width, in pixels"),
        "height": t("Height, in pixels"),
        "sharpness": t("Sharpness"),
        "brightness": t("Brightness"),
        "contrast": t("Contrast"),
        "colourfulness": t("Colourfulness"),
    }
    shown = [name for name in titles if name in numbers]
    # Each row anew: in a narrow window the order would else be that of columns.
    for first in range(0, len(shown), IN_A_ROW):
        row = shown[first : first + IN_A_ROW]
        for name, column in zip(row, st.columns(IN_A_ROW), strict=False):
            with column:
                _draw(numbers[name], titles[name], f"{key}-{name}")


def _draw(measure: Mapping[str, Sequence[float]], title: str, key: str) -> None:
    edges = np.asarray(measure["edges"])
    figure = charts.histogram(
        np.asarray(measure["counts"]),
        edges,
        t(
            "{low} to {high}: {count}",
            count="%{y}",
            low="%{customdata[0]:.3~g}",
            high="%{customdata[1]:.3~g}",
        ),
        height=SMALL_PX,
        colour=theme.OKABE_ITO[4],
        lined=False,
    )
    figure.update_xaxes(title=title, fixedrange=True, nticks=4)
    figure.update_yaxes(fixedrange=True, showticklabels=False)
    charts.draw(figure, key, t("Histogram: {measure}", measure=title), SMALL_PX)
