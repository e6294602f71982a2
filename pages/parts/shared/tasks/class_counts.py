"""Bars: how many pictures each class has."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from pages.parts.shared import charts, theme
from pages.parts.shared.words import t

ROW_PX = 30
COUNT_SHARE = 0.06
"""Width of a digit beside a bar, as a share of the longest bar on a narrow page."""


def draw(classes: Sequence[str], counts: np.ndarray, key: str = "class-counts") -> None:
    """Draw pictures per class as bars.

    Args:
        classes: names, in the order of the indices.
        counts: (classes, 3) pictures in training, validation and test.
        key: names the chart on its page.
    """
    totals = counts.sum(axis=1)
    if len(classes) > charts.MOST_CLASSES:
        columns = {t("Class"): list(classes), t("Pictures"): totals.tolist()}
        st.dataframe(columns, hide_index=True, height=charts.TALLEST_PX)
        return
    height = max(120, ROW_PX * len(classes) + 40)
    figure = go.Figure(
        go.Bar(
            x=totals,
            y=list(range(len(classes))),
            orientation="h",
            marker_color=[theme.class_colour(index) for index in range(len(classes))],
            # Yellow alone hardly stands out on white.
            marker_line={"color": theme.colours().quiet, "width": 1},
            text=totals,
            textposition="outside",
            textangle=0,
            cliponaxis=False,
            customdata=np.column_stack(
                [counts, [charts.plain(name, 80) for name in classes]]
            ).tolist(),
            hovertemplate="%{customdata[3]}<br>"
            + t(
                "training {a}, validation {b}, test {c}",
                a="%{customdata[0]}",
                b="%{customdata[1]}",
                c="%{customdata[2]}",
            )
            + "<extra></extra>",
        )
    )
    figure.update_layout(**theme.plotly_layout(height, bargap=0.35))
    # Room for the counts beside the bars, also on a phone; lines would strike through them.
    most = max(1, int(totals.max(initial=0)))
    longest = most * (1 + COUNT_SHARE * len(str(most)))
    figure.update_xaxes(range=[0, longest], fixedrange=True, showgrid=False)
    figure.update_yaxes(**charts.class_axis(classes), autorange="reversed", showgrid=False)
    charts.draw(figure, key, t("Bar chart: pictures in each class"), height)
