"""Charts of the answers on test pictures: confusions of classes, errors of numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from pages.parts.shared import charts, theme
from pages.parts.shared.tasks.judged_answers import Measured
from pages.parts.shared.words import t

LABELLED_CELLS = 16
WIDEST_NAME_PX = 90
# From here on a cell is so strongly coloured that the page's background stands out on it.
HALF_DARK = 0.55
MOST_BARS = 400


def confusion(classes: Sequence[str], counts: np.ndarray) -> None:
    """Draw which class was taken for which: a row is the truth, a column the answer."""
    if len(classes) > charts.MOST_CLASSES:
        _commonest_confusions(classes, counts)
        return
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = len(classes)
    height = min(900, max(260, 44 * side + 120))
    now = theme.colours()
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=list(range(side)),
            y=list(range(side)),
            colorscale=[
                [index / (len(now.scale) - 1), colour] for index, colour in enumerate(now.scale)
            ],
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=2,
            ygap=2,
            customdata=[
                [
                    [charts.plain(truth, 60), charts.plain(answer, 60), int(counts[row, column])]
                    for column, answer in enumerate(classes)
                ]
                for row, truth in enumerate(classes)
            ],
            hovertemplate=t(
                "{truth} taken for {answer}: {count}",
                truth="%{customdata[0]}",
                answer="%{customdata[1]}",
                count="%{customdata[2]}",
            )
            + "<extra></extra>",
        )
    )
    figure.update_layout(**theme.plotly_layout(height))
    # Slanted names lean out to the right of the last column.
    figure.update_layout(margin_r=min(WIDEST_NAME_PX, 8 + 6 * len(charts.plain(classes[-1]))))
    if side <= LABELLED_CELLS:
        figure.update_layout(annotations=_cell_labels(counts, shares))
    figure.update_xaxes(
        **charts.class_axis(classes),
        title=t("The model's answer"),
        side="top",
        showgrid=False,
        tickangle=-40,
        ticklabeloverflow="allow",
    )
    figure.update_yaxes(
        **charts.class_axis(classes), title=t("The truth"), autorange="reversed", showgrid=False
    )
    charts.draw(figure, "confusion", t("Confusion matrix: which class was taken for which"), height)


def _commonest_confusions(classes: Sequence[str], counts: np.ndarray) -> None:
    """Draw the commonest mistakes as a table, where there are too many classes for a matrix."""
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[: charts.MOST_CLASSES]
    pairs = [divmod(int(cell), len(classes)) for cell in order if wrong.flat[cell]]
    st.dataframe(
        {
            t("The truth"): [classes[truth] for truth, _ in pairs],
            t("The model's answer"): [classes[answer] for _, answer in pairs],
            t("Times"): [int(wrong[pair]) for pair in pairs],
        },
        hide_index=True,
    )


def _cell_labels(counts: np.ndarray, shares: np.ndarray) -> list[dict[str, Any]]:
    """Return the numbers on a confusion matrix, each in a colour that stands out on its cell."""
    now = theme.colours()
    return [
        {
            "x": int(column),
            "y": int(row),
            "text": str(counts[row, column]),
            "showarrow": False,
            "font": {"color": now.background if shares[row, column] > HALF_DARK else now.text},
        }
        for row, column in np.argwhere(counts)
    ]


def predicted_against_true(told: Sequence[Measured], target: str) -> None:
    """Draw every test picture's answer above its true number, with the line where both agree."""
    truth, said = [answer.truth for answer in told], [answer.predicted for answer in told]
    ends = [min(*truth, *said), max(*truth, *said)]
    now = theme.colours()
    figure = go.Figure()
    figure.add_scatter(
        x=ends,
        y=ends,
        mode="lines",
        line={"dash": "dash", "color": now.quiet, "width": 1},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=truth,
        y=said,
        mode="markers",
        marker={"color": theme.in_force(theme.BLUE_LINE), "size": 8, "opacity": 0.65},
        customdata=[charts.plain(answer.name, 60) for answer in told],
        hovertemplate="%{customdata}<br>"
        + t("is {truth}, says {said}", truth="%{x:.4~g}", said="%{y:.4~g}")
        + "<extra></extra>",
    )
    figure.update_layout(**theme.plotly_layout(420))
    figure.update_xaxes(title=t("True {name}", name=charts.plain(target)), fixedrange=True)
    figure.update_yaxes(title=t("Answered {name}", name=charts.plain(target)), fixedrange=True)
    alt = t("Scatter plot: the answer against the truth for every test picture")
    charts.draw(figure, "predicted-against-true", alt, 420)


def errors(told: Sequence[Measured], target: str) -> None:
    """Draw how often an answer is how far off, too low on the left and too high on the right."""
    off = np.array([answer.error for answer in told])
    counts, edges = np.histogram(off, bins="auto" if len(off) < MOST_BARS else MOST_BARS)
    figure = charts.histogram(
        counts,
        edges,
        t(
            "off by {low} to {high}: {count}",
            count="%{y}",
            low="%{customdata[0]:.3~g}",
            high="%{customdata[1]:.3~g}",
        ),
        height=280,
        colour=theme.OKABE_ITO[1],
    )
    figure.add_vline(
        x=0,
        line={"dash": "dash", "color": theme.colours().quiet, "width": 1},
        annotation_text=t("exact"),
        annotation_position="top right",
    )
    figure.update_xaxes(
        title=t("{name}: answer minus truth", name=charts.plain(target)), fixedrange=True
    )
    # Room above the highest bar for the word beside the line.
    highest = 1.15 * int(counts.max())
    figure.update_yaxes(title=t("Pictures"), fixedrange=True, range=[0, highest])
    charts.draw(figure, "errors", t("Histogram: how far off the answers are"), 280)
