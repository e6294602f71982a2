"""The exact head and a trained network on the same pictures: how far apart they are, and how surely."""

from dataclasses import dataclass

import numpy as np

from tl_core.measures import paired
from tl_core.tasks.closed_form import Linear

CONFIDENCE = 0.8
"""That of what is told beside it before a training: the adviser's intervals hold as often."""


@dataclass(frozen=True, slots=True)
class Solved:
    """An exact head that was solved for before.

    Attributes:
        head: on the means of the backbone's last map.
        right: which validation pictures it names right, bool (n,).
    """

    head: Linear
    right: np.ndarray


@dataclass(frozen=True, slots=True)
class Compared:
    """Which pictures each names right, bool (n,) in one order.

    Attributes:
        exact: of the exact head.
        trained: of the training.
        done: share of its epochs that the training came to.
    """

    exact: np.ndarray
    trained: np.ndarray
    done: float = 1.0

    @property
    def gain(self) -> float:
        """By how much the share of pictures named right grew, -1 to 1."""
        return float(np.mean(self.trained)) - float(np.mean(self.exact))

    def interval(self) -> tuple[float, float]:
        """Return the interval of the gain, which only the pictures tell on which the two disagree.

        See `paired.share_difference`.
        """
        found = paired.share_difference(self.trained, self.exact, CONFIDENCE)
        return found.low, found.high
