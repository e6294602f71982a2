"""A run's result in a few words, for lists, choices and the moment it is finished."""

from typing import Any

from pages.parts import numbers
from pages.parts.words import t
from tl_core.runs import store


def short(run: store.RunRow) -> str:
    """Return "81 % right" or "R² 0.45", nothing for a run without a result."""
    metrics = run.metrics or {}
    score = metrics.get("test_accuracy")
    if score is None:
        return ""
    if metrics.get("task") == "regress":
        return f"R² {score:.2f}"
    return t("{share} right", share=_within(metrics, score))


def sentence(run: store.RunRow) -> str:
    """Return what came of a run in one sentence of Markdown, nothing without a result."""
    metrics = run.metrics or {}
    score = metrics.get("test_accuracy")
    if score is None:
        return ""
    if metrics.get("task") == "regress":
        return t(
            "On pictures it had never seen, its numbers explain {share} of the differences (R²).",
            share=f"**{numbers.percent(max(score, 0.0))}**",
        )
    return t(
        "On pictures it had never seen, it is right {share} of the time.",
        share=f"**{_within(metrics, score)}**",
    )


def _within(metrics: dict[str, Any], score: float) -> str:
    """Return "81 % ± 4" where the interval is known."""
    test = metrics.get("test") or {}
    if "accuracy_low" not in test:
        return numbers.percent(score)
    return numbers.percent_within(score, test["accuracy_low"], test["accuracy_high"])
