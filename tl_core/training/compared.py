"""The exact head and a trained network on the same pictures: how far apart they are, and how surely."""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

CONFIDENCE = 0.8
"""That of what is told beside it before a training: the adviser's intervals hold as often."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Which pictures each names right, bool (n,) in one order."""

    exact: np.ndarray
    trained: np.ndarray

    @property
    def gain(self) -> float:
        """By how much the share of pictures named right grew, -1 to 1."""
        return float(np.mean(self.trained)) - float(np.mean(self.exact))

    def interval(self) -> tuple[float, float]:
        """Return the interval of the gain, which only the pictures tell on which the two disagree.

        One picture more on either side is counted, so that few of them do not look certain.

        Reference:
            Agresti & Min 2005, Simple improved confidence intervals for comparing matched proportions.
        """
        won = np.sum(self.trained & ~self.exact) + 0.5
        lost = np.sum(~self.trained & self.exact) + 0.5
        count = len(self.exact) + 2
        middle = float(won - lost) / count
        variance = (float(won + lost) - float(won - lost) ** 2 / count) / count**2
        half = NormalDist().inv_cdf((1 + CONFIDENCE) / 2) * math.sqrt(variance)
        return max(-1.0, middle - half), min(1.0, middle + half)
