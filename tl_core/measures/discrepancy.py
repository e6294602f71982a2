"""How far two samples lie apart, whatever it is that they differ in, and whether chance alone explains it."""

from dataclasses import dataclass

import numpy as np

DRAWS = 999
DRAWN_AT_ONCE = 128
SMALLEST = 1e-12


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """The maximum mean discrepancy of two samples.

    Attributes:
        squared: its unbiased estimate, below 0 where the samples are nearer than two of one kind usually are.
        chance: how often samples that are mixed at random lie as far apart, the p-value, above 0.
        bandwidth: of the kernel, in the unit of the samples.
        draws: how often they were mixed.
    """

    squared: float
    chance: float
    bandwidth: float
    draws: int


def mmd(own: np.ndarray, others: np.ndarray, *, draws: int = DRAWS, seed: int = 0) -> Discrepancy:
    """Return how far the means of two samples lie apart where a Gaussian kernel puts them.

    The kernel is exp(-|x - y|² / 2 s²), and s the median distance within both samples taken together. The
    estimate is the unbiased one; its p-value comes from permutations, and holds whatever the samples are.

    Args:
        own: float (n, d), n at least 2.
        others: float (m, d), m at least 2.
        draws: how often the samples are mixed.
        seed: of the mixing.

    Raises:
        ValueError: if a sample has fewer than two rows.

    Reference:
        Gretton, Borgwardt, Rasch, Schölkopf & Smola 2012, A Kernel Two-Sample Test. JMLR 13.
    """
    if min(len(own), len(others)) < 2:
        raise ValueError(f"two rows a sample are needed; received {len(own)} and {len(others)}")
    both = np.concatenate([own, others]).astype(np.float64)
    both -= both.mean(axis=0)  # distances stay, and rounding is least about the middle
    kernel, bandwidth = _kernel(both)
    sides = np.zeros(len(both))
    sides[: len(own)] = 1
    squared = float(_squared(kernel, sides[:, None])[0])
    random, reached = np.random.default_rng(seed), 0
    for start in range(0, draws, DRAWN_AT_ONCE):
        count = min(DRAWN_AT_ONCE, draws - start)
        mixed = random.permuted(np.tile(sides[:, None], count), axis=0)
        reached += int((_squared(kernel, mixed) >= squared - SMALLEST).sum())
    return Discrepancy(squared, (1 + reached) / (1 + draws), bandwidth, draws)


def _kernel(both: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the kernel of all pairs, (n, n), 0 for a row with itself, which no estimate counts; and its bandwidth."""
    lengths = np.sum(both**2, axis=1)
    apart = np.maximum(lengths[:, None] + lengths - 2 * both @ both.T, 0)
    middle = float(np.median(apart[np.triu_indices(len(both), 1)]))
    if middle <= SMALLEST:  # most are copies of one another
        middle = max(float(apart.mean()), SMALLEST)
    kernel = np.exp(-apart / (2 * middle))
    np.fill_diagonal(kernel, 0)
    return kernel, middle**0.5


def _squared(kernel: np.ndarray, sides: np.ndarray) -> np.ndarray:
    """Return the unbiased estimate for each way to divide, float (draws,); `sides` is 1 for the first sample."""
    count, own = len(kernel), float(sides[:, 0].sum())
    others = count - own
    towards = kernel @ sides
    within = np.sum(sides * towards, axis=0)
    across = towards.sum(axis=0) - within
    beyond = kernel.sum() - within - 2 * across
    return (
        within / (own * (own - 1)) + beyond / (others * (others - 1)) - 2 * across / (own * others)
    )
