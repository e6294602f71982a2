"""Find pictures that are far from everything else: a slip of the mouse, a cover page, a thumb."""

from dataclasses import dataclass

import numpy as np

NEIGHBOURS = 5
"""More than one, so that two copies of a stray picture do not vouch for each other."""
DEVIATIONS = 4.0
"""Above the median of log distances, in robust standard deviations."""
BLOCK = 2048
FEWEST_PICTURES = 20
"""Below this "usual" means nothing."""


@dataclass(frozen=True, slots=True)
class Strays:
    """Rows that are unusually far from every class, farthest first.

    Attributes:
        rows: int (m,).
        scores: float (m,), robust standard deviations above the usual distance.
    """

    rows: np.ndarray
    scores: np.ndarray


def find(features: np.ndarray) -> Strays:
    """Return pictures whose fifth nearest neighbour, of whatever class, is unusually far.

    Args:
        features: float (n, d) of a backbone.

    Reference:
        Ramaswamy, Rastogi & Shim 2000, Efficient algorithms for mining outliers.
        Sun et al. 2022, Out-of-distribution detection with deep nearest neighbors. arXiv:2204.06507.
    """
    if len(features) < FEWEST_PICTURES:
        return Strays(np.zeros(0, np.int64), np.zeros(0))
    features = features.astype(np.float32, copy=False)
    scaled = (features - features.mean(axis=0)) / (features.std(axis=0) + 1e-6)
    distances = np.log(neighbour_distances(scaled, NEIGHBOURS) + 1e-6)
    middle = np.median(distances)
    # At least a tenth: where all pictures are equally far apart, nothing is a stray.
    spread = max(1.4826 * float(np.median(np.abs(distances - middle))), 0.1)
    scores = (distances - middle) / spread
    rows = np.flatnonzero(scores > DEVIATIONS)
    rows = rows[np.argsort(-scores[rows], kind="stable")]
    return Strays(rows, scores[rows])


def neighbour_distances(vectors: np.ndarray, count: int) -> np.ndarray:
    """Return float (n,): the Euclidean distance of each row to its `count`-th nearest other row."""
    squares = (vectors**2).sum(axis=1)
    found = np.empty(len(vectors), np.float64)
    for start in range(0, len(vectors), BLOCK):
        block = vectors[start : start + BLOCK]
        apart = squares[start : start + BLOCK, None] + squares - 2 * (block @ vectors.T)
        apart[np.arange(len(block)), start + np.arange(len(block))] = np.inf
        found[start : start + BLOCK] = np.partition(apart, count - 1, axis=1)[:, count - 1]
    return np.sqrt(np.maximum(found, 0))
