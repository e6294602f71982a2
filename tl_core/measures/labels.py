"""What a model is worth that says of each of several labels whether a picture shows it.

Arrays throughout: `truth` bool (n, labels), `probabilities` float (n, labels), each between 0 and 1.

scikit-learn's average precision takes equal scores as one step, which flatters a model that gives
everything the same; and it is worked out here for hundreds of weightings at once, for the
intervals. Without ties `tests/measures/test_against_libraries.py` finds them equal.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tl_core.measures import intervals

DRAWS = 300
AT_ONCE = 50
"""Draws that are worked out together, for memory's sake."""
HALF = 0.5
ALIKE = 1e-9
"""Measures that lie closer together are the same but for rounding."""


def average_precision(truth: np.ndarray, scores: np.ndarray) -> float | None:
    """Return the mean of the precision at every true picture, ranked by score; None without any.

    Args:
        truth: bool (n,).
        scores: float (n,).

    Reference:
        Zhu 2004, Recall, precision and average precision.
    """
    if not truth.any():
        return None
    return float(_precisions(truth[:, None], scores[:, None], np.ones((1, len(truth))))[0, 0])


def mean_average_precision(truth: np.ndarray, scores: np.ndarray) -> float | None:
    """Return the mean over the labels that any picture shows; None where none does."""
    known = truth.any(axis=0)
    if not known.any():
        return None
    ones = np.ones((1, len(truth)))
    return float(_precisions(truth[:, known], scores[:, known], ones).mean())


def _precisions(truth: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the average precision of each label, float (draws, labels), NaN where none is true.

    Args:
        truth: bool (n, labels).
        scores: float (n, labels).
        weights: float (draws, n), how often each picture counts.
    """
    found = np.empty((len(weights), truth.shape[1]))
    for label in range(truth.shape[1]):
        # Of equal scores the false come first: no order among them may flatter.
        order = np.lexsort((truth[:, label], -scores[:, label].astype(np.float64)))
        drawn = weights[:, order]
        hits = drawn * truth[order, label]
        precision = np.cumsum(hits, axis=1) / np.maximum(np.cumsum(drawn, axis=1), 1e-12)
        total = hits.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            found[:, label] = (hits * precision).sum(axis=1) / total
    return found


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
        `per_label`, one row for each, with Wilson's intervals of precision and recall.
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
    baseline = _f1s(truth, guess, np.ones((1, len(truth))))
    return {
        "count": len(truth),
        **({} if count == len(truth) else {"groups": _grouped(groups, count)}),
        **{name: float(value) for name, value in told.items() if np.isfinite(value)},
        **({} if np.isfinite(told["map"]) else {"map": None}),
        **_intervals(truth, probabilities, given, groups),
        "map_baseline": float(truth.mean(axis=0)[truth.any(axis=0)].mean())
        if truth.any()
        else None,
        "micro_f1_baseline": float(baseline["micro_f1"][0]),
        "macro_f1_baseline": float(baseline["macro_f1"][0]),
        "baseline_labels": [name for name, gives in zip(labels, guess[0], strict=True) if gives],
        "exact": float((given == truth).all(axis=1).mean()),
        "per_label": rows,
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
    ones = np.ones((1, len(truth)))
    found = {name: float(values[0]) for name, values in _f1s(truth, given, ones).items()}
    mean = mean_average_precision(truth, probabilities)
    return {"map": float("nan") if mean is None else mean, **found}


def _f1s(truth: np.ndarray, given: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Return micro and macro F1, each (draws,); labels that no picture shows do not count."""
    right, gave, true = (
        weights @ table.astype(np.float64) for table in (truth & given, given, truth)
    )
    micro = f1(right.sum(axis=1), gave.sum(axis=1), true.sum(axis=1))
    known = truth.any(axis=0)
    each = f1(right[:, known], gave[:, known], true[:, known])
    return {"micro_f1": micro, "macro_f1": each.mean(axis=1) if known.any() else micro * 0}


def _intervals(
    truth: np.ndarray, probabilities: np.ndarray, given: np.ndarray, groups: np.ndarray | None
) -> dict[str, float]:
    """Return the 95 % intervals, by drawing groups of pictures anew.

    Where every draw says the same, as where all is right, drawing tells nothing: the next picture
    may still be wrong. There it is Wilson's interval on as many trials as there are groups.

    Reference:
        Efron 1979, Bootstrap methods: another look at the jackknife.
    """
    _, place = np.unique(np.arange(len(truth)) if groups is None else groups, return_inverse=True)
    count = int(place.max()) + 1
    random = np.random.default_rng(0)
    known = truth.any(axis=0)
    drawn: dict[str, list[np.ndarray]] = {"map": [], "micro_f1": [], "macro_f1": []}
    for _ in range(DRAWS // AT_ONCE):
        times = random.multinomial(count, np.full(count, 1 / count), size=AT_ONCE)
        weights = times[:, place].astype(np.float64)
        for name, values in _f1s(truth, given, weights).items():
            drawn[name].append(values)
        precisions = _precisions(truth[:, known], probabilities[:, known], weights)
        drawn["map"].append(_means(precisions))
    found = {}
    for name, parts in drawn.items():
        values = np.concatenate(parts)
        values = values[np.isfinite(values)]
        low, high = np.quantile(values, [0.025, 0.975]) if len(values) else (0.0, 1.0)
        if len(values) and count > 1:
            # Draws of few groups vary too little: by so much Student's interval is the wider one.
            middle, more = float(np.median(values)), intervals.student_factor(count)
            low = max(0.0, middle - more * (middle - low))
            high = min(1.0, middle + more * (high - middle))
        if len(values) and high - low < ALIKE:
            value = float(np.clip(values[0], 0, 1))
            wide = intervals.wilson(value * count, count)
            low, high = wide.low, wide.high
        found |= {f"{name}_low": float(low), f"{name}_high": float(high)}
    return found


def _means(table: np.ndarray) -> np.ndarray:
    """Return the mean of each row over what is a number, NaN where nothing is."""
    counts = np.isfinite(table).sum(axis=1)
    return np.where(counts, np.nansum(table, axis=1) / np.maximum(counts, 1), np.nan)


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
            "threshold": float(levels[k]),
            **_within("precision", truth[:, k], given[:, k], groups),
            **_within("recall", given[:, k], truth[:, k], groups),
        }
        for k, name in enumerate(labels)
    ]


def _within(
    name: str, is_so: np.ndarray, of: np.ndarray, groups: np.ndarray | None
) -> dict[str, float | None]:
    """Return the interval of a share of the pictures `of`, bool (n,); None where there are none."""
    if not of.any():
        return {f"{name}_low": None, f"{name}_high": None}
    interval = intervals.share(is_so[of], None if groups is None else groups[of]).interval
    return {f"{name}_low": interval.low, f"{name}_high": interval.high}
