"""Which class was taken for which: in words, as a matrix, and the pictures of a pair of classes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from streamlit.components import v2 as components

from pages.parts.shared import gallery, numbers
from pages.parts.shared.tasks import chosen_pair, judged_answers
from pages.parts.shared.text import distinct, literal, shortened
from pages.parts.shared.words import t, tn
from tl_core.evaluation.class_answers import ClassAnswers
from tl_core.measures import confusions

FOLDER = Path(__file__).resolve().parents[4] / "assets" / "components"
HARDEST = 3
ALL_SHOWN = 24
"""More classes than this are too many for one matrix."""
AT_FIRST = 16
"""So many of them are shown until a person chooses others."""
BESIDE = 12
"""A matrix of up to so many classes leaves room for the pictures beside it."""
PICTURES = 12
NAME = 28

_component = components.component(
    "graft.confusion",
    html=(FOLDER / "confusion.html").read_text("utf-8"),
    css=(FOLDER / "confusion.css").read_text("utf-8"),
    js=(FOLDER / "confusion.js").read_text("utf-8"),
)


def draw(run_id: str, classes: Sequence[str], confusion: np.ndarray) -> None:
    """Draw the hardest pairs in words, the matrix, and the pictures of the pair that is chosen.

    Args:
        run_id: whose answers they are.
        classes: their names.
        confusion: int (classes, classes), a row is the truth, a column the answer.
    """
    st.header(t("What was taken for what"))
    # What a click changes is drawn anew, and nothing else of the page.
    st.fragment(_section)(run_id, classes, confusion)


def _section(run_id: str, classes: Sequence[str], confusion: np.ndarray) -> None:
    if not _hardest(run_id, classes, confusion):
        st.caption(t("Nothing was mistaken: every test picture was right."))
        if len(classes) > ALL_SHOWN:
            return
    numbers_of_classes = _members(run_id, classes, confusion)
    if len(numbers_of_classes) <= BESIDE:
        matrix, beside = st.columns([3, 2], gap="large")
    else:
        matrix, beside = st.container(), st.container()
    with matrix:
        _matrix(run_id, classes, confusion, numbers_of_classes)
    with beside:
        _pictures(run_id, classes, confusion)


def _hardest(run_id: str, classes: Sequence[str], confusion: np.ndarray) -> bool:
    """Draw the pairs with the most mistakes in words, each with a button; return whether there are any."""
    pairs = confusions.hardest_pairs(confusion, HARDEST)
    for place, pair in enumerate(pairs):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(_in_words(classes, confusion, pair), width="content")
            st.button(
                t("Show these pictures"),
                key=f"hard-{run_id}-{place}",
                icon=":material/photo_library:",
                type="tertiary",
                on_click=chosen_pair.choose,
                args=(run_id, (pair.first, pair.second)),
            )
    return bool(pairs)


def _in_words(classes: Sequence[str], confusion: np.ndarray, pair: confusions.Pair) -> str:
    first, second = (literal(shortened(classes[index])) for index in (pair.first, pair.second))
    told = tn(
        "“{first}” was taken for “{second}” {count} time in {all}",
        "“{first}” was taken for “{second}” {count} times in {all}",
        pair.taken,
        first=first,
        second=second,
        all=numbers.count(int(confusion[pair.first].sum())),
    )
    if not pair.back:
        return told + t(", never the other way round.")
    return told + tn(
        ", the other way round {count} time in {all}.",
        ", the other way round {count} times in {all}.",
        pair.back,
        all=numbers.count(int(confusion[pair.second].sum())),
    )


def _members(run_id: str, classes: Sequence[str], confusion: np.ndarray) -> list[int]:
    """Return which classes the matrix shows: all, or those a person chose of many."""
    if len(classes) <= ALL_SHOWN:
        return list(range(len(classes)))
    names = distinct(dict(enumerate(classes)), NAME)
    chosen = st.multiselect(
        t("Classes to look at"),
        list(names),
        default=confusions.most_confused(confusion, AT_FIRST),
        format_func=names.__getitem__,
        max_selections=ALL_SHOWN,
        key=f"confused-{run_id}",
        help=t("At first those that most mistakes are about. Type to search."),
    )
    st.caption(
        t(
            "Shown: {shown} of {all}. Mistakes for any other class are not in this matrix; "
            "every pair can be chosen below it.",
            shown=len(chosen),
            all=numbers.count(len(classes)),
        )
    )
    return sorted(chosen)


def _matrix(
    run_id: str, classes: Sequence[str], confusion: np.ndarray, members: Sequence[int]
) -> None:
    if not members:
        return
    are_shares = (
        st.segmented_control(
            t("In each cell"),
            [False, True],
            default=False,
            required=True,
            format_func={False: t("counts"), True: t("shares of the true class")}.__getitem__,
            key=f"in-shares-{run_id}",
        )
        is True
    )
    key = f"confusion-{run_id}"

    def choose() -> None:
        # Before the page is drawn anew: else the matrix would mark once more what was chosen before.
        if cell := st.session_state[key].cell:
            chosen_pair.choose(run_id, (int(cell[0]), int(cell[1])))

    _component(
        key=key,
        data=_drawn(classes, confusion, members, are_shares)
        | {"selected": chosen_pair.of(run_id), "words": _words()},
        on_cell_change=choose,
    )


def _drawn(
    classes: Sequence[str], confusion: np.ndarray, members: Sequence[int], are_shares: bool
) -> dict[str, Any]:
    """Return the matrix of some classes: its names and every cell that holds a picture."""
    names = distinct({index: classes[index] for index in members}, NAME)
    part = confusion[np.ix_(members, members)]
    shares = part / np.maximum(confusion[members].sum(axis=1, keepdims=True), 1)
    return {
        "classes": list(names.values()),
        "numbers": list(members),
        "cells": [
            [
                int(row),
                int(column),
                numbers.percent(shares[row, column])
                if are_shares
                else numbers.count(int(part[row, column])),
                float(shares[row, column]),
                int(part[row, column]),
            ]
            for row, column in np.argwhere(part)
        ],
    }


def _words() -> dict[str, str]:
    return {
        "title": t("Confusion matrix: which class was taken for which"),
        "answer": t("answer →"),
        "truth": t("truth ↓"),
        "wrong": t("{truth} taken for {answer}: {count}"),
        "right": t("{truth} recognised: {count}"),
    }


def _pictures(run_id: str, classes: Sequence[str], confusion: np.ndarray) -> None:
    """Draw the choice of a pair, which a click on the matrix makes, too, and its pictures."""
    pairs = confusions.kinds_of_mistakes(confusion)
    pairs += [(index, index) for index in np.flatnonzero(confusion.diagonal()).tolist()]
    if not pairs:
        return
    if chosen_pair.of(run_id) not in pairs:
        chosen_pair.choose(run_id, pairs[0])
    told = {pair: _pair_name(classes, confusion, pair) for pair in pairs}
    pair = st.selectbox(
        t("Pictures of"),
        pairs,
        format_func=distinct(told, 90).__getitem__,
        key=chosen_pair.key(run_id),
        help=t("Or click on a number in the matrix."),
    )
    answers = judged_answers.of_run(run_id)
    if not len(answers):
        st.caption(t("The answers to single pictures are not kept with this run."))
        return
    _of_pair(answers, classes, *pair)
    truth, answer = pair
    if truth != answer and confusion[answer, truth]:
        st.markdown(f"**{literal(_pair_name(classes, confusion, (answer, truth)))}**")
        _of_pair(answers, classes, answer, truth)


def _pair_name(classes: Sequence[str], confusion: np.ndarray, pair: tuple[int, int]) -> str:
    truth, answer = (shortened(classes[index], NAME) for index in pair)
    count = numbers.count(int(confusion[pair]))
    if pair[0] == pair[1]:
        return t("{truth} recognised: {count}", truth=truth, count=count)
    return t("{truth} taken for {answer}: {count}", truth=truth, answer=answer, count=count)


def _of_pair(answers: ClassAnswers, classes: Sequence[str], truth: int, answer: int) -> None:
    rows = answers.taken(truth, answer)
    gallery.draw(judged_answers.shown(answers, classes, row) for row in rows[:PICTURES])
    if len(rows) > PICTURES:
        st.caption(
            t(
                "{shown} of {all} shown: those with the highest loss.",
                shown=PICTURES,
                all=numbers.count(len(rows)),
            )
        )
