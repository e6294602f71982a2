"""The pictures on which two runs differ: what one gets right and the other wrong."""

import streamlit as st

from pages.parts.shared import csv_download, gallery
from pages.parts.shared.tasks import registry
from pages.parts.shared.text import literal, shortened
from pages.parts.shared.words import t, tn
from tl_core.evaluation import comparison_table
from tl_core.evaluation.comparison import Comparison, TestAnswers
from tl_core.jobs.predictor import Prediction

SHOWN = 12


def draw(
    found: Comparison,
    first: TestAnswers,
    second: TestAnswers,
    names: tuple[str, str],
    *,
    key: str,
    dataset_id: str,
) -> None:
    """Draw how many pictures each does better on, and those that a person chooses to see.

    Args:
        found: what came of the comparison.
        first: answers of the run that others are held against.
        second: answers of the other.
        names: of the two.
        key: of the widgets.
        dataset_id: whose panels put answers into words.
    """
    sides = {"second": (names[1], found.won), "first": (names[0], found.lost)}
    if found.both is not None and found.neither is not None:
        st.caption(
            " · ".join(
                (
                    tn(
                        "{count} picture right in both",
                        "{count} pictures right in both",
                        found.both,
                    ),
                    tn("{count} wrong in both", "{count} wrong in both", found.neither),
                )
            )
        )
    shown = st.segmented_control(
        t("Show pictures where"),
        list(sides),
        format_func=lambda side: t(
            "only {name} is right ({count})"
            if found.both is not None
            else "{name} is nearer ({count})",
            name=literal(shortened(sides[side][0], 24)),
            count=len(sides[side][1]),
        ),
        key=f"compare-pictures-{key}",
    )
    csv_download.draw(
        t("Download both answers to each picture"),
        lambda: comparison_table.columns(first, second, found),
        "comparison.csv",
        key=f"csv-{key}",
    )
    if shown is None:
        return
    places = sides[shown][1]
    if not len(places):
        st.caption(t("None."))
        return
    gallery.draw(_picture(found, first, second, names, int(place)) for place in places[:SHOWN])
    if len(places) > SHOWN:
        st.caption(t("{shown} of {all} shown.", shown=SHOWN, all=len(places)))


def _picture(
    found: Comparison,
    first: TestAnswers,
    second: TestAnswers,
    names: tuple[str, str],
    place: int,
) -> gallery.Shown:
    one, other = map(int, found.rows[place])
    caption = t(
        "{first} says {this}, {second} says {that}",
        first=shortened(names[0], 24),
        this=_in_short(first, one),
        second=shortened(names[1], 24),
        that=_in_short(second, other),
    )
    return gallery.Shown(str(first.pictures[one]), caption, caption)


def _in_short(answers: TestAnswers, row: int) -> str:
    told = Prediction(**answers.fields(row))
    return shortened(registry.get(answers.task.kind).in_short(told), 40)
