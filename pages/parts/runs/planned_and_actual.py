"""How long the plan expected each phase of a finished training to take, beside how long it took."""

import plotly.graph_objects as go
import streamlit as st

from pages.parts.shared import charts, numbers, theme
from pages.parts.shared.words import t, tn
from tl_core.signals.progress import RunView

ROW_PX = 46
LEAST_S = 0.1
TELLING = 0.1
"""Other work is spoken of that took so much of a training's time."""


def draw(view: RunView, encoding: str) -> None:
    """Draw two bars for each phase, expected and real; nothing for a run without a plan.

    `encoding` is what the modality calls that phase.
    """
    names = {
        "copies": t("Looking for copies"),
        "convert": t("Preparing the frozen part"),
        "encode": t(encoding),
        "closed_form": t("Best linear head"),
        "load": t("Loading libraries and the network"),
        "fit": t("Training"),
        "evaluate": t("Judging"),
        "save": t("Keeping the model"),
    }
    if not view.said_s:
        return
    rows = [
        (name, view.said_s.get(phase, 0.0), view.spent_s.get(phase, 0.0))
        for phase, name in names.items()
        if max(view.said_s.get(phase, 0.0), view.spent_s.get(phase, 0.0)) >= LEAST_S
    ]
    if not rows:
        return
    with st.expander(f"{t('Was the estimate right?')} :small[{_about(view)}]"):
        _bars(rows)
        if view.taken_by_others_s >= TELLING * view.worked_s:
            st.caption(
                t(
                    "Other work on this computer took {time} of it. Estimates are for a computer that has nothing else to do.",
                    time=numbers.duration(view.taken_by_others_s),
                )
            )
        st.caption(
            t("Every finished training corrects the next estimate. A busy computer takes longer.")
        )


def _about(view: RunView) -> str:
    """Return both times; what was said of all epochs is not held against some of them without a word."""
    said, took = numbers.duration(sum(view.said_s.values())), numbers.duration(view.worked_s)
    if not 0 < view.epoch < view.planned_epochs:
        return t("said {said}, took {took}", said=said, took=took)
    return tn(
        "said {said} for {planned} epochs, took {took} for {count}",
        "said {said} for {planned} epochs, took {took} for {count}",
        view.epoch,
        said=said,
        planned=numbers.count(view.planned_epochs),
        took=took,
    )


def _bars(rows: list[tuple[str, float, float]]) -> None:
    height = ROW_PX * len(rows) + 70
    figure = go.Figure()
    names, said, took = zip(*rows, strict=True)
    for title, colour, seconds in (
        (t("said"), theme.class_colour(7), said),
        (t("took"), theme.class_colour(0), took),
    ):
        figure.add_bar(
            y=names,
            x=seconds,
            orientation="h",
            name=title,
            marker_color=colour,
            text=[f"{title} {numbers.duration(each)}" for each in seconds],
            textposition="auto",
            textangle=0,
            hoverinfo="skip",
        )
    figure.update_layout(**theme.plotly_layout(height, bargap=0.25, barmode="group"))
    figure.update_xaxes(rangemode="tozero", fixedrange=True, ticksuffix=" s")
    figure.update_yaxes(autorange="reversed", fixedrange=True, automargin=True)
    charts.draw(
        figure, "said-and-took", t("Bar chart: what each part was said to take, and took"), height
    )
