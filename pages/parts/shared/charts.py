"""Charts of finished things, drawn by Plotly; the curves of a run are in `live_charts`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from pages.parts.results.answers import Measured
from pages.parts.shared import theme
from pages.parts.shared.text import escape, shortened
from pages.parts.shared.words import t
from tl_core.training import rates
from tl_core.training.rates import Sweep

ROW_PX = 30
TALLEST_PX = 520
LABELLED_CELLS = 16
WIDEST_NAME_PX = 90
# More classes than this are told as a table: a chart could not be read.
MOST_CLASSES = 60
# From here on a cell is so strongly coloured that the page's background stands out on it.
HALF_DARK = 0.55
NAME_LENGTH = 30
MOST_BARS = 400
SMALL_PX = 150
COUNT_SHARE = 0.06
"""Width of a digit beside a bar, as a share of the longest bar on a narrow page."""


def class_counts(classes: Sequence[str], counts: np.ndarray, key: str = "class-counts") -> None:
    """Draw pictures per class as bars.

    Args:
        classes: names, in the order of the indices.
        counts: (classes, 3) pictures in training, validation and test.
        key: names the chart on its page.
    """
    totals = counts.sum(axis=1)
    if len(classes) > MOST_CLASSES:
        columns = {t("Class"): list(classes), t("Pictures"): totals.tolist()}
        st.dataframe(columns, hide_index=True, height=TALLEST_PX)
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
            customdata=np.column_stack([counts, [plain(name, 80) for name in classes]]).tolist(),
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
    figure.update_yaxes(**_class_axis(classes), autorange="reversed", showgrid=False)
    draw(figure, key, t("Bar chart: pictures in each class"), height)


def spreads(numbers: Mapping[str, Mapping[str, Sequence[float]]], key: str) -> None:
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
        figure = go.Figure(
            go.Bar(
                x=(edges[:-1] + edges[1:]) / 2,
                y=list(numbers[name]["counts"]),
                width=np.diff(edges),
                marker_color=theme.OKABE_ITO[4],
                customdata=np.column_stack([edges[:-1], edges[1:]]).tolist(),
                hovertemplate=t(
                    "{low} to {high}: {count}",
                    count="%{y}",
                    low="%{customdata[0]:.3~g}",
                    high="%{customdata[1]:.3~g}",
                )
                + "<extra></extra>",
            )
        )
        figure.update_layout(**theme.plotly_layout(SMALL_PX, bargap=0))
        figure.update_xaxes(title=titles[name], fixedrange=True, nticks=4)
        figure.update_yaxes(fixedrange=True, showticklabels=False)
        with columns[at % 3]:
            alt = t("Histogram: {measure}", measure=titles[name])
            draw(figure, f"{key}-{name}", alt, SMALL_PX)


def confusion(classes: Sequence[str], counts: np.ndarray) -> None:
    """Draw which class was taken for which: a row is the truth, a column the answer."""
    if len(classes) > MOST_CLASSES:
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
                    [plain(truth, 60), plain(answer, 60), int(counts[row, column])]
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
    figure.update_layout(margin_r=min(WIDEST_NAME_PX, 8 + 6 * len(plain(classes[-1]))))
    if side <= LABELLED_CELLS:
        figure.update_layout(annotations=_cell_labels(counts, shares))
    figure.update_xaxes(
        **_class_axis(classes),
        title=t("The model's answer"),
        side="top",
        showgrid=False,
        tickangle=-40,
        ticklabeloverflow="allow",
    )
    figure.update_yaxes(
        **_class_axis(classes), title=t("The truth"), autorange="reversed", showgrid=False
    )
    draw(figure, "confusion", t("Confusion matrix: which class was taken for which"), height)


def _commonest_confusions(classes: Sequence[str], counts: np.ndarray) -> None:
    """Draw the commonest mistakes as a table, where there are too many classes for a matrix."""
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:MOST_CLASSES]
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
        customdata=[plain(answer.name, 60) for answer in told],
        hovertemplate="%{customdata}<br>"
        + t("is {truth}, says {said}", truth="%{x:.4~g}", said="%{y:.4~g}")
        + "<extra></extra>",
    )
    figure.update_layout(**theme.plotly_layout(420))
    figure.update_xaxes(title=t("True {name}", name=plain(target)), fixedrange=True)
    figure.update_yaxes(title=t("Answered {name}", name=plain(target)), fixedrange=True)
    alt = t("Scatter plot: the answer against the truth for every test picture")
    draw(figure, "predicted-against-true", alt, 420)


def errors(told: Sequence[Measured], target: str) -> None:
    """Draw how often an answer is how far off, too low on the left and too high on the right."""
    off = np.array([answer.error for answer in told])
    counts, edges = np.histogram(off, bins="auto" if len(off) < MOST_BARS else MOST_BARS)
    now = theme.colours()
    figure = go.Figure(
        go.Bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=counts,
            width=np.diff(edges),
            marker={"color": theme.OKABE_ITO[1], "line": {"color": now.background, "width": 1}},
            customdata=np.column_stack([edges[:-1], edges[1:]]),
            hovertemplate=t(
                "off by {low} to {high}: {count}",
                count="%{y}",
                low="%{customdata[0]:.3~g}",
                high="%{customdata[1]:.3~g}",
            )
            + "<extra></extra>",
        )
    )
    figure.add_vline(
        x=0,
        line={"dash": "dash", "color": now.quiet, "width": 1},
        annotation_text=t("exact"),
        annotation_position="top right",
    )
    figure.update_layout(**theme.plotly_layout(280, bargap=0))
    figure.update_xaxes(title=t("{name}: answer minus truth", name=plain(target)), fixedrange=True)
    # Room above the highest bar for the word beside the line.
    highest = 1.15 * int(counts.max())
    figure.update_yaxes(title=t("Pictures"), fixedrange=True, range=[0, highest])
    draw(figure, "errors", t("Histogram: how far off the answers are"), 280)


def rate_curve(swept: Sweep) -> None:
    """Draw the loss of a growing row of learning rates, and the rate that is suggested."""
    now = theme.colours()
    figure = go.Figure()
    for losses, name, colour, width in (
        (swept.losses, t("each step"), now.quiet, 1),
        (rates.smoothed(swept.losses), t("smoothed"), theme.in_force(theme.BLUE_LINE), 2.5),
    ):
        figure.add_scatter(
            x=swept.rates,
            y=losses,
            name=name,
            mode="lines",
            line={"color": colour, "width": width},
            hovertemplate="%{x:.1~e}: %{y:.3~g}<extra></extra>",
        )
    smooth = rates.smoothed(swept.losses)
    # The loss explodes at the end; what matters lies below.
    top = 1.05 * min(max(swept.losses), 3 * max(smooth[0], min(smooth)))
    if swept.suggested is not None:
        figure.add_scatter(
            x=[swept.suggested] * 2,
            y=[0, top],
            name=t("suggested"),
            mode="lines",
            line={"dash": "dash", "color": now.quiet, "width": 1.5},
            hovertemplate="%{x:.1~e}<extra></extra>",
        )
    layout = theme.plotly_layout(
        280, showlegend=True, legend={"orientation": "h", "y": 1.15, "x": 0}
    )
    figure.update_layout(**layout)
    figure.update_xaxes(
        title=t("Learning rate"), type="log", fixedrange=True, exponentformat="power", dtick=1
    )
    figure.update_yaxes(title=t("Loss"), fixedrange=True, range=[0, top])
    draw(figure, "rate-curve", t("Curve: the loss against the learning rate"), 280)


def draw(figure: go.Figure, key: str, alt: str, height: int) -> None:
    """Draw a figure; one that is very tall gets a window to scroll in."""
    if height <= TALLEST_PX or key == "confusion":
        st.plotly_chart(figure, theme=None, key=key, config=theme.PLOTLY_CONFIG, alt=alt)
        return
    with st.container(height=TALLEST_PX, border=False):
        st.plotly_chart(figure, theme=None, key=key, config=theme.PLOTLY_CONFIG, alt=alt)


def plain(text: str, length: int = NAME_LENGTH) -> str:
    """Return `text` so that Plotly, which reads a little HTML, shows it as it is."""
    return escape(shortened(" ".join(text.split()), length))


def _class_axis(classes: Sequence[str]) -> dict[str, Any]:
    return {
        "tickmode": "array",
        "tickvals": list(range(len(classes))),
        "ticktext": [plain(name) for name in classes],
        "fixedrange": True,
        "zeroline": False,
    }
