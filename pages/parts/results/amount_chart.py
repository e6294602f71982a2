"""The curve by amount: what was measured, what the law expects further out, and this run's own result."""

import plotly.graph_objects as go
import streamlit as st

from pages.parts.shared import axes, charts, datasets, numbers, theme
from pages.parts.shared.text import distinct
from pages.parts.shared.words import t
from tl_core import store
from tl_core.evaluation import collecting
from tl_core.evaluation.collecting import Collected, Curve
from tl_core.tasks import registry

HEIGHT_PX = 320


def draw(run: store.RunRow, found: Collected, *, are_shares: bool) -> None:
    """Draw one curve, with a choice where there are several, and say in words what lies ahead."""
    curve, name = found.curves[0], ""
    if not are_shares:
        dataset = datasets.loaded(run.dataset_id)
        names = distinct(dict(enumerate(registry.of(dataset).outputs(dataset))))
        chosen = 0
        if len(names) > 1:
            chosen = st.selectbox(
                t("Number"), list(names), format_func=names.__getitem__, key=f"amount-{run.id}"
            )
        curve, name = found.curves[chosen], names[chosen]
    _in_words(curve, are_shares=are_shares)
    shown = collecting.in_percent(curve) if are_shares else curve
    reached = (run.metrics or {}).get("test_accuracy") if are_shares else None
    _chart(run.id, shown, found.learnt, reached, name)


def _in_words(curve: Curve, *, are_shares: bool) -> None:
    if curve.doubled is None:
        st.markdown(t("There are too few pictures to say what lies ahead of this curve."))
        return
    if are_shares:
        high, _, low = (1 - error for error in curve.doubled)
        told = t(
            "With twice the pictures the exact solution reaches {low} to {high}, in 8 of 10 cases; with those of now {now}.",
            low=numbers.percent(low),
            high=numbers.percent(high),
            now=numbers.percent(1 - curve.now),
        )
    else:
        low, _, high = curve.doubled
        told = t(
            "With twice the pictures the exact solution is off by {low} to {high}, in 8 of 10 cases; with those of now by {now}.",
            low=numbers.value(low),
            high=numbers.value(high),
            now=numbers.value(curve.now),
        )
    if curve.doubled[2] > curve.now:
        told += " " + t("So it cannot be told yet whether more pictures of the same kind help.")
    st.markdown(told)


def _chart(run_id: str, curve: Curve, learnt: int, reached: float | None, name: str) -> None:
    blue, now = theme.in_force(theme.BLUE_LINE), theme.colours()
    unit = "" if name else "\u202f%"
    figure = go.Figure()
    if curve.ahead:
        _band(figure, curve, blue)
    figure.add_scatter(
        x=curve.amounts,
        y=curve.errors,
        mode="markers",
        name=t("measured"),
        marker={"color": blue, "size": 9},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": curve.above,
            "arrayminus": curve.below,
            "thickness": 1.2,
            "width": 3,
        },
        hovertemplate=f"%{{x}}: %{{y:.3~g}}{unit}<extra></extra>",
    )
    if reached is not None:
        figure.add_scatter(
            x=[learnt],
            y=[100 * reached],
            mode="markers",
            name=t("this run"),
            marker={
                "color": theme.in_force(theme.ORANGE_LINE),
                "symbol": "diamond",
                "size": 12,
                "line": {"color": now.background, "width": 1},
            },
            hovertemplate=f"%{{y:.3~g}}{unit}<extra></extra>",
        )
    figure.update_layout(
        **theme.plotly_layout(
            HEIGHT_PX, showlegend=True, legend={"orientation": "h", "y": 1.15, "x": 0}
        )
    )
    figure.update_xaxes(
        title=t("Pictures to learn from"),
        type="log",
        fixedrange=True,
        range=curve.powers,
        tickvals=curve.marks,
        ticktext=[numbers.count(mark) for mark in curve.marks],
    )
    if name:
        top = axes.top_of([*curve.highest, *curve.high], least=0.0)
        figure.update_yaxes(title=t("off by, {name}", name=charts.plain(name)), range=[0, top])
    else:
        figure.update_yaxes(range=[0, 100], ticksuffix=unit)
    figure.update_yaxes(fixedrange=True)
    charts.draw(
        figure,
        f"amounts-{run_id}",
        t("Learning curve: how good the exact solution is by the number of pictures learnt from"),
        HEIGHT_PX,
    )


def _band(figure: go.Figure, curve: Curve, colour: str) -> None:
    figure.add_scatter(
        x=[*curve.ahead, *reversed(curve.ahead)],
        y=[*curve.high, *reversed(curve.low)],
        fill="toself",
        mode="lines",
        line={"width": 0},
        fillcolor=colour,
        opacity=0.18,
        name=t("8 of 10 cases"),
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=curve.ahead,
        y=curve.middle,
        mode="lines",
        line={"color": colour, "width": 2, "dash": "dot"},
        name=t("expected"),
        hoverinfo="skip",
    )
