"""How numeric targets are spread, and whether they are better learnt as logarithms."""

import math
from dataclasses import dataclass

import numpy as np

SKEWED = 1.0
"""Skewness beyond which a few large numbers rule a squared error."""
MOST_BARS = 60


@dataclass(frozen=True, slots=True)
class Spread:
    """One target over all pictures.

    Attributes:
        lowest, middle, highest: minimum, median and maximum.
        skewness: third standardised moment; 0 when symmetric, positive with a long upper tail.
        is_skewed: whether a few numbers at one end would rule a squared error.
        suggests_log: whether the logarithm exists and is clearly less lopsided then.
    """

    lowest: float
    middle: float
    highest: float
    skewness: float
    is_skewed: bool
    suggests_log: bool


def spread(values: np.ndarray) -> Spread:
    """Return how `values`, float (n,) with n > 0, are spread."""
    skewness = _skewness(values)
    positive = bool((values > 0).all())
    suggests = positive and skewness > SKEWED and abs(_skewness(np.log(values))) < skewness / 2
    return Spread(
        lowest=float(values.min()),
        middle=float(np.median(values)),
        highest=float(values.max()),
        skewness=skewness,
        is_skewed=abs(skewness) > SKEWED,
        suggests_log=suggests,
    )


def histogram(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return counts (bars,) and edges (bars + 1,) that suit `values`, at most 60 bars.

    Bars of whole numbers hold as many of these each, and stand with them in their middle: edges lie
    halfway between two.
    """
    edges = np.histogram_bin_edges(values, "auto")
    if are_whole(values):
        low, high = values.min(), values.max()
        each = max(1, round(edges[1] - edges[0]), math.ceil((high - low + 1) / MOST_BARS))
        edges = np.arange(low, high + each + 1, each) - 0.5
        return np.histogram(values, bins=edges)
    return np.histogram(values, bins=edges if len(edges) <= MOST_BARS else MOST_BARS)


def are_whole(values: np.ndarray) -> bool:
    """Say whether numbers are all whole, such as counts and years."""
    return bool(len(values) and np.all(values == np.round(values)))


def _skewness(values: np.ndarray) -> float:
    away = values - values.mean()
    deviation = away.std()
    return float((away**3).mean() / deviation**3) if deviation > 0 else 0.0
