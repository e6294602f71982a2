"""How well one class is ranked before all others: ROC and precision–recall, and their areas with intervals.

Scikit-learn draws the same curves, but the web process does without it, and it knows no intervals.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from tl_core.measures.intervals import Interval, wilson

MOST_POINTS = 200
NORMAL = NormalDist().inv_cdf(0.975)
CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class Area:
    """An area under a curve, 0 to 1, with its interval of 95 %."""

    value: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Ranking:
    """What is found and what is falsely taken for the class from each probability on, the highest first.

    Attributes:
        thresholds: float (k,), falling: each probability that was told; equal ones are one point.
        found: int (k,), examples of the class that have at least this probability.
        alarms: int (k,), examples of other classes that have at least this probability.
        worth: how many examples of the class, and of others, would tell as much where each was on its own.
    """

    thresholds: np.ndarray
    found: np.ndarray
    alarms: np.ndarray
    worth: tuple[float, float]

    @property
    def positives(self) -> int:
        """How many examples are of the class."""
        return int(self.found[-1])

    @property
    def negatives(self) -> int:
        """How many examples are of other classes."""
        return int(self.alarms[-1])

    def roc(self) -> np.ndarray:
        """Return false alarms and found, as shares of the others and of the class, float (k + 1, 2)."""
        points = np.stack([self.alarms / self.negatives, self.found / self.positives], axis=1)
        return np.concatenate([np.zeros((1, 2)), points])

    def precision_recall(self) -> np.ndarray:
        """Return recall and precision, float (k + 1, 2); before the first point stands its own precision.

        Between two points the precision of the later one holds, as average precision has it: a straight
        line would promise too much (Davis & Goadrich 2006).
        """
        recall, precision = self.found / self.positives, self.found / (self.found + self.alarms)
        points = np.stack([recall, precision], axis=1)
        return np.concatenate([[[0.0, precision[0]]], points])

    def at(self, threshold: float) -> int:
        """Return the point of both curves where the class is given from `threshold` on, 0 for none given."""
        return int((self.thresholds >= threshold).sum())

    def auroc(self) -> Area:
        """Return the chance that an example of the class stands before one of another class.

        The interval is a score interval: it does not shrink to a point where the ranking is perfect, where the
        variance of DeLong et al. 1988 and that of Hanley & McNeil are 0.

        Reference:
            Hanley & McNeil 1982, The meaning and use of the area under a ROC curve; Newcombe 2006,
            Confidence intervals for an effect size measure based on the Mann–Whitney statistic, part 2
            (method 5).
        """
        # In whole numbers, so that a perfect ranking is exactly 1.
        found, alarms = (np.append(0, column) for column in (self.found, self.alarms))
        area = float(np.trapezoid(found, alarms)) / (self.positives * self.negatives)
        return Area(area, _area_interval(area, *self.worth))

    def average_precision(self) -> Area:
        """Return the mean of the precision over the examples of the class.

        The interval takes it as a share of as many trials as the class has examples, as Boyd et al. do, but
        Wilson's in place of their logit: that is a point where the ranking is perfect (with 8 examples of
        a class that is ranked well it held the truth 86 times in a hundred, Wilson's 99), and is wider elsewhere.

        Reference:
            Boyd, Eng & Page 2013, Area under the precision-recall curve: point estimates and confidence
            intervals.
        """
        more = np.diff(self.found, prepend=0)
        area = float((more * self.found / (self.found + self.alarms)).sum()) / self.positives
        return Area(area, wilson(area * self.worth[0], self.worth[0]))


def ranking(shows: np.ndarray, scores: np.ndarray, groups: np.ndarray | None = None) -> Ranking:
    """Rank examples by what one class was given.

    Args:
        shows: bool (n,), whether an example is of the class; some are, and some are not.
        scores: float (n,), higher where the class is likelier; minus infinity ranks last.
        groups: (n,), equal for examples that belong together; None where none do.

    Raises:
        ValueError: if all examples are of the class, or none.
    """
    if not 0 < int(shows.sum()) < len(shows):
        raise ValueError(
            f"a ranking needs examples of the class and others; {int(shows.sum())} of {len(shows)} are of it"
        )
    order = np.argsort(-scores, kind="stable")
    ranked, told = shows[order], scores[order]
    last = np.append(np.flatnonzero(told[1:] != told[:-1]), len(told) - 1)
    found = np.cumsum(ranked)[last]
    worth = _worth(shows, scores, groups)
    return Ranking(told[last], found, last + 1 - found, worth)


def thinned(points: np.ndarray, most: int = MOST_POINTS) -> np.ndarray:
    """Return at most `most` points of a curve, evenly along it, first and last among them.

    Args:
        points: float (k, 2).
        most: at least 2.
    """
    if len(points) <= most:
        return points
    way = np.append(0.0, np.cumsum(np.abs(np.diff(points, axis=0)).sum(axis=1)))
    kept = np.searchsorted(way, np.linspace(0, way[-1], most))
    kept[-1] = len(points) - 1
    return points[np.unique(kept)]


def _worth(shows: np.ndarray, scores: np.ndarray, groups: np.ndarray | None) -> tuple[float, float]:
    """Return how many examples of the class, and of others, would tell as much where each was on its own.

    By as much as the variance of the area is larger, where examples that belong together are counted
    together, they tell less; a ranking without a fault does not say by how much, and there a group
    tells as much as one example.

    Reference:
        Obuchowski 1997, Nonparametric analysis of clustered ROC curve data. Biometrics 53.
    """
    positives, negatives = float(shows.sum()), float((~shows).sum())
    if groups is None:
        return positives, negatives
    own = np.unique(groups, return_inverse=True)[1]
    few = float(len(np.unique(own[shows]))), float(len(np.unique(own[~shows])))
    if few == (positives, negatives) and len(np.unique(own)) == len(own):
        return few
    above, below = _placed(scores[shows], scores[~shows]), _placed(-scores[~shows], -scores[shows])
    alone = _variance(above, np.arange(len(above)), below, len(above) + np.arange(len(below)))
    together = _variance(above, own[shows], below, own[~shows])
    if alone <= 0 or not math.isfinite(together):
        return few
    more = max(1.0, together / alone)
    return max(few[0], positives / more), max(few[1], negatives / more)


def _placed(scores: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return for each score which share of the others it exceeds, equal ones counting half."""
    ordered = np.sort(others)
    below = np.searchsorted(ordered, scores, "left") + np.searchsorted(ordered, scores, "right")
    return below / (2 * len(others))


def _variance(
    above: np.ndarray, above_in: np.ndarray, below: np.ndarray, below_in: np.ndarray
) -> float:
    """Return the variance of an area from placements (p,) and (n,) in groups; not finite for one group of either."""
    count = int(max(above_in.max(), below_in.max())) + 1
    area, total, sums = float(above.mean()), 0.0, []
    for placements, groups in ((above, above_in), (below, below_in)):
        sizes = np.bincount(groups, minlength=count)
        apart = np.bincount(groups, placements, minlength=count) - sizes * area
        sums.append(apart / len(placements))
        few = int((sizes > 0).sum())
        total += float((sums[-1] ** 2).sum()) * few / (few - 1) if few > 1 else math.inf
    both = float((sums[0] * sums[1]).sum())
    return total + 2 * both * count / max(1, count - 1)


def _area_interval(area: float, positives: float, negatives: float) -> Interval:
    """Return between which true areas this one is no surprise."""
    from scipy.optimize import root_scalar

    half = (positives + negatives) / 2 - 1

    def surprise(true: float, side: int) -> float:
        spread = 1 + half * (1 - true) / (2 - true) + half * true / (1 + true)
        deviation = math.sqrt(true * (1 - true) * spread / (positives * negatives))
        return side * (area - true) - NORMAL * deviation

    def end(side: int, outermost: float) -> float:
        near = min(max(area, CLOSE), 1 - CLOSE)
        if surprise(outermost, side) <= 0:
            return outermost
        return root_scalar(surprise, args=(side,), bracket=(outermost, near)).root

    low = 0.0 if area <= CLOSE else end(1, 0.0)
    high = 1.0 if area >= 1 - CLOSE else end(-1, 1.0)
    return Interval(low, high)
