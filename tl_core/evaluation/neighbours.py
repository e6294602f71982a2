"""The pictures that a model learnt from which look most like another one, by its own features."""

from dataclasses import dataclass

import numpy as np

EACH_CLASS = 2000
"""Pictures of one class that are kept to compare with, at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """The nearest examples of each of n others, the nearest first.

    Attributes:
        places: int (n, k), positions among what was compared with.
        likeness: float32 (n, k), cosines of the angles between features, 1 for the same.
    """

    places: np.ndarray
    likeness: np.ndarray


def nearest(known: np.ndarray, asked: np.ndarray, count: int) -> Nearest:
    """Return the `count` rows of `known` most like each row of `asked`.

    Args:
        known: features, float (m, channels); float16 will do.
        asked: features, float (n, channels).
        count: at most; fewer where fewer are known.
    """
    likeness = _unit(asked) @ _unit(known).T
    places = np.argsort(-likeness, axis=1, kind="stable")[:, :count]
    return Nearest(places, np.take_along_axis(likeness, places, axis=1))


def bounded(labels: np.ndarray, each: int = EACH_CLASS, seed: int = 0) -> np.ndarray:
    """Return which examples to keep, int in order: all, or `each` of every class by lot."""
    random = np.random.default_rng(seed)
    chosen = [
        random.permutation(np.flatnonzero(labels == label))[:each] for label in np.unique(labels)
    ]
    return np.sort(np.concatenate(chosen)) if chosen else np.zeros(0, np.int64)


def _unit(features: np.ndarray) -> np.ndarray:
    """Return rows of length 1; a row of zeros stays one and is like nothing."""
    rows = features.astype(np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1)
