"""What several tasks say alike: flaws of what comes from elsewhere, tables, lines of text."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tl_core.base.said import Said
from tl_core.tasks.task import Reply, Rules, Truths

PROBABILITY_DIGITS = 4


def flaw_of_classes(truths: Truths) -> str:
    """Return what does not fit together in classes of unknown origin, "" for nothing."""
    if not truths.classes or truths.targets:
        # Numbers without a column of their own come here too: they set no task at all.
        both = bool(truths.classes) == bool(truths.targets)
        told = "it has to have either classes or numbers", "its numbers do not fit its columns"
        return Said(told[0] if both else told[1])
    if len(set(truths.classes)) != len(truths.classes):
        return Said("two classes have one name")
    most = len(truths.classes)
    is_odd = any(label >= most for label in truths.labels)
    return Said("a picture has a class that is none") if is_odd else ""


def flaw_of_rules(rules: Rules, allowed: Rules) -> str:
    """Return why a model cannot have these rules, where it may have `allowed` ones; "" where it can."""
    if rules.log != allowed.log:
        return Said("its logarithms do not fit its numbers")
    if rules.thresholds != allowed.thresholds:
        return Said("its thresholds do not fit its labels")
    if rules.temperature != allowed.temperature:
        return Said("its numbers have a temperature")
    if rules.promises != allowed.promises:
        return Said("its promises do not fit its answers")
    return ""


def named(names: Sequence[str], row: np.ndarray) -> dict[str, float]:
    """Return the outputs of one answer by their names."""
    return dict(zip(names, (float(value) for value in row), strict=True))


def probability_columns(answers: Sequence[Reply]) -> dict[str, list[object]]:
    """Return the probability of every class as columns of a table."""
    return {
        f"probability of {name}": [
            round(answer.probabilities[name], PROBABILITY_DIGITS) for answer in answers
        ]
        for name in answers[0].probabilities
    }


def rests_on(summary: Mapping[str, Any]) -> list[str]:
    """Return in words that test pictures belong together, where any do."""
    groups = summary.get("groups")
    if not groups:
        return []
    told = f"the interval allows for pictures that belong together: they come in {groups['count']} groups"
    if "effective" in groups:
        told += f" and tell as much as {groups['effective']:.0f} pictures on their own"
    return [told]


def number_or_dash(value: float | None) -> str:
    """Return a number with three decimals, a dash where there is none."""
    return "–" if value is None else f"{value:.3f}"


def of_certainty(summary: Mapping[str, Any]) -> list[str]:
    """Return the other numbers with their intervals, as far as a run kept or could be given them."""
    methods = summary.get("interval_methods", {})
    titles = {
        "balanced_accuracy": "balanced accuracy",
        "macro_f1": "macro F1",
        "log_loss": "log loss",
        "brier": "Brier score",
    }
    lines = [
        f"{title}: {summary[name]:.3f} (95 % interval {summary[f'{name}_low']:.3f} to "
        f"{summary[f'{name}_high']:.3f}, {methods[name]})"
        for name, title in titles.items()
        if summary.get(name) is not None and summary.get(f"{name}_low") is not None
    ]
    if certainty := summary.get("certainty"):
        ece = certainty["ece"]
        lines.append(
            f"calibration error less chance: {ece['debiased']:.3f} (95 % interval {ece['low']:.3f} "
            f"to {ece['high']:.3f}), temperature {certainty['temperature']:.3g}"
        )
    lines += [
        f"promised {one['coverage']:.0%}: the truth is among the answer for {one['covered']:.1%} "
        f"(95 % interval {one['covered_low']:.1%} to {one['covered_high']:.1%}), "
        f"{one['size']:.2f} classes on average"
        for one in summary.get("sets", ())
    ]
    return lines


def share_between(summary: Mapping[str, Any], name: str) -> str:
    """Return the interval of a mean over labels in words, or why there is none."""
    low, high = summary[f"{name}_low"], summary[f"{name}_high"]
    if low is None or high is None:
        return "no interval: too few test pictures show the rarest label"
    return f"95 % interval {low:.1%} to {high:.1%}"
