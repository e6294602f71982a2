"""How far a measured number can be trusted: intervals for shares and for means."""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np


@dataclass(frozen=True, slots=True)
class Interval:
    """A range that holds the true value with the stated confidence."""

    low: float
    high: float


def wilson(successes: int, trials: int, confidence: float = 0.95) -> Interval:
    """Return Wilson's score interval for a share.

    Unlike the textbook interval it stays within 0 and 1, and it stays wide when all of a few
    trials succeed: 10 of 10 right is 72 % to 100 %, not 100 % to 100 %.

    Args:
        successes: how many trials succeeded.
        trials: how many there were; 0 gives the interval that knows nothing.
        confidence: between 0 and 1.

    Raises:
        ValueError: if `successes` is not between 0 and `trials`.

    Reference:
        Wilson 1927, Probable inference, the law of succession, and statistical inference.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"successes must lie between 0 and {trials}; received {successes}")
    if trials == 0:
        return Interval(0.0, 1.0)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / trials
    shrink = 1 + z * z / trials
    centre = (share + z * z / (2 * trials)) / shrink
    half = z / shrink * math.sqrt(share * (1 - share) / trials + (z / (2 * trials)) ** 2)
    # At the ends the exact values are 0 and 1; rounding must not say otherwise.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == trials else min(1.0, centre + half)
    return Interval(low, high)


def bootstrap_mean(
    values: np.ndarray, confidence: float = 0.95, draws: int = 1000, seed: int = 0
) -> Interval:
    """Return the percentile bootstrap interval of the mean of `values` (n,).

    Raises:
        ValueError: if there are no values.

    Reference:
        Efron 1979, Bootstrap methods: another look at the jackknife.
    """
    if values.size == 0:
        raise ValueError("an interval needs at least one value; received none")
    generator = np.random.default_rng(seed)
    # Row by row: draws x n at once would not fit for large test sets.
    means = [values[generator.integers(0, values.size, values.size)].mean() for _ in range(draws)]
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(float(low), float(high))
