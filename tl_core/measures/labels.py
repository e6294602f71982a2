"""What a model is worth that says of each of several labels whether a picture shows it.

Arrays throughout: `truth` bool (n, labels), `probabilities` float (n, labels), each between 0 and 1.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tl_core.measures import intervals, label_intervals, label_pairs, ranking_curves
from tl_core.measures.average_precision import average_precision
from tl_core.measures.class_intervals import ends

HALF = 0.5


def mean_average_precision(truth: np.ndarray, scores: np.ndarray) -> float | None:
    """Return the mean over the labels that any picture shows; None where none does."""
    known = np.flatnonzero(truth.any(axis=0))
    each = [average_precision(truth[:, label], scores[:, label]) for label in known]
    return float(np.mean(np.array(each, np.float64))) if each else None


def thresholds(truth: np.ndarray, probabilities: np.ndarray) -> tuple[float, ...]:
    """Return for each label from which probability on giving it makes the highest F1.

    Of several that are as good the nearest to one half; one half for a label that no picture shows.
    """
    return tuple(
        _threshold(truth[:, label], probabilities[:, label].astype(np.float64))
        for label in range(truth.shape[1])
    )


def _threshold(truth: np.ndarray, probabilities: np.ndarray) -> float:
    if not truth.any():
        return HALF
    levels = np.unique(probabilities)[::-1]
    between = np.concatenate(((levels[:-1] + levels[1:]) / 2, levels[-1:] / 2, [HALF]))
    given, right = (_from(some, between) for some in (probabilities, probabilities[truth]))
    f1 = 2 * right / (given + truth.sum())
    best = between[f1 >= f1.max() - 1e-12]
    return float(best[np.argmin(np.abs(best - HALF))])


def _from(probabilities: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return how many probabilities reach each level; a table of all pairs would fill the memory."""
    return len(probabilities) - np.searchsorted(np.sort(probabilities), levels, side="left")


def f1(right: np.ndarray, given: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Return 2 · right / (given + true), 0 where nothing is given or true."""
    return 2 * right / np.maximum(given + true, 1e-12)


def summary(
    truth: np.ndarray,
    probabilities: np.ndarray,
    labels: Sequence[str],
    levels: Sequence[float] = (),
    usual: np.ndarray | None = None,
    groups: np.ndarray | None = None,
) -> dict[str, Any]:
    """Return everything that is reported of a model that gives labels, for JSON.

    Args:
        truth: bool (n, labels).
        probabilities: float (n, labels).
        labels: their names.
        levels: from which probability on each is given; one half when empty.
        usual: bool (labels,), the labels that a guess would always give; None for no baseline.
        groups: (n,), equal for pictures that belong together; intervals rest on these.

    Returns:
        Shares between 0 and 1: `map` (mean average precision), `micro_f1` and `macro_f1`, each with
        `_low`, `_high` and `_baseline`; `exact`, pictures with all labels right and none too many;
        `per_label`, one row for each, with intervals of its shares; and `mixed_up`,
        see `label_pairs.mixed_up`.
    """
    if truth.shape != probabilities.shape or truth.shape[1:] != (len(labels),):
        raise ValueError(
            f"truth and probabilities must both have shape (n, {len(labels)}); "
            f"received {truth.shape} and {probabilities.shape}"
        )
    if len(truth) == 0:
        return {"count": 0, "map": None, "map_low": 0.0, "map_high": 1.0}
    level = np.array(levels if len(levels) else [HALF] * len(labels))
    given = probabilities >= level
    told = _told(truth, probabilities, given)
    count = intervals.group_count(groups, len(truth))
    rows = _per_label(truth, probabilities, given, labels, level, groups)
    guess = np.zeros_like(truth) | (usual if usual is not None else False)
    baseline = _f1s(truth, guess)
    return {
        "count": len(truth),
        **({} if count == len(truth) else {"groups": _grouped(groups, count)}),
        **{name: float(value) for name, value in told.items() if np.isfinite(value)},
        **({} if np.isfinite(told["map"]) else {"map": None}),
        **label_intervals.of_labels(truth, probabilities, given, groups),
        "interval_methods": dict(label_intervals.METHODS),
        "map_baseline": float(truth.mean(axis=0)[truth.any(axis=0)].mean())
        if truth.any()
        else None,
        "micro_f1_baseline": baseline["micro_f1"],
        "macro_f1_baseline": baseline["macro_f1"],
        "baseline_labels": [name for name, gives in zip(labels, guess[0], strict=True) if gives],
        "exact": float((given == truth).all(axis=1).mean()),
        "per_label": rows,
        "mixed_up": label_pairs.mixed_up(truth, given, groups),
    }


def usual_labels(truth: np.ndarray) -> np.ndarray:
    """Return bool (labels,): the commonest labels that, always given, reach the highest micro F1."""
    counts = truth.sum(axis=0)
    order = np.argsort(-counts, kind="stable")
    given = np.arange(1, len(order) + 1) * max(1, len(truth))
    best = int(np.argmax(f1(np.cumsum(counts[order]), given, counts.sum())))
    usual = np.zeros(len(order), bool)
    usual[order[: best + 1]] = True
    return usual


def _grouped(groups: np.ndarray | None, count: int) -> dict[str, Any]:
    assert groups is not None
    return {"count": count, "largest": int(np.unique_counts(groups).counts.max())}


def _told(truth: np.ndarray, probabilities: np.ndarray, given: np.ndarray) -> dict[str, float]:
    mean = mean_average_precision(truth, probabilities)
    return {"map": float("nan") if mean is None else mean, **_f1s(truth, given)}


def _f1s(truth: np.ndarray, given: np.ndarray) -> dict[str, float]:
    """Return micro and macro F1; labels that no picture shows do not count."""
    right, gave, true = (
        table.sum(axis=0, dtype=np.float64) for table in (truth & given, given, truth)
    )
    micro = f1(right.sum(), gave.sum(), true.sum())
    each = f1(right, gave, true)[truth.any(axis=0)]
    return {"micro_f1": float(micro), "macro_f1": float(each.mean()) if len(each) else 0.0}


def _per_label(
    truth: np.ndarray,
    probabilities: np.ndarray,
    given: np.ndarray,
    labels: Sequence[str],
    levels: np.ndarray,
    groups: np.ndarray | None,
) -> list[dict[str, Any]]:
    right, gave, true = ((table).sum(axis=0) for table in (truth & given, given, truth))
    return [
        {
            "label": name,
            "support": int(true[k]),
            "predicted": int(gave[k]),
            "right": int(right[k]),
            "precision": float(right[k] / gave[k]) if gave[k] else None,
            "recall": float(right[k] / true[k]) if true[k] else None,
            "f1": float(f1(right[k], gave[k], true[k])),
            "average_precision": average_precision(truth[:, k], probabilities[:, k]),
            **_ranked(truth[:, k], probabilities[:, k], groups),
            "threshold": float(levels[k]),
            **_within("precision", truth[:, k], given[:, k], groups),
            **_within("recall", given[:, k], truth[:, k], groups),
        }
        for k, name in enumerate(labels)
    ]


def _ranked(
    shows: np.ndarray, scores: np.ndarray, groups: np.ndarray | None
) -> dict[str, float | None]:
    """Return the interval of a label's average precision; None where all pictures show it, or none."""
    if not 0 < int(shows.sum()) < len(shows):
        return ends("average_precision", None)
    area = ranking_curves.ranking(shows, scores, groups).average_precision()
    return ends("average_precision", area.interval)


def _within(
    name: str, is_so: np.ndarray, of: np.ndarray, groups: np.ndarray | None
) -> dict[str, float | None]:
    """Return the interval of a share of the pictures `of`, bool (n,); None where there are none."""
    if not of.any():
        return {f"{name}_low": None, f"{name}_high": None}
    interval = intervals.share(is_so[of], None if groups is None else groups[of]).interval
    return {f"{name}_low": interval.low, f"{name}_high": interval.high}
