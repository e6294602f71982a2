"""How far the numbers of a model that gives several labels can be trusted.

Every interval is one of 95 %, and asks which pictures belong together, as those of `intervals` do. A number
that lies between 0 and 1 has a Wilson interval on as many trials as would tell as much of a plain share;
how much it tells follows from what each group of pictures moves it by. That held the truth more evenly
than bootstrapped percentiles, which held it 84 to 96 times in a hundred and least where nearly all is right
(`tests/benchmarks/test_coverage.py` measures both ends of every interval).

A mean over labels has none where a label is shown by fewer than `FEWEST` test pictures, or groups of these:
what such a label brings to the mean is mostly luck, and no method held the truth.
"""

from collections.abc import Mapping

import numpy as np

from tl_core.measures import intervals
from tl_core.measures.average_precision import average_precision, moves, without_each
from tl_core.measures.class_intervals import ends
from tl_core.measures.intervals import Interval

FEWEST = 5
"""Test pictures, or groups of these, that show the rarest label: with fewer a mean over labels has no interval."""
MANY = 600
"""From so many groups on what they move a number by tells as much as leaving out each in turn."""
APART = 1 / 3
"""A mean average precision varies at least by so much of what it would if each label's were a share of its
pictures: where nearly all are ranked right, the few groups of a test part show no faults to tell a variance by.
With none, 89 to 91 intervals of a hundred held the truth there; with a half, 98."""
METHODS: Mapping[str, str] = {
    "map": "jackknife-wilson",
    "micro_f1": "linearised-wilson",
    "macro_f1": "linearised-wilson",
    "exact": "wilson",
}


def of_labels(
    truth: np.ndarray, probabilities: np.ndarray, given: np.ndarray, groups: np.ndarray | None
) -> dict[str, float | None]:
    """Return `_low` and `_high` of `map`, `micro_f1`, `macro_f1` and `exact`; None where there is no interval.

    Args:
        truth: bool (n, labels), n above 0.
        probabilities: float (n, labels).
        given: bool (n, labels).
        groups: (n,), equal for pictures that belong together; None where none do.
    """
    place = np.unique(np.arange(len(truth)) if groups is None else groups, return_inverse=True)[1]
    exact = intervals.share((given == truth).all(axis=1), groups).interval
    has_enough = rarest(truth, place) >= FEWEST
    return {
        **ends("map", _of_map(truth, probabilities, place) if has_enough else None),
        **ends("micro_f1", _of_micro(truth, given, place)),
        **ends("macro_f1", _of_macro(truth, given, place) if has_enough else None),
        **ends("exact", exact),
    }


def rarest(truth: np.ndarray, place: np.ndarray) -> int:
    """Return in how many groups the rarest label is shown, of those that are shown at all; 0 without any."""
    counts = [len(np.unique(place[shown])) for shown in truth.T if shown.any()]
    return min(counts, default=0)


def _of_micro(truth: np.ndarray, given: np.ndarray, place: np.ndarray) -> Interval:
    """Return the interval of 2 · right / (given + true): a ratio, whose error is linear in both."""
    right, both = (truth & given).sum(axis=1), given.sum(axis=1) + truth.sum(axis=1)
    total = both.sum()
    if not total:
        return Interval(0.0, 1.0)
    value = 2 * right.sum() / total
    return _wilson(float(value), np.bincount(place, (2 * right - value * both) / total))


def _of_macro(truth: np.ndarray, given: np.ndarray, place: np.ndarray) -> Interval:
    """Return the interval of the mean of the F1 of each label that is shown.

    Reference:
        Takahashi et al. 2022, Confidence interval for micro-averaged F1 and macro-averaged F1 scores.
        Applied Intelligence 52.
    """
    known = truth.any(axis=0)
    true, gave = truth[:, known], given[:, known]
    right, both = (true & gave).astype(np.float64), true.astype(np.float64) + gave
    each = 2 * right.sum(axis=0) / both.sum(axis=0)
    moved = ((2 * right - each * both) / both.sum(axis=0)).mean(axis=1)
    return _wilson(float(each.mean()), np.bincount(place, moved))


def _of_map(truth: np.ndarray, probabilities: np.ndarray, place: np.ndarray) -> Interval:
    """Return the interval of the mean of the average precision of each label that is shown.

    Reference:
        Efron & Stein 1981, The jackknife estimate of variance. Annals of Statistics 9.
    """
    pairs = [(truth[:, k], probabilities[:, k]) for k in np.flatnonzero(truth.any(axis=0))]
    each = np.array([average_precision(*pair) for pair in pairs], np.float64)
    trials = np.array([len(np.unique(place[shown])) for shown, _ in pairs])
    if place.max() + 1 > MANY:
        moved = np.bincount(place, np.mean([moves(*pair) for pair in pairs], axis=0))
    else:
        left = np.mean([without_each(*pair, place) for pair in pairs], axis=0)
        moved = (len(left) - 1) / len(left) * (left.mean() - left)
    least = APART * float((each * (1 - each) / trials).sum()) / len(each) ** 2
    return _wilson(float(each.mean()), moved, least)


def _wilson(value: float, moved: np.ndarray, least: float = 0.0) -> Interval:
    """Return Wilson's interval of a number that each group moves by so much.

    Args:
        value: 0 to 1.
        moved: float (groups,).
        least: the variance that it has at least.
    """
    count = len(moved)
    variance = max(least, intervals.variance_of(moved))
    if variance <= 0 or not 0 < value < 1:
        # Where all is right, or wrong, the next group may still be otherwise.
        return intervals.wilson(float(np.clip(value, 0, 1)) * count, count)
    trials = min(value * (1 - value) / variance, 1e9)
    return intervals.score_interval(value, trials, intervals.telling(moved))
