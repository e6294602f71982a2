"""Test pictures with their answers, those first that cost the most."""

from collections.abc import Sequence

import streamlit as st

from pages.parts.shared import csv_download, gallery, numbers
from pages.parts.shared.tasks import judged_answers
from pages.parts.shared.words import t, tn

EXAMPLES = 24


def draw(run_id: str, stem: str, classes: Sequence[str]) -> None:
    """Draw the wrong answers with the highest loss first, or the right ones, the surest first.

    Args:
        run_id: whose answers they are.
        stem: how the file to download begins.
        classes: their names.
    """
    st.header(t("Examples"))
    answers = judged_answers.of_run(run_id)
    if not len(answers):
        st.caption(t("The answers to single pictures are not kept with this run."))
        return
    _untold(answers.untold())
    are_wrong = judged_answers.wants_wrong(run_id)
    rows = answers.wrong if are_wrong else answers.right
    st.caption(_order(are_wrong, len(rows)))
    gallery.draw(judged_answers.shown(answers, classes, row) for row in rows[:EXAMPLES])
    csv_download.draw(
        t("Download all answers"),
        judged_answers.table(answers, classes),
        f"{stem}-answers.csv",
        key="csv-answers",
    )


def _order(are_wrong: bool, count: int) -> str:
    """Say in which order the pictures stand, and how many of them are shown."""
    if not count:
        return t("None: every test picture was right.") if are_wrong else t("None.")
    if are_wrong:
        told = t(
            "Those that cost the most come first: it was sure, and wrong (this is called the loss). "
            "Now and then it is the label that is wrong."
        )
    else:
        told = t("Those that it was surest of come first.")
    if count > EXAMPLES:
        told += " " + t("{shown} of {all} shown.", shown=EXAMPLES, all=numbers.count(count))
    return told


def _untold(count: int) -> None:
    if count:
        st.warning(
            tn(
                "To {count} test picture the network gave no number at all (NaN): its training ran away. "
                "Train again at a lower learning rate.",
                "To {count} test pictures the network gave no number at all (NaN): its training ran away. "
                "Train again at a lower learning rate.",
                count,
            ),
            icon=":material/warning:",
        )
