"""What twenty more pictures of each class would bring: a table, the highest gain first."""

import streamlit as st

from pages.parts.shared import datasets, numbers, tables
from pages.parts.shared.text import literal, shortened
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.base.said import Said
from tl_core.evaluation import coach
from tl_core.evaluation.class_gains import MORE
from tl_core.evaluation.collecting import Collected

HEIGHT_PX = 520
WHY_NONE = {
    "many": Said(
        "There are too many classes or pictures to tell in two minutes of which class more would help most."
    ),
    "few": Said("The classes have too few pictures to tell of which more would help most."),
}


def draw(run: store.RunRow, found: Collected) -> None:
    """Draw the gain of every class with its interval, and say which cannot be told apart."""
    names = datasets.loaded(run.dataset_id).classes
    if not found.classes:
        if found.no_classes in WHY_NONE:
            st.caption(t(WHY_NONE[found.no_classes]))
        return
    are_labels = found.gain_of == "average_precision"
    st.subheader(
        tn("{count} more picture of one label", "{count} more pictures of one label", MORE)
        if are_labels
        else tn("{count} more picture of one class", "{count} more pictures of one class", MORE)
    )
    st.markdown(_ranking(found, names))
    table = _of_labels(found, names) if are_labels else _of_classes(found, names)
    st.dataframe(
        table,
        hide_index=True,
        width="stretch",
        height=tables.height_px(len(found.classes), HEIGHT_PX),
    )
    st.caption(_about(found, names, are_labels=are_labels))


def _of_classes(found: Collected, names: tuple[str, ...]) -> dict[str, list[object]]:
    return {
        t("Class"): [names[gain.label] for gain in found.classes],
        t("Learnt from"): [gain.learnt for gain in found.classes],
        t("All classes"): [numbers.points(gain.gain) for gain in found.classes],
        t("8 of 10 cases"): _ranges(found),
        t("This class"): [
            "–" if gain.recall_gain is None else numbers.points(gain.recall_gain)
            for gain in found.classes
        ],
    }


def _of_labels(found: Collected, names: tuple[str, ...]) -> dict[str, list[object]]:
    return {
        t("Label"): [names[gain.label] for gain in found.classes],
        t("Learnt from"): [gain.learnt for gain in found.classes],
        t("Average precision"): [numbers.points(gain.gain) for gain in found.classes],
        t("8 of 10 cases"): _ranges(found),
    }


def _ranges(found: Collected) -> list[object]:
    return [f"{numbers.points(gain.low)} … {numbers.points(gain.high)}" for gain in found.classes]


def _about(found: Collected, names: tuple[str, ...], *, are_labels: bool) -> str:
    """Say of what the gains are, how they were measured, and how many labels are left out."""
    if not are_labels:
        return t(
            "In points: of accuracy on all test pictures, in the mean and for one training with its luck, and of the share of "
            "the class's own that are right. Measured by taking pictures away, and turned into what as many more bring by the "
            "law of the curve."
        )
    told = t(
        "In points of the label's own average precision: in the mean, and for one training with its luck. Measured by not "
        "counting pictures for that label, and turned into what as many more bring by the law of the curve. What the same "
        "pictures bring to other labels that they show is not counted."
    )
    if left_out := len(names) - len(found.classes):
        told += " " + tn(
            "{count} label is left out: too few pictures show it.",
            "{count} labels are left out: too few pictures show them.",
            left_out,
        )
    return told


def _ranking(found: Collected, names: tuple[str, ...]) -> str:
    """Say which class gains most, with those that cannot be told apart from it."""
    leaders = coach.leaders(found.classes)
    if not leaders:
        return t(
            "None stands out for certain: among so many, chance alone may put one of them first."
        )
    if len(leaders) == 1:
        return t(
            "More pictures of {name} help most.",
            name=f"**{literal(shortened(names[leaders[0].label]))}**",
        )
    return tn(
        "More pictures of {names} help most; this {count} cannot be told apart.",
        "More pictures of {names} help most; these {count} cannot be told apart.",
        len(leaders),
        names=", ".join(f"**{literal(shortened(names[gain.label]))}**" for gain in leaders),
    )
