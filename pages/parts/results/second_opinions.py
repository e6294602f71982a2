"""How far one split can be believed: what a split with leaks would have claimed, and cross-validation."""

from typing import Any

import streamlit as st

from pages.parts.shared import datasets, numbers, scores
from pages.parts.shared.words import t, tn
from tl_core.store import store


def draw(run: store.RunRow) -> None:
    """Show what was measured a second time beside a run's result: a split with leaks, and cross-validation."""
    metrics = run.metrics or {}
    claim, folds = metrics.get("naive"), metrics.get("folds")
    of_numbers = metrics.get("task") == "regress"
    leaked = _leaked(run, claim) if claim else 0
    if claim and leaked:
        st.info(_claimed(metrics, claim, leaked), icon=":material/shield:")
    if folds:
        plain = numbers.hundredths if of_numbers else numbers.percent
        named = _r2 if of_numbers else numbers.percent
        st.markdown(
            t(
                "Cross-validated in {count} parts, the exact solution reaches {mean} ± {spread}: from {lowest} to {highest}.",
                count=len(folds["scores"]),
                mean=named(folds["mean"]),
                spread=numbers.hundredths(folds["spread"])
                if of_numbers
                else f"{100 * folds['spread']:.0f}",
                lowest=plain(min(folds["scores"])),
                highest=plain(max(folds["scores"])),
            ),
            help=t(
                "Every picture is judged once, by a head that did not learn from it. "
                "A wide spread says that one split alone tells little."
            ),
        )
    if of_numbers and ((claim and leaked) or folds):
        st.caption(
            t(
                "R² is 1 when every answer is exact and 0 when the answers are no better than the mean "
                "of all pictures. Where several numbers are learnt, it is the mean over them."
            )
        )


def _leaked(run: store.RunRow, claim: dict[str, Any]) -> int:
    """Return how many pictures of the run's own version would have leaked.

    Runs of older versions of Graft kept the number of an earlier version, whose copies an edit
    may have left out since.
    """
    dataset = datasets.loaded(run.dataset_id)
    if dataset.naive is None or dataset.split is None:
        return int(claim["leaked"])
    return len(datasets.leaked(run.dataset_id))


def _claimed(metrics: dict[str, Any], claim: dict[str, Any], leaked: int) -> str:
    """Say what a split without a look at copies claims: more than it should, or no more this time."""
    honest = metrics.get("closed_form_accuracy")
    if metrics.get("task") == "regress":
        claimed, reached = _r2(claim["score"]), _r2(honest)
    else:
        digits = scores.digits(metrics)
        claimed, reached = (numbers.percent(share, digits) for share in (claim["score"], honest))
    kept = tn(
        "The honest split kept {number} copy out of the test.",
        "The honest split kept {number} copies out of the test.",
        leaked,
        number=numbers.count(leaked),
    )
    if honest is not None and (claim["score"] <= honest or claimed == reached):
        told = t(
            "Divided without a look at copies, the exact solution would have reached {claimed}, and honestly "
            "it reaches {honest}: this time the copies flattered nothing. Each is judged by other pictures, so "
            "they differ a little by chance.",
            claimed=claimed,
            honest=reached,
        )
    else:
        told = t(
            "Divided without a look at copies, the exact solution would have claimed {claimed}; "
            "honestly it reaches {honest}.",
            claimed=claimed,
            honest=reached,
        )
    return f"{kept} {told}"


def _r2(score: float | None) -> str:
    return f"R² {numbers.hundredths(score)}"
