"""What twenty more pictures of each class would bring: a table, the highest gain first."""

import streamlit as st

from pages.parts.shared import datasets, numbers
from pages.parts.shared.text import literal, shortened
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.base.said import Said
from tl_core.evaluation import coach
from tl_core.evaluation.class_gains import MORE
from tl_core.evaluation.collecting import Collected

WHY_NONE = {
    "many": Said(
        "There are too many classes or pictures to tell in two minutes of which class more would help most."
    ),
    "few": Said("The classes have too few pictures to tell of which more would help most."),
    "labels": Said(
        "Of which label more pictures would help most is not told: most pictures have several, so none can be taken "
        "away for one label alone. Look for labels that are found seldom under “Label by label”."
    ),
}


def draw(run: store.RunRow, found: Collected) -> None:
    """Draw the gain of every class with its interval, and say which cannot be told apart."""
    names = datasets.loaded(run.dataset_id).classes
    if not found.classes:
        # What has no class for each picture has several, or numbers, of which nothing is to be said.
        why = "labels" if found.no_classes == "task" and names else found.no_classes
        if why in WHY_NONE:
            st.caption(t(WHY_NONE[why]))
        return
    st.subheader(
        tn("{count} more picture of one class", "{count} more pictures of one class", MORE)
    )
    st.markdown(_ranking(found, names))
    st.dataframe(
        {
            t("Class"): [names[gain.label] for gain in found.classes],
            t("Learnt from"): [gain.learnt for gain in found.classes],
            t("All classes"): [numbers.points(gain.gain) for gain in found.classes],
            t("8 of 10 cases"): [
                f"{numbers.points(gain.low)} … {numbers.points(gain.high)}"
                for gain in found.classes
            ],
            t("This class"): [
                "–" if gain.recall_gain is None else numbers.points(gain.recall_gain)
                for gain in found.classes
            ],
        },
        hide_index=True,
        width="stretch",
    )
    st.caption(
        t(
            "In points: of accuracy on all test pictures, in the mean and for one training with its luck, and of the share of "
            "the class's own that are right. Measured by taking pictures away, and turned into what as many more bring by the "
            "law of the curve."
        )
    )


def _ranking(found: Collected, names: tuple[str, ...]) -> str:
    """Say which class gains most, with those that cannot be told apart from it."""
    leaders = coach.leaders(found.classes)
    if not leaders:
        return t(
            "No class stands out for certain: among so many, chance alone may put one of them first."
        )
    if len(leaders) == 1:
        return t(
            "More pictures of {name} help most.",
            name=f"**{literal(shortened(names[leaders[0].label]))}**",
        )
    return tn(
        "More pictures of {names} help most; this {count} class cannot be told apart.",
        "More pictures of {names} help most; these {count} classes cannot be told apart.",
        len(leaders),
        names=", ".join(f"**{literal(shortened(names[gain.label]))}**" for gain in leaders),
    )
