"""The order of backbones, or of depths: a sentence, a chart with intervals, a table, a way to take one."""

from collections.abc import Callable, Sequence
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from pages.parts.shared import (
    charts,
    csv_download,
    next_training,
    numbers,
    page_files,
    shares,
    tables,
    theme,
)
from pages.parts.shared.words import t, tn
from tl_core.backbones import catalogue
from tl_core.evaluation.audition import Audition, Heard, Place

ROW_PX, ROOM_PX = 38, 70
SAME = 0.01
"""Measures nearer than this are one and the same: told with three digits here, in whole percents there."""
HEAD_PX = 38
BYTES_EACH = 4


def _of_backbone(heard: Heard) -> str:
    return catalogue.get(heard.name).title


def draw(
    found: Audition,
    *,
    key: str,
    is_whole: bool,
    named: Callable[[Heard], str] = _of_backbone,
    told: str = "",
    places: Sequence[Place] = (),
) -> None:
    """Draw what was found.

    Args:
        found: in order.
        key: of the chart.
        is_whole: whether all that were asked for were heard.
        named: what each is called.
        told: what is said of it; who is first, where nothing is given.
        places: the same in the order of the chart, from top to bottom; the best first where nothing is given.
    """
    told = told or in_words(found, named)
    if not is_whole:
        st.caption(
            tn(
                "{count} has been compared so far.",
                "{count} have been compared so far.",
                len(found.places),
            )
        )
    st.markdown(told)
    _chart(found, places or found.places, key, named, told)
    if all(place.heard.varies for place in found.places):
        return
    flat = ", ".join(named(place.heard) for place in found.places if not place.heard.varies)
    st.warning(
        t(
            "The same for all your pictures, so that nothing can be read from it: {names}.",
            names=flat,
        ),
        icon=":material/warning:",
    )


def in_words(found: Audition, named: Callable[[Heard], str] = _of_backbone) -> str:
    """Return in a sentence who is first, and who cannot be told from it."""
    first, tied = found.places[0], found.tied
    score = within(found, first)
    if len(found.places) == 1:
        return t(
            "**{name}**: {score}. Compare it with others to know what that is worth.",
            name=named(first.heard),
            score=score,
        )
    if len(tied) == 1:
        return t(
            "**{name}** suits your pictures best: {score}. That is no chance.",
            name=named(first.heard),
            score=score,
        )
    if len(tied) > 3:
        return t(
            "**{name}** comes first: {score}. The first {count} cannot be told apart by these pictures; take the quickest, or the smallest.",
            name=named(first.heard),
            score=score,
            count=len(tied),
        )
    *others, last = (f"**{named(place.heard)}**" for place in tied)
    names = t(" and ").join((", ".join(others), last))
    return t(
        "{names} cannot be told apart by these pictures; the first reaches {score}. Take the quicker one, or the smaller.",
        names=names,
        score=score,
    )


def within(found: Audition, place: Place) -> str:
    """Return a score with its interval: right answers, or errors beside those of guessing."""
    heard = place.heard
    told = numbers.percent_within(heard.score, heard.low, heard.high)
    if found.higher_is_better:
        return t("{share} right", share=told)
    return t("{share} of the error of always answering the middle", share=told)


def _chart(
    found: Audition,
    places: Sequence[Place],
    key: str,
    named: Callable[[Heard], str],
    alt: str,
) -> None:
    """Draw a dot with its interval for each; those that may be the best are filled."""
    now, places = theme.colours(), places[::-1]
    scores = [100 * place.heard.score for place in places]
    figure = go.Figure(
        go.Scatter(
            x=scores,
            y=[charts.plain(named(place.heard)) for place in places],
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [100 * (place.heard.high - place.heard.score) for place in places],
                "arrayminus": [100 * (place.heard.score - place.heard.low) for place in places],
                "color": now.quiet,
            },
            mode="markers",
            marker={
                "size": 12,
                "color": now.accent,
                "symbol": ["circle" if place.is_tied else "circle-open" for place in places],
                "line": {"width": 2, "color": now.accent},
            },
            hovertemplate="%{y}: %{x:.1f}\u202f%<extra></extra>",
        )
    )
    height = ROOM_PX + ROW_PX * len(places)
    figure.update_layout(**theme.plotly_layout(height))
    figure.add_vline(x=100 * found.guess, line={"dash": "dot", "color": now.quiet})
    title = (
        t("right, in percent") if found.higher_is_better else t("error, in percent of guessing's")
    )
    figure.update_xaxes(range=_range(found), title=title, fixedrange=True)
    figure.update_yaxes(fixedrange=True)
    charts.draw(figure, key, alt.replace("*", ""), height)
    st.caption(
        t(
            "Filled: may be the best. The line across each dot is its interval (95 %); the dotted line is what guessing gives."
        )
    )


def _range(found: Audition) -> tuple[float, float]:
    highest = max([found.guess, *(place.heard.high for place in found.places)])
    return (0, 102) if found.higher_is_better else (0, 105 * highest)


def use(found: Audition) -> None:
    """Draw the table with scores, speed, size and licence, and a button that takes each backbone."""
    table = _table(found)
    st.dataframe(
        table,
        hide_index=True,
        height=HEAD_PX + 36 * len(found.places),
        column_config={t("Backbone"): st.column_config.Column(pinned=True)} | _help(),
        placeholder=tables.NOTHING,
    )
    everything = table | scores(found)
    csv_download.draw(t("Download this table"), everything, "backbones.csv", key="csv-audition")
    with st.container(horizontal=True, key="use-backbone"):
        for place in found.places:
            name = place.heard.name
            if st.button(
                t("Use {title}", title=catalogue.get(name).title),
                key=f"use-{name}",
                icon=":material/check:",
            ):
                next_training.choose_backbone(name)
                st.switch_page(page_files.TRAIN)


def _table(found: Audition) -> dict[str, list[object]]:
    heard = [place.heard for place in found.places]
    records = [catalogue.get(each.name) for each in heard]
    score = t("Right, %") if found.higher_is_better else t("Error, % of guessing's")
    table: dict[str, list[object]] = {
        t("Rank"): [number + 1 for number in range(len(heard))],
        t("Backbone"): [record.title for record in records],
        score: [shares.whole_percent(each.score) for each in heard],
        t("Between"): [
            numbers.between(f"{100 * each.low:.0f}", numbers.percent(each.high)) for each in heard
        ],
        t("Against the first"): [_against(place, found) for place in found.places],
        t("Neighbours, %"): [shares.whole_percent(each.neighbours) for each in heard],
    }
    if any(_has_other_measure(each) for each in heard):
        table[t(found.measure)] = [_rounded(each.headline) for each in heard]
    table |= {
        t("ms a picture"): [_rounded(each.ms_each) for each in heard],
        t("Size"): [numbers.size(BYTES_EACH * record.parameters) for record in records],
        t("Licence"): [record.weights_license for record in records],
    }
    return _known(table)


def scores(found: Audition) -> dict[str, list[object]]:
    """Return what others have proposed to tell backbones apart by, for each in order."""
    heard = [place.heard for place in found.places]
    return _known(
        {
            "LogME": [_rounded(each.log_me) for each in heard],
            "H-score": [_rounded(each.h_score) for each in heard],
            "TransRate": [_rounded(each.trans_rate) for each in heard],
            "LEEP": [_rounded(each.leep) for each in heard],
        }
    )


def _known(table: dict[str, list[object]]) -> dict[str, list[object]]:
    """Return the columns in which anything is known."""
    return {name: column for name, column in table.items() if any(v is not None for v in column)}


def _against(place: Place, found: Audition) -> str:
    if place is found.places[0]:
        return t("the first")
    if place.is_tied:
        return t("cannot be told apart")
    return t(
        "{low} to {high} points behind",
        low=numbers.fixed(100 * place.behind_low, 0),
        high=numbers.fixed(100 * place.behind_high, 0),
    )


def _has_other_measure(heard: Heard) -> bool:
    """Say whether the task tells something else of it than the score, not the same less rounded."""
    return heard.headline is not None and abs(heard.headline - heard.score) >= SAME


def _rounded(number: float | None) -> float | None:
    return None if number is None else float(f"{number:.3g}")


def score_help() -> dict[str, Any]:
    """Return what each of `scores` is, for the head of its column."""
    return {
        "LogME": st.column_config.Column(
            help=t(
                "How probable your classes are under a linear map from the features: higher is better."
            )
        ),
        "H-score": st.column_config.Column(
            help=t("How much of the features' spread lies between classes: higher is better.")
        ),
        "TransRate": st.column_config.Column(
            help=t("What knowing the class saves when features are written down: higher is better.")
        ),
        "LEEP": st.column_config.Column(
            help=t(
                "How well the network's own thousand classes tell yours: nearer to 0 is better. Few networks bring them."
            )
        ),
    }


def _help() -> dict[str, Any]:
    return {
        t("Against the first"): st.column_config.Column(
            help=t(
                "Both answered the same pictures; the intervals of all rows hold together, with 95 % certainty."
            )
        ),
        t("Neighbours, %"): st.column_config.Column(
            help=t("Answered by the five pictures most alike, without any learning.")
        ),
        t("ms a picture"): st.column_config.Column(
            help=t("What the frozen network takes for a picture on this computer.")
        ),
    }
