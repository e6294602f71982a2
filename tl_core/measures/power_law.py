"""How an error falls with the number of examples: an inverse power law, and how far further out it can be believed.

    error(n) = floor + scale · n^-exponent

Two things make an extrapolation uncertain: how the measured errors scatter, and that laws of quite
different exponents fit a few points alike. So the law is fitted to many copies of the points, each
scattered as they are, half of them without a floor; what these say further out is the interval.

For a given exponent the law is linear in the other two, so all exponents of a grid are solved for
at once, and hundreds of fits take milliseconds (variable projection); an optimiser that follows the
flat valley of such a law, as SciPy's `curve_fit` does, takes seconds and ends in either end of it.

Reference:
    Figueroa et al. 2012, Predicting sample size required for classification performance.
    Hestness et al. 2017, Deep learning scaling is predictable, empirically. arXiv:1712.00409.
    Viering & Loog 2021, The shape of learning curves: a review. arXiv:2103.10948.
    Golub & Pereyra 1973, The differentiation of pseudo-inverses and nonlinear least squares
    problems whose variables separate.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

COVERAGE = 0.8
"""How often an interval is to hold what happens."""
FEWEST_POINTS = 4
"""Through three points goes any law."""
DRAWS = 400
EXPONENTS = np.linspace(0.05, 1.5, 59)
"""Measured ones lie between 0.1 and 1: errors halve for ten thousand to two times as many examples."""
USUAL_EXPONENT, EXPONENT_SPREAD = 0.5, 0.9
"""What is known of exponents before any is measured: the middle, and the standard deviation of the logarithm."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What learning from some examples brought.

    Attributes:
        amount: how many examples.
        errors: float (draws,), of models that learnt from as many examples, drawn anew.
    """

    amount: int
    errors: np.ndarray


@dataclass(frozen=True, slots=True)
class Band:
    """What is expected, 8 times in 10 between `low` and `high`; float (n,) each."""

    low: np.ndarray
    middle: np.ndarray
    high: np.ndarray


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """Laws that explain what was measured, each as well as any other; float (draws,) each.

    Attributes:
        floor: the error that no number of examples takes away.
        scale: see `exponent`.
        exponent: the error above the floor is `scale` · n^-`exponent`.
        scatter: by how many standard deviations one training lies off its law.
        scatter_1: that deviation for one example; for n it is `scatter_1` / √n.
        measured: the largest amount that was measured.
        resolution: by how much one judged example changes the error.
    """

    floor: np.ndarray
    scale: np.ndarray
    exponent: np.ndarray
    scatter: np.ndarray
    scatter_1: float
    measured: int
    resolution: float

    def at(self, amounts: Sequence[int] | np.ndarray) -> Band:
        """Return the errors that one training on so many examples is expected to have."""
        counts = np.asarray(amounts, np.float64)
        laws, now = self._laws(counts), self._laws(np.array([float(self.measured)]))
        # How many of a few judged examples turn right, of those that should, is chance, too.
        by_chance = self.scatter_1**2 / counts + np.abs(laws - now) * self.resolution
        errors = np.maximum(laws + self.scatter[:, None] * np.sqrt(by_chance), 0)
        tail = (1 - COVERAGE) / 2
        low, high = np.quantile(errors, [tail, 1 - tail], axis=0)
        return Band(low, np.median(laws, axis=0), high)

    def _laws(self, counts: np.ndarray) -> np.ndarray:
        return self.floor[:, None] + self.scale[:, None] * counts ** -self.exponent[:, None]

    @property
    def middle_exponent(self) -> float:
        return float(np.median(self.exponent))


def fit(points: Sequence[Measured], resolution: float, seed: int = 0) -> PowerLaw | None:
    """Return the laws that explain what was measured; None where the points are too few.

    Args:
        points: of at least `FEWEST_POINTS` different amounts; the largest is all that there is.
        resolution: by how much one judged example changes the error, such as 1 / their number.
        seed: of the draws.
    """
    if len({point.amount for point in points}) < FEWEST_POINTS:
        return None
    counts = np.array([point.amount for point in points], np.float64)
    errors = np.array([point.errors.mean() for point in points])
    repeats = np.array([len(point.errors) for point in points], np.float64)
    scatter_1 = max(_scatter(points), resolution * np.sqrt(counts.max()) / 2)
    deviations = scatter_1 / np.sqrt(counts * repeats)
    random = np.random.default_rng(seed)
    # Other examples than those that there are would have shifted all points together.
    shared = scatter_1 / np.sqrt(counts.max()) * random.standard_normal((DRAWS, 1))
    copies = errors + shared + deviations * random.standard_normal((DRAWS, len(points)))
    has_floor = np.arange(DRAWS) % 2 == 0
    floor, scale, exponent = _fitted(counts, np.maximum(copies, 0), deviations, has_floor)
    scatter, pool = random.standard_normal(DRAWS), int(counts.max())
    return PowerLaw(floor, scale, exponent, scatter, float(scatter_1), pool, resolution)


def _scatter(points: Sequence[Measured]) -> float:
    """Return the standard deviation of errors for one example.

    Draws from a pool of which they are a large share are alike, which the share that they leave
    makes up for.
    """
    pool = max(point.amount for point in points)
    told = [p for p in points if len(p.errors) > 1 and p.amount < pool]
    squares = sum((len(p.errors) - 1) * float(p.errors.var(ddof=1)) for p in told)
    expected = sum((len(p.errors) - 1) * (1 / p.amount - 1 / pool) for p in told)
    return float(np.sqrt(squares / expected)) if expected > 0 else 0.0


def _fitted(
    counts: np.ndarray, copies: np.ndarray, deviations: np.ndarray, has_floor: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return floor, scale and exponent of the likeliest law of each copy, (draws,) each."""
    weights = 1 / deviations**2
    powers = (counts / counts.max()) ** -EXPONENTS[:, None]  # (exponents, points)
    total, mean = weights.sum(), copies @ weights / weights.sum()
    centre = powers @ weights / total
    apart = powers - centre[:, None]
    slope = (copies - mean[:, None]) @ (apart * weights).T / (apart**2 @ weights)
    lowest = copies.min(axis=1, keepdims=True)
    floor = np.clip(mean[:, None] - slope * centre, 0, lowest) * has_floor[:, None]
    # With the floor held within its bounds the scale follows from what is left.
    left = copies @ (powers * weights).T - floor * (powers @ weights)
    scale = np.maximum(left / (powers**2 @ weights), 0)
    told = floor[..., None] + scale[..., None] * powers
    misfit = ((copies[:, None, :] - told) ** 2 @ weights) / 2
    unusual = (np.log(EXPONENTS / USUAL_EXPONENT) / EXPONENT_SPREAD) ** 2 / 2
    best = np.argmin(misfit + unusual, axis=1)
    rows, exponent = np.arange(len(copies)), EXPONENTS[best]
    return floor[rows, best], scale[rows, best] * counts.max() ** exponent, exponent
