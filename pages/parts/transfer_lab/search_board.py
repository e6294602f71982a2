"""What an automatic choice has found: the best so far, every candidate with its interval, and a way to train it."""

from collections.abc import Callable

import streamlit as st

from pages.parts.shared import (
    csv_download,
    errors,
    next_training,
    numbers,
    page_files,
    state,
    tokens,
)
from pages.parts.shared.text import literal
from pages.parts.shared.words import t, tn
from pages.parts.transfer_lab import how_chosen
from tl_core.backbones import catalogue
from tl_core.config import TrainConfig
from tl_core.evaluation.search import words
from tl_core.evaluation.search.tried import Standing, near_best
from tl_core.jobs import searcher
from tl_core.jobs.searcher import Board


def draw(found: Board, *, is_whole: bool) -> None:
    """Draw the best so far, then all candidates in their order.

    Args:
        found: what was tried.
        is_whole: whether its time was used up, or everything tried.
    """
    if found.chosen is not None:
        st.markdown(_in_words(found, found.chosen, is_whole=is_whole))
    if found.why_first:
        st.caption(literal(t(found.why_first)))
    table = _table(found)
    columns = {
        t("Settings"): st.column_config.Column(pinned=True),
        t("To be expected"): st.column_config.Column(
            help=t(
                "What the order follows: how the exact solution does, by as many pictures as tell it, and how much training adds, as measured here and as trainings of other data sets tell. Few validation pictures are believed less, the best of several exact solutions was lucky, too, and a part of the epochs shows a part of the gain."
            )
        ),
    }
    st.dataframe(table, hide_index=True, column_config=columns)
    for one in found.trials:
        if one.has_failed:
            st.caption(
                literal(
                    t(
                        "Could not be tried: {candidate}. {fault}",
                        candidate=t(words.of_candidate(one.candidate)),
                        fault=one.fault,
                    )
                )
            )
    if found.left_out and is_whole:
        titles = ", ".join(catalogue.title(name) for name in found.left_out)
        st.caption(t("There was no time to try: {titles}.", titles=titles))
    csv_download.draw(t("Download this table"), table, "search.csv", key="csv-search")
    how_chosen.search(found)


def _in_words(found: Board, chosen: Standing, *, is_whole: bool) -> str:
    best = chosen.best
    values = {
        "candidate": literal(t(words.of_candidate(chosen.candidate))),
        "share": numbers.percent_within(best.level, best.low, best.high),
        "trials": tn("{count} trial", "{count} trials", len(found.trials)),
    }
    if not is_whole:
        return t(
            "The best after {trials}: **{candidate}**, {share} of the validation pictures right.",
            **values,
        )
    told = t(
        "The best of {trials}: **{candidate}**, {share} of the validation pictures right. The best of many looks better than it is; the test part was not looked at, and tells the honest number once a run is trained.",
        **values,
    )
    return f"{told} {_ties(found)}".rstrip()


def _ties(found: Board) -> str:
    """Say how many others are to be expected as good, and why this one is taken; "" where none is."""
    others = len(near_best(found.standings)) - 1
    if others < 1:
        return ""
    return tn(
        "{count} other is to be expected nearly as good; the whole training of this one should take less time.",
        "{count} others are to be expected nearly as good; the whole training of this one should take the least time.",
        others,
    )


def use(found: Board, key: str, fill_in: Callable[[TrainConfig], object]) -> None:
    """Draw the buttons that train what was found, or show its settings on the Train page.

    Args:
        found: what was tried.
        key: of the search.
        fill_in: takes settings for the widgets of the Train page.
    """
    if found.chosen is None:
        return
    with st.container(horizontal=True, key="use-search"):
        trains = st.button(
            t("Train with these settings: {time}", time=numbers.about(found.whole_s)),
            key="train-search",
            type="primary",
            icon=":material/play_arrow:",
        )
        shows = st.button(t("See them on Train"), key="show-search", icon=":material/tune:")
    token = tokens.click_token(clicked=trains)
    if trains or shows:
        with errors.shown():
            fill_in(searcher.settings(key))
            next_training.take_inputs(searcher.inputs(key))
            if shows:
                st.switch_page(page_files.TRAIN)
            state.choose_run(searcher.train(key, token))
            st.switch_page(page_files.RUNS)


def _table(found: Board) -> dict[str, list[object]]:
    spent = searcher.seconds_of(found)
    gains: list[object] = [_gain(one) for one in found.standings]
    return {
        t("Settings"): [t(words.of_candidate(one.candidate)) for one in found.standings],
        t("Tried"): [t(words.of_effort(one.best)) for one in found.standings],
        t("Right, validation"): [
            numbers.percent_within(one.best.level, one.best.low, one.best.high)
            for one in found.standings
        ],
        **({t("Over the exact solution, points"): gains} if any(gains) else {}),
        t("To be expected"): [numbers.percent(one.value) for one in found.standings],
        t("Took"): [numbers.duration(spent[one.candidate]) for one in found.standings],
    }


def _gain(one: Standing) -> str:
    if one.gain is None or one.gain_low is None or one.gain_high is None:
        return ""
    gain, low, high = (numbers.points(each) for each in (one.gain, one.gain_low, one.gain_high))
    return t("{gain} ({low} to {high})", gain=gain, low=low, high=high)
