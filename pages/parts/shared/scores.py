"""A run's result in a few words, for lists, choices, cards and the moment it is finished."""

from typing import Any

from pages.parts.shared import numbers
from pages.parts.shared.words import t, tn
from tl_core.store import store


def short(run: store.RunRow) -> str:
    """Return "81 % ± 4 right" or "R² 0.45", nothing for a run without a result."""
    metrics = run.metrics or {}
    score = metrics.get("test_accuracy")
    if score is None:
        return ""
    if metrics.get("task") == "regress":
        return f"R² {numbers.hundredths(score)}"
    return t("{share} right", share=within(metrics, score))


def sentence(run: store.RunRow) -> str:
    """Return what came of a run in one sentence of Markdown, nothing without a result.

    It gives the very numbers of `short`.
    """
    metrics = run.metrics or {}
    score = metrics.get("test_accuracy")
    if score is None:
        return ""
    if metrics.get("task") == "regress":
        return _of_numbers(metrics, score)
    return t(
        "On pictures it had never seen, it is right {share} of the time.",
        share=f"**{within(metrics, score)}**",
    )


def within(metrics: dict[str, Any], score: float) -> str:
    """Return "81 % ± 4" or "100 % (89–100 %)" where the interval is known, else "81 %"."""
    test = metrics.get("test") or {}
    if "accuracy_low" not in test:
        return numbers.percent(score)
    return numbers.percent_within(score, test["accuracy_low"], test["accuracy_high"])


def digits(metrics: dict[str, Any]) -> int:
    """Return how many decimals of a percent the shares beside a result are told with."""
    test = metrics.get("test") or {}
    if "accuracy_low" not in test:
        return 0
    return numbers.digits_of(test["accuracy_low"], test["accuracy_high"])


def _of_numbers(metrics: dict[str, Any], score: float) -> str:
    """Say how much of the differences the numbers explain; of several numbers the mean."""
    r2 = f"R² {numbers.hundredths(score)}"
    targets = len((metrics.get("test") or {}).get("targets") or ())
    if targets > 1:
        return tn(
            "On pictures it had never seen: **{r2}**, the mean over its {count} number. 1 is exact, 0 no better than the mean of all pictures.",
            "On pictures it had never seen: **{r2}**, the mean over its {count} numbers. 1 is exact, 0 no better than the mean of all pictures.",
            targets,
            r2=r2,
        )
    if score <= 0:
        return t(
            "On pictures it had never seen, its numbers are no better than the mean of all pictures (**{r2}**).",
            r2=r2,
        )
    return t(
        "On pictures it had never seen, its numbers explain {share} of the differences ({r2}).",
        share=f"**{numbers.percent(score)}**",
        r2=r2,
    )
