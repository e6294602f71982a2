"""Two models on the same examples: how far apart they are, and whether chance alone explains it.

Examples that belong together (copies, bursts) are right or wrong together, so whole groups are what
is counted. The intervals were held against simulations (`tests/measures/test_paired.py`).
"""

import math
from statistics import NormalDist

import numpy as np

from tl_core.measures.intervals import (
    Interval,
    mean_and_error,
    student_quantile,
    studentised,
    totals,
)

DRAWS = 2000
FEWEST_GROUPS = 2
MANY_GROUPS = 3000
"""From so many on their mean is as good as normal, and nothing is drawn."""


def mcnemar(first: np.ndarray, second: np.ndarray) -> float:
    """Return how probable it is that chance splits the disagreements so unevenly, or more so.

    The exact test: of the examples that only one of the two has right, each is as probably the
    one's as the other's if neither is better. Examples must not belong together.

    Args:
        first: bool (n,), which examples one model has right.
        second: bool (n,), likewise for the other.

    Reference:
        McNemar 1947, Note on the sampling error of the difference between correlated proportions.
    """
    from scipy.stats import binomtest

    won, lost = int(np.sum(first & ~second)), int(np.sum(second & ~first))
    return float(binomtest(won, won + lost).pvalue) if won + lost else 1.0


def share_difference(first: np.ndarray, second: np.ndarray, confidence: float = 0.95) -> Interval:
    """Return the interval of the share of `first` less that of `second`, bool (n,) each.

    One example more on either side is counted, so that few of them do not look certain.

    Reference:
        Agresti & Min 2005, Simple improved confidence intervals for comparing matched proportions.
    """
    won, lost = np.sum(first & ~second) + 0.5, np.sum(second & ~first) + 0.5
    count = len(first) + 2
    middle = float(won - lost) / count
    variance = (float(won + lost) - float(won - lost) ** 2 / count) / count**2
    half = NormalDist().inv_cdf((1 + confidence) / 2) * math.sqrt(variance)
    return Interval(max(-1.0, middle - half), min(1.0, middle + half))


def mean_difference(
    apart: np.ndarray, groups: np.ndarray | None = None, confidence: float = 0.95, seed: int = 0
) -> Interval | None:
    """Return the interval of the mean of differences: the studentised bootstrap over groups.

    Args:
        apart: float (n,), what one model has more than the other on each example.
        groups: (n,), equal for examples that belong together; None where none do.
        confidence: between 0 and 1.
        seed: of the draws.

    Returns:
        None where there are too few groups to tell anything.

    Reference:
        Cameron, Gelbach & Miller 2008, Bootstrap-based improvements for inference with clustered
        errors.
    """
    sizes, sums = totals(apart.astype(np.float64), groups)
    if len(sizes) < FEWEST_GROUPS:
        return None
    mean, error = mean_and_error(sizes, sums)
    if error <= 1e-12 * max(1.0, abs(mean)):
        return Interval(mean, mean)
    half = error * student_quantile(confidence, len(sizes))
    if len(sizes) < MANY_GROUPS:
        far = np.abs(studentised(sizes, sums, DRAWS, seed))
        # Both sides alike: which model is called the first must not change what is found.
        half = max(half, error * float(np.quantile(far, confidence)))
    return Interval(mean - half, mean + half)


def repeated_difference(
    apart: np.ndarray, groups: np.ndarray | None = None, confidence: float = 0.95
) -> Interval | None:
    """Return the interval of the mean difference of two ways to learn, each repeated on other examples.

    It would be another one with other examples to learn from and with others to judge by. The variances
    of both add up; their degrees of freedom are Satterthwaite's. Where what is learnt from is drawn from
    few examples the draws overlap, and the interval is about these.

    Args:
        apart: float (repeats, n), what the one way has more than the other on each example judged.
        groups: (n,), equal for examples that belong together; None where none do.
        confidence: between 0 and 1.

    Returns:
        None where there are too few groups to tell anything. No narrower than if one example more
        had decided for each of the two: equal answers do not prove that there is no difference.

    Reference:
        Owen 2007, The pigeonhole bootstrap. arXiv:0712.1111.
        Satterthwaite 1946, An approximate distribution of estimates of variance components.
    """
    sizes, sums = totals(apart.mean(axis=0, dtype=np.float64), groups)
    if len(sizes) < FEWEST_GROUPS:
        return None
    mean, error = mean_and_error(sizes, sums)
    error = max(error, _least_error(len(sizes)))
    if len(apart) < FEWEST_GROUPS:
        half = error * student_quantile(confidence, len(sizes))
        return Interval(mean - half, mean + half)
    over_repeats = float(np.var(apart.mean(axis=1, dtype=np.float64), ddof=1)) / len(apart)
    variance = error**2 + over_repeats
    freedom = variance**2 / (error**4 / (len(sizes) - 1) + over_repeats**2 / (len(apart) - 1))
    half = math.sqrt(variance) * student_quantile(confidence, freedom + 1)
    return Interval(mean - half, mean + half)


def _least_error(groups: int) -> float:
    """Return the standard error where half an example decided for each side; see `share_difference`."""
    return 1 / (groups + 2)
