"""How sure a model is, and whether it is right as often as it says: a diagram, and what was promised."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from pages.parts.shared import charts, numbers, theme
from pages.parts.shared.tasks import promises_held
from pages.parts.shared.words import t, tn

HEIGHT_PX = 360
TICKS = (0, 0.2, 0.4, 0.6, 0.8, 1)
FLOOR = -0.09
"""Below the axis of shares there is room for how many pictures each point stands for."""


def draw(test: Mapping[str, Any]) -> None:
    """Draw whether it is as sure as it is right; nothing for runs that did not measure it."""
    certainty = test.get("certainty")
    if not certainty or not certainty["bins"]:
        return
    st.header(t("How sure is it"))
    bins = certainty["bins"]
    st.markdown(_in_words(max(bins, key=lambda each: each["count"])))
    diagram(bins, t("How sure it says it is"), t("How often it is right"))
    st.caption(
        t(
            "Each point stands for the test pictures of which it was about as sure; their number is below it. "
            "On the dashed line it is as sure as it is right, below the line too sure. The bars are 95 % intervals: "
            "few pictures, long bars."
        )
    )
    _temperature(certainty)
    _promises(test.get("sets") or ())


def error(test: Mapping[str, Any]) -> str | None:
    """Return the calibration error with its interval; None for runs that did not measure it so."""
    certainty = test.get("certainty")
    if not certainty:
        return None
    ece = certainty["ece"]
    at, low, high = (numbers.fixed(ece[key], 3) for key in ("debiased", "low", "high"))
    return f"{at} ({numbers.between(low, high)})"


def _in_words(fullest: Mapping[str, Any]) -> str:
    """Say for the range of sureness that most pictures have how often it was right there."""
    sure, low, high = (fullest[key] for key in ("confidence", "accuracy_low", "accuracy_high"))
    digits = numbers.digits_of(low, high)
    told = tn(
        "When it says about {sure}, it is right {low} to {high} of the time, judged on {count} test picture.",
        "When it says about {sure}, it is right {low} to {high} of the time, judged on {count} test pictures.",
        fullest["count"],
        sure=f"**{numbers.percent(sure)}**",
        low=f"**{numbers.percent(low, digits)}",
        high=f"{numbers.percent(high, digits)}**",
    )
    if sure > high:
        return f"{told} {t('So it is surer than it should be.')}"
    if sure < low:
        return f"{told} {t('So it is right more often than it says.')}"
    return told


def diagram(bins: Sequence[Mapping[str, Any]], said: str, found: str) -> None:
    """Draw for ranges of probability what was found, beside the line where both agree.

    Args:
        bins: as `reliability.bins`.
        said: what the model says, the title of the axis along which it grows.
        found: what was so, the title of the other axis.
    """
    now = theme.colours()
    sure = [each["confidence"] for each in bins]
    right = [each["accuracy"] for each in bins]
    counts = [numbers.count(each["count"]) for each in bins]
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"dash": "dash", "color": now.quiet, "width": 1},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=sure,
        y=right,
        mode="markers",
        marker={"color": theme.in_force(theme.BLUE_LINE), "size": 9},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [each["accuracy_high"] - each["accuracy"] for each in bins],
            "arrayminus": [each["accuracy"] - each["accuracy_low"] for each in bins],
            "thickness": 1.5,
            "width": 4,
        },
        customdata=counts,
        hovertemplate=t(
            "says {sure}, was so {right}; judged: {count}",
            sure="%{x:.0%}",
            right="%{y:.0%}",
            count="%{customdata}",
        )
        + "<extra></extra>",
    )
    figure.add_scatter(
        x=sure,
        y=[FLOOR / 2] * len(bins),
        mode="text",
        text=counts,
        textfont={"color": now.quiet, "size": 11},
        hoverinfo="skip",
    )
    figure.update_layout(**theme.plotly_layout(HEIGHT_PX))
    ticks = {
        "tickvals": list(TICKS),
        "ticktext": [numbers.percent(share) for share in TICKS],
        "fixedrange": True,
        "zeroline": False,
    }
    figure.update_xaxes(title=said, range=[0, 1.03], **ticks)
    figure.update_yaxes(title=found, range=[FLOOR, 1.03], **ticks)
    alt = t("Diagram: {found} against {said}", found=charts.plain(found), said=charts.plain(said))
    charts.draw(figure, "reliability", alt, HEIGHT_PX)


def _temperature(certainty: Mapping[str, Any]) -> None:
    """Say what the temperature did to it."""
    before, divisor = certainty.get("before"), certainty["temperature"]
    if not before:
        return
    told = (
        t("Validation pictures showed that it was surer than right, so it was made less sure.")
        if divisor > 1
        else t(
            "Validation pictures showed that it was right more often than it said, so it was made surer."
        )
    )
    after, earlier = (f"{each['ece']['debiased']:.3f}" for each in (certainty, before))
    ece = (
        t(
            "On test pictures no difference can be told: the calibration error is {after}.",
            after=error({"certainty": certainty}),
        )
        if after == earlier
        else t(
            "On test pictures the calibration error is {after}; without this it would be {before}.",
            after=after,
            before=earlier,
        )
    )
    st.markdown(
        f"{told} {t('Its answers stay the same.')} {ece}",
        help=t(
            "Its scores are divided by {temperature}, the temperature, before they become percentages. One number for "
            "all, found on validation pictures (Guo et al. 2017).",
            temperature=numbers.value(divisor),
        ),
    )


def _promises(sets: Sequence[Mapping[str, Any]]) -> None:
    """Say how often the truth was among the classes that are answered to keep a promise."""
    st.subheader(t("Every class it may be"))
    if not sets:
        promises_held.too_few(t("It cannot be promised that the truth is among several answers."))
        return
    st.markdown(
        t(
            "Instead of one class it can name every class that a picture may show, so many that the truth is among them "
            "as often as promised. On test pictures the promises held like this:"
        ),
        help=t(
            "Split conformal prediction: from which probability on a class is named was found on validation pictures "
            "(Sadinle et al. 2019). It holds for new pictures that are like yours, on average over trainings; "
            "one test part differs by chance."
        ),
    )
    promises_held.draw(sets, t("Truth among them"), promises_held.sizes(sets))
