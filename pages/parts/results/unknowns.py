"""None of these: how many known pictures are refused, what that brings, and how careful the model is."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from pages.parts.results import unknowns_tried
from pages.parts.shared import charts, errors, numbers, theme
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.base import ids
from tl_core.measures.unknowns import CHOICES
from tl_core.training import results, unknown_pictures

HEIGHT_PX = 260
REFUSED, SHARES = (0, 0.1, 0.2, 0.3, 0.4, 0.5), (0, 0.2, 0.4, 0.6, 0.8, 1)
"""What is written along the axes."""


def draw(run: store.RunRow) -> None:
    """Draw how the model tells what it was never taught; says so where it cannot."""
    st.header(t("None of these"))
    model = ids.run_folder(run.id) / results.MODEL_DIR
    careful = None
    with errors.shown():
        careful = unknown_pictures.careful(model)
    told = (run.metrics or {}).get("unknowns")
    if careful is None:
        st.markdown(
            t(
                "This model cannot tell what it was never taught: it was made by an earlier version, or from too few pictures."
            )
        )
        unknowns_tried.draw(run, None)
        return
    st.markdown(
        t(
            "Shown something that it was never taught, the model says “none of these”. The more careful it is, the more pictures that it knows are refused, too."
        )
    )
    chosen = st.segmented_control(
        t("How careful?"),
        CHOICES,
        default=careful,
        required=True,
        format_func=numbers.percent,
        help=t(
            "The share of known pictures that may be refused. Choose more where a wrong answer is worse than none."
        ),
        key=f"careful-{run.id}",
    )
    if chosen != careful:
        with errors.shown():
            unknown_pictures.take_care(model, chosen)
    if told:
        _counts(told, chosen)
        _curve(told["risk_coverage"])
    else:
        st.caption(t("What it does to test pictures was counted where it was trained."))
    unknowns_tried.draw(run, chosen)


def _counts(told: dict[str, Any], careful: float) -> None:
    count = next(each["count"] for each in told["refused"] if each["careful"] == careful)
    st.markdown(
        tn(
            "Of {test} known test picture {refused} would be refused.",
            "Of {test} known test pictures {refused} would be refused.",
            told["test"],
            test=numbers.count(told["test"]),
            refused=numbers.count(count),
        )
    )


def _curve(points: list[dict[str, float]]) -> None:
    """Draw accuracy where the strangest test pictures are refused; say what one choice brings."""
    if len(points) < 2:
        return
    first = points[0]
    tenth = next((each for each in points if each["refused"] == CHOICES[2]), points[-1])
    st.markdown(
        t(
            "Without the {refused} that look strangest, it is right {after} of the time; with them {before}.",
            refused=numbers.percent(tenth["refused"]),
            after=numbers.percent_within(tenth["accuracy"], tenth["low"], tenth["high"]),
            before=numbers.percent_within(first["accuracy"], first["low"], first["high"]),
        )
    )
    figure = go.Figure(
        go.Scatter(
            x=[each["refused"] for each in points],
            y=[each["accuracy"] for each in points],
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [each["high"] - each["accuracy"] for each in points],
                "arrayminus": [each["accuracy"] - each["low"] for each in points],
                "color": theme.colours().quiet,
            },
            mode="lines+markers",
            line={"color": theme.in_force(theme.ORANGE_LINE)},
            hovertemplate=t("refused {x}: {y} right", x="%{x:.0%}", y="%{y:.0%}")
            + "<extra></extra>",
        )
    )
    figure.update_layout(**theme.plotly_layout(HEIGHT_PX))
    figure.update_xaxes(title=t("refused, the strangest first"), **_ticks(REFUSED))
    figure.update_yaxes(title=t("right"), range=[0, 1.05], **_ticks(SHARES))
    about = t("Accuracy where the strangest test pictures are refused, with 95 % intervals.")
    charts.draw(figure, "risk-coverage", about, HEIGHT_PX)


def _ticks(shares: Sequence[float]) -> dict[str, Any]:
    return {
        "tickvals": list(shares),
        "ticktext": [numbers.percent(share) for share in shares],
        "fixedrange": True,
    }
