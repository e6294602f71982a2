"""The two curves of a run, drawn by ECharts: it takes new points without being built anew.

A run that has ended is drawn by the same functions, so that it looks as it did while it learnt.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import streamlit as st

from pages.parts.shared import axes, theme
from pages.parts.shared.text import distinct_literal
from pages.parts.shared.words import t
from tl_core.signals.progress import RunView

POINTS = 240
HEIGHT_PX = 270
Point = tuple[float, float | None]


def draw(view: RunView, epochs: int, draw_score: Callable[[RunView, int], None]) -> None:
    """Draw loss and score side by side, below each other where the window is narrow.

    Args:
        view: what the run has told.
        epochs: planned; of a run that has ended those that it did.
        draw_score: draws the score of the run's task, such as `draw_accuracy`.
    """
    loss, beside = st.columns(2, gap="medium")
    with beside:
        draw_score(view, epochs)
    with loss:
        _titled(
            t("Loss"),
            t("How far its answers are from the truth, doubts included. Lower is better."),
            _loss(view, epochs),
            key="live-loss",
            alt=t("Loss of training and validation over the epochs"),
        )


def draw_accuracy(view: RunView, epochs: int) -> None:
    """Draw the share of pictures that are answered right."""
    _titled(
        t("Accuracy"),
        t("Share of pictures that it gets right. Higher is better."),
        _accuracy(view, epochs),
        key="live-accuracy",
        alt=t("Accuracy of training and validation over the epochs"),
    )


def draw_ranking(view: RunView, epochs: int) -> None:
    """Draw how well validation pictures are ranked for each label, in the mean."""
    _titled(
        t("Mean average precision"),
        t(
            "How well validation pictures that show a label are ranked before all others, in the mean over the labels. Higher is better."
        ),
        _accuracy(view, epochs),
        key="live-ranking",
        alt=t("Mean average precision of validation over the epochs"),
    )


def draw_error(view: RunView, epochs: int, targets: Sequence[str]) -> None:
    """Draw how far off the answers are, of one of the numbers called `targets`."""
    st.markdown(
        f"**{t('Mean error')}**",
        help=t(
            "How far its numbers are off on average, on validation pictures, in the target's own unit. Lower is better."
        ),
    )
    target = 0
    if len(targets) > 1:
        target = st.segmented_control(
            t("Number to show"),
            list(range(len(targets))),
            default=0,
            required=True,
            format_func=distinct_literal(dict(enumerate(targets))).__getitem__,
            key="live-target",
            label_visibility="collapsed",
        )
    st.echarts_chart(
        _error(view, epochs, target),
        key="live-error",
        height=HEIGHT_PX,
        alt=t("Mean error of validation over the epochs"),
    )


def _titled(title: str, about: str, chart: dict[str, Any], *, key: str, alt: str) -> None:
    st.markdown(f"**{title}**", help=about)
    st.echarts_chart(chart, key=key, height=HEIGHT_PX, alt=alt)


def _accuracy(view: RunView, epochs: int) -> dict[str, Any]:
    chart = _chart(view, epochs, "accuracy")
    chart["yAxis"] |= axes.of_shares()
    chart["tooltip"]["valueFormatter"] = "%.0f\u202f%%"
    _add_level(chart, t("exact solution"), (view.closed_form or {}).get("val_accuracy"), epochs)
    for line in chart["series"]:
        line["data"] = [[x, None if y is None else 100 * y] for x, y in line["data"]]
    return chart


def _error(view: RunView, epochs: int, target: int) -> dict[str, Any]:
    """Return the chart of one target's mean error, beside the exact solution and guessing."""
    chart = frame(epochs)
    points = [(event["epoch"], _of(event.get("val_mae"), target)) for event in view.epochs]
    validation = line(t("validation"), points, theme.in_force(theme.BLUE_LINE), "solid")
    _mark_best(validation, view)
    chart["series"] = [validation]
    told = view.closed_form or {}
    _add_level(chart, t("exact solution"), _of(told.get("val_mae"), target), epochs)
    guessed = _of(told.get("baseline_mae"), target)
    _add_level(chart, t("always the middle"), guessed, epochs, colour=7)
    chart["yAxis"] |= axes.of_losses(_heights(chart), least=0.0)
    axes.write_numbers(chart)
    return chart


def _heights(chart: dict[str, Any]) -> list[float | None]:
    return [height for line in chart["series"] for _, height in line["data"]]


def _of(values: Sequence[float] | None, target: int) -> float | None:
    return values[target] if values and target < len(values) else None


def _add_level(
    chart: dict[str, Any], name: str, value: float | None, epochs: int, colour: int = 2
) -> None:
    """Add a level line: a curve of its own, so that it has a name in the legend and no label."""
    if value is not None:
        points = [(0, value), (max(epochs, 1), value)]
        chart["series"].append(line(name, points, theme.OKABE_ITO[colour], "dashed"))


def _loss(view: RunView, epochs: int) -> dict[str, Any]:
    chart = _chart(view, epochs, "loss")
    if added := points(view, "term"):
        colour = theme.OKABE_ITO[2]
        chart["series"].append(line(t("of training: the method's part"), added, colour, "dashed"))
    chart["yAxis"] |= axes.of_losses(_heights(chart))
    axes.write_numbers(chart)
    return chart


def _chart(view: RunView, epochs: int, field: str) -> dict[str, Any]:
    validation = line(
        t("validation"),
        [(event["epoch"], event.get(f"val_{field}")) for event in view.epochs],
        theme.in_force(theme.BLUE_LINE),
        "solid",
    )
    _mark_best(validation, view)
    training = line(
        t("training"), _training(view, field), theme.in_force(theme.ORANGE_LINE), "dotted"
    )
    return frame(epochs) | {"series": [training, validation]}


def thaws(epochs: Sequence[dict[str, Any]]) -> list[int]:
    """Return after which epochs one more stage began to learn."""
    return [
        before["epoch"]
        for before, event in pairwise(epochs)
        if before["epoch"] and event.get("stages", 0) > before.get("stages", 0)
    ]


def _mark_best(line: dict[str, Any], view: RunView) -> None:
    """Mark the epoch that is kept, and where stages thawed."""
    now = theme.colours()
    marks: list[dict[str, Any]] = [
        {
            "xAxis": epoch,
            "label": {"formatter": t("thaws")},
            "lineStyle": {"color": theme.OKABE_ITO[2], "type": "dotted"},
        }
        for epoch in thaws(view.epochs)
    ]
    if view.best_epoch is not None:
        # In the middle it would lie on the numbers of the axis.
        at_axis = {"label": {"align": "left"}} if view.best_epoch == 0 else {}
        marks.append({"xAxis": view.best_epoch, **at_axis})
    if marks:
        line["markLine"] = {
            "silent": True,
            "symbol": "none",
            "label": {"formatter": t("kept"), "color": now.quiet},
            "lineStyle": {"color": now.quiet, "type": "dashed", "width": 1},
            "data": marks,
            "animation": False,
        }


def frame(epochs: int) -> dict[str, Any]:
    """Return a chart without curves."""
    now = theme.colours()
    axis = {
        "axisLine": {"lineStyle": {"color": now.line}},
        "splitLine": {"lineStyle": {"color": now.line}},
        "axisLabel": {"color": now.quiet},
    }
    return {
        **theme.echarts_base(),
        "legend": {
            "top": 0,
            "left": 0,
            "itemWidth": 32,
            "textStyle": {"color": now.text},
        },
        "tooltip": {"trigger": "axis", "valueFormatter": "%.3f"},
        "xAxis": {
            "type": "value",
            "min": 0,
            "max": max(epochs, 1),
            "minInterval": 1,
            "name": t("epoch"),
            "nameLocation": "middle",
            "nameGap": 24,
            **axis,
            "splitLine": {"show": False},
        },
        "yAxis": {"type": "value", **axis},
    }


def _training(view: RunView, field: str) -> list[Point]:
    """Return the training curve: steps within epochs where they were told, else whole epochs."""
    points: list[Point] = [
        (event["epoch"] - 1 + event["step"] / max(1, event["steps"]), event.get(field))
        for event in view.steps
        if event.get("epoch")
    ]
    if len(points) < 2:
        points = [(event["epoch"], event.get(field)) for event in view.epochs]
    return thinned([point for point in points if point[1] is not None], POINTS)


def thinned(points: Sequence[Point], limit: int) -> list[Point]:
    """Return at most about `limit` points, first and last among them."""
    every = max(1, len(points) // limit)
    kept = list(points[::every])
    if points and kept[-1] != points[-1]:
        kept.append(points[-1])
    return kept


def points(view: RunView, field: str, scale: float = 1) -> list[Point]:
    """Return what a run told of each epoch, as far as it told it; `scale` makes percent of shares."""
    told = [(event["epoch"], event.get(field)) for event in view.epochs]
    return [(epoch, scale * value) for epoch, value in told if value is not None]


def line(name: str, at: Sequence[Point], colour: str, kind: str) -> dict[str, Any]:
    """Return a curve of a chart, drawn solid, dashed or dotted."""
    return {
        "name": name,
        "type": "line",
        "data": [list(point) for point in at],
        # One point makes no line; more need no dots.
        "symbol": "circle" if len(at) == 1 else "none",
        "symbolSize": 7,
        "lineStyle": {"width": 2.5, "type": kind, "color": colour},
        "itemStyle": {"color": colour},
    }
