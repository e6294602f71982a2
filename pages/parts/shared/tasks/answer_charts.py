"""Charts of answers with numbers on test pictures: beside the truth, and how far off they are."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from pages.parts.shared import charts, theme
from pages.parts.shared.tasks.judged_answers import Measured
from pages.parts.shared.words import t, tn
from tl_core.measures import residuals

MOST_BARS = 400


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


def errors_by_answer(told: Sequence[Measured], target: str) -> None:
    """Draw how far off each answer is beside how high it is, with where eight of ten lie; nothing for few pictures."""
    said, off = (
        np.array(each) for each in zip(*((a.predicted, a.error) for a in told), strict=True)
    )
    ranges = residuals.by_answer(said, off)
    if not ranges:
        return
    st.subheader(t("Low and high answers"))
    st.markdown(
        t(
            "Where the band is wider, its answers are less certain; where it lies above the line, they are too high more "
            "often than too low."
        )
    )
    now, blue = theme.colours(), theme.in_force(theme.BLUE_LINE)
    ends = [end for one in ranges for end in (one.first, one.last)]
    figure = go.Figure()
    for name, fill in (("low", None), ("high", "tonexty")):
        figure.add_scatter(
            x=ends,
            y=[getattr(one, name) for one in ranges for _ in range(2)],
            mode="lines",
            line={"color": blue, "width": 1},
            fill=fill,
            opacity=0.6,
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=ends,
        y=[one.middle for one in ranges for _ in range(2)],
        mode="lines",
        line={"color": blue, "width": 2},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=said,
        y=off,
        mode="markers",
        marker={"color": now.quiet, "size": 6, "opacity": 0.5},
        customdata=[charts.plain(answer.name, 60) for answer in told],
        hovertemplate="%{customdata}<br>"
        + t("says {said}, off by {off}", said="%{x:.4~g}", off="%{y:+.3~g}")
        + "<extra></extra>",
    )
    figure.add_hline(y=0, line={"dash": "dash", "color": now.quiet, "width": 1})
    figure.update_layout(**theme.plotly_layout(320))
    name = charts.plain(target)
    figure.update_xaxes(title=t("Answered {name}", name=name), fixedrange=True)
    figure.update_yaxes(title=t("{name}: answer minus truth", name=name), fixedrange=True)
    alt = t(
        "Scatter plot: how far off each answer is, beside the answer, with where eight of ten lie"
    )
    charts.draw(figure, "errors-by-answer", alt, 320)
    st.caption(
        tn(
            "The band holds eight of ten test pictures of each range, of {count} picture or a few more; the line in it is "
            "the middle.",
            "The band holds eight of ten test pictures of each range, of {count} pictures or a few more; the line in it is "
            "the middle.",
            min(one.count for one in ranges),
        )
    )
