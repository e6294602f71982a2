"""Charts of answers with numbers on test pictures: beside the truth, and how far off they are."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from pages.parts.shared import charts, theme
from pages.parts.shared.tasks.judged_answers import Measured
from pages.parts.shared.words import t

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
