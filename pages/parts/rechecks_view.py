"""How far one split can be believed: what a split with leaks would have claimed, and cross-validation."""

from typing import Any

import streamlit as st

from pages.parts import numbers
from pages.parts.words import t


def draw(metrics: dict[str, Any]) -> None:
    """Tell what was checked again beside a run's result: shares of classes, or R² of numbers."""
    claim, folds = metrics.get("naive"), metrics.get("folds")
    of_numbers = metrics.get("task") == "regress"
    plain, named = (numbers.hundredths, _r2) if of_numbers else (numbers.percent, numbers.percent)
    if claim:
        st.info(
            t(
                "The honest split kept {leaked} copies out of the test. Divided without a look at copies, "
                "the exact solution would have claimed {claimed}; honestly it reaches {honest}.",
                leaked=numbers.count(claim["leaked"]),
                claimed=named(claim["score"]),
                honest=named(metrics.get("closed_form_accuracy")),
            ),
            icon=":material/shield:",
        )
    if folds:
        st.markdown(
            t(
                "Cross-validated in {count} parts, the exact solution reaches {mean} ± {spread}: from {lowest} to {highest}.",
                count=len(folds["scores"]),
                mean=named(folds["mean"]),
                spread=plain(folds["spread"]),
                lowest=plain(min(folds["scores"])),
                highest=plain(max(folds["scores"])),
            ),
            help=t(
                "Every picture is judged once, by a head that did not learn from it. "
                "A wide spread says that one split alone tells little."
            ),
        )
    if of_numbers and (claim or folds):
        st.caption(
            t(
                "R² is 1 when every answer is exact and 0 when the answers are no better than the mean "
                "of all pictures. Where several numbers are learnt, it is the mean over them."
            )
        )


def _r2(score: float | None) -> str:
    return f"R² {numbers.hundredths(score)}"
