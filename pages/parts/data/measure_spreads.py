"""Histograms of sizes, sharpness and colours of pictures."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from pages.parts.shared import charts, theme
from pages.parts.shared.words import t

SMALL_PX = 150


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
    columns = st.columns(3)
    for at, name in enumerate(shown):
        edges = np.asarray(numbers[name]["edges"])
        figure = charts.histogram(
            np.asarray(numbers[name]["counts"]),
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
        figure.update_xaxes(title=titles[name], fixedrange=True, nticks=4)
        figure.update_yaxes(fixedrange=True, showticklabels=False)
        with columns[at % 3]:
            alt = t("Histogram: {measure}", measure=titles[name])
            charts.draw(figure, f"{key}-{name}", alt, SMALL_PX)
