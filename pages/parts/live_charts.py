"""The two live curves, drawn by ECharts: it takes new points without being built anew."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.parts import theme
from pages.parts.words import t
from tl_core.runs.progress import RunView

POINTS = 240
HEIGHT_PX = 270
Point = tuple[float, float | None]


def draw(view: RunView, epochs: int) -> None:
    """Draw loss and accuracy side by side, below each other where the window is narrow."""
    loss, accuracy = st.columns(2, gap="medium")
    with accuracy:
        st.markdown(
            f"**{t('Accuracy')}**",
            help=t("Share of pictures that it gets right. Higher is better."),
        )
        st.echarts_chart(
            _accuracy(view, epochs),
            key="live-accuracy",
            height=HEIGHT_PX,
            alt=t("Accuracy of training and validation over the epochs"),
        )
    with loss:
        st.markdown(
            f"**{t('Loss')}**",
            help=t("How far its answers are from the truth, doubts included. Lower is better."),
        )
        st.echarts_chart(
            _loss(view, epochs),
            key="live-loss",
            height=HEIGHT_PX,
            alt=t("Loss of training and validation over the epochs"),
        )


def _accuracy(view: RunView, epochs: int) -> dict[str, Any]:
    chart = _chart(view, epochs, "accuracy")
    chart["yAxis"] |= {
        "min": 0,
        "max": 1,
        "axisLabel": {"formatter": "{value}", "color": theme.colours().quiet},
    }
    exact = (view.closed_form or {}).get("val_accuracy")
    if exact is not None:
        # A line of its own, so that it has a name in the legend and no label over the curves.
        chart["series"].append(
            _line(
                t("exact solution"),
                [(0, exact), (max(epochs, 1), exact)],
                theme.OKABE_ITO[2],
                "dashed",
            )
        )
    return chart


def _loss(view: RunView, epochs: int) -> dict[str, Any]:
    return _chart(view, epochs, "loss")


def _chart(view: RunView, epochs: int, field: str) -> dict[str, Any]:
    now = theme.colours()
    validation = _line(
        t("validation"),
        [(event["epoch"], event.get(f"val_{field}")) for event in view.epochs],
        theme.OKABE_ITO[4],
        "solid",
    )
    if view.best_epoch is not None:
        validation["markLine"] = {
            "silent": True,
            "symbol": "none",
            "label": {"formatter": t("best"), "color": now.quiet},
            "lineStyle": {"color": now.quiet, "type": "dashed", "width": 1},
            "data": [{"xAxis": view.best_epoch}],
            "animation": False,
        }
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
        "yAxis": {"type": "value", "scale": field == "loss", **axis},
        "series": [
            _line(t("training"), _training(view, field), theme.OKABE_ITO[0], "dotted"),
            validation,
        ],
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


def _line(name: str, points: Sequence[Point], colour: str, kind: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": "line",
        "data": [list(point) for point in points],
        # One point makes no line; more need no dots.
        "symbol": "circle" if len(points) == 1 else "none",
        "symbolSize": 7,
        "lineStyle": {"width": 2.5, "type": kind, "color": colour},
        "itemStyle": {"color": colour},
    }
