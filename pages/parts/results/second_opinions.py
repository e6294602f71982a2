"""How far one split can be believed: what a split with leaks would have claimed, and cross-validation."""

from typing import Any

import streamlit as st

from pages.parts.shared import datasets, numbers
from pages.parts.shared.tasks import registry
from pages.parts.shared.tasks.panels import Panels
from pages.parts.shared.words import t, tn
from tl_core import store


def draw(run: store.RunRow) -> None:
    """Show what was measured a second time beside a run's result: a split with leaks, and cross-validation."""
    metrics = run.metrics or {}
    claim, folds = metrics.get("naive"), metrics.get("folds")
    panels = registry.of_run(run)
    leaked = _leaked(run, claim) if claim else 0
    if claim and leaked:
        st.info(_claimed(panels, metrics, claim, leaked), icon=":material/shield:")
    if folds:
        st.markdown(
            t(
                "Cross-validated in {count} parts, the exact solution reaches {mean} ± {spread}: from {lowest} to {highest}.",
                count=len(folds["scores"]),
                **panels.fold_scores(folds),
            ),
            help=t(
                "Every picture is judged once, by a head that did not learn from it. "
                "A wide spread says that one split alone tells little."
            ),
        )
    about = panels.about_scores()
    if about and ((claim and leaked) or folds):
        st.caption(about)


def _leaked(run: store.RunRow, claim: dict[str, Any]) -> int:
    """Return how many pictures of the run's own version would have leaked.

    Runs of older versions of Graft kept the number of an earlier version, whose copies an edit
    may have left out since.
    """
    dataset = datasets.loaded(run.dataset_id)
    if dataset.naive is None or dataset.split is None:
        return int(claim["leaked"])
    return len(datasets.leaked(run.dataset_id))


def _claimed(panels: Panels, metrics: dict[str, Any], claim: dict[str, Any], leaked: int) -> str:
    """Say what a split without a look at copies claims: more than it should, or no more this time."""
    honest = metrics.get("closed_form_accuracy")
    claimed, reached = (panels.score(metrics, each) for each in (claim["score"], honest))
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
