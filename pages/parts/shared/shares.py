"""Shares beside a run's result, written with the digits that its interval allows."""

from collections.abc import Mapping
from typing import Any

from pages.parts.shared import numbers


def within(metrics: Mapping[str, Any], score: float) -> str:
    """Return "81 % ± 4" or "100 % (89–100 %)" where the interval is known, else "81 %"."""
    test = metrics.get("test") or {}
    if "accuracy_low" not in test:
        return numbers.percent(score)
    return numbers.percent_within(score, test["accuracy_low"], test["accuracy_high"])


def digits(metrics: Mapping[str, Any]) -> int:
    """Return how many decimals of a percent the shares beside a result are told with."""
    test = metrics.get("test") or {}
    if "accuracy_low" not in test:
        return 0
    return numbers.digits_of(test["accuracy_low"], test["accuracy_high"])


def of_folds(folds: Mapping[str, Any]) -> dict[str, str]:
    """Return what cross-validation came to, in percent: mean, spread, lowest and highest."""
    return {
        "mean": numbers.percent(folds["mean"]),
        "spread": f"{100 * folds['spread']:.0f}",
        "lowest": numbers.percent(min(folds["scores"])),
        "highest": numbers.percent(max(folds["scores"])),
    }


def whole_percent(share: float | None) -> int | None:
    """Return a share as a column of percents shows it; None where it is not known."""
    return None if share is None else round(100 * share)
