"""How much a training is expected to bring, learnt from what others brought, with an interval that holds.

A Gaussian process over few features of a training says what to expect: like trainings bring like
gains, trainings of one data set more so, and where nothing is known nothing is expected to be gained.
Its own spread is not believed. It only says where more is uncertain than elsewhere; how wide an
interval must be follows from how far the process was off on data sets that it was not shown, each of
which counts the same (the jackknife, in the form of the jackknife+).

Reference:
    Rasmussen & Williams 2006, Gaussian Processes for Machine Learning, chapter 2.
    Barber, Candès, Ramdas & Tibshirani 2021, Predictive inference with the jackknife+. arXiv:1905.02928.
    Lee, Barber & Willett 2023, Distribution-free inference with hierarchical data. arXiv:2306.06342.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log, log2

import numpy as np

from tl_core.backbones import catalogue
from tl_core.pricing.gains import POINTS, Case, Gain

COVERAGE = 0.8
"""How often an interval is to hold what happens."""
REACHED = 0.87
"""The share of what was missed on data sets left out that an interval reaches over. The jackknife+ would
have it reach over one more data set, as far off as any; of the five that the study has that leaves the
worst miss of all, and 27 points between the ends. So it reaches over a little more than is promised:
of the study's trainings 80 to 85 in 100 lay within, each foretold without its data set."""
FEWEST_SETS = 4
"""With fewer no interval holds so often: one more data set than were seen may lie anywhere."""
CONSTANT, SHARED, OF_SET, LUCK = 0.5, 2.0, 6.0, 2.0
"""Variances, points², where the whole network learns: of the mean of all gains, of what like trainings
share, of what those of one data set share besides, and of what is never foreseen."""
STILL = 0.2
"""Of the deviation where the whole network learns, how much is left where only the head does."""
SPLITS_MOST = 0.5
"""The share of wrong answers beyond which more of them mean no more noise."""
DISAGREE = 0.25
"""Of the pictures that the first of two models gets wrong: on so many they disagree by chance."""
UNKNOWN_ERROR = 0.15
"""The share of wrong answers taken for the noise where nobody knows the exact head's."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a training is expected to bring, points of accuracy; within the interval 8 times in 10."""

    low: float
    mean: float
    high: float


def expect(
    cases: Sequence[Case], known: tuple[Gain, ...], exact_accuracy: float | None = None
) -> list[Expected] | None:
    """Return what trainings of ONE data set would bring; None where too little is known to say.

    What was measured on the test part of other data sets counts, and what was measured on the
    validation part of this one: what a test part tells must choose nothing about itself.

    Args:
        cases: the trainings.
        known: what others brought.
        exact_accuracy: of the exact head on such pictures, 0 to 1; None where nobody knows.
    """
    if not cases:
        return []
    models = _models(known, cases[0].set, exact_accuracy is not None)
    if models is None:
        return None
    heads = [exact_accuracy] * len(cases)
    asked = _described(cases, heads, with_head=exact_accuracy is not None)
    low, high = _interval(asked, models)
    mean, _ = models.whole.predict(asked)
    highest = POINTS if exact_accuracy is None else POINTS * (1 - exact_accuracy)
    ends = np.clip(np.stack([low, np.clip(mean, low, high), high]), -POINTS, highest)
    return [Expected(*map(float, each)) for each in ends.T]


@dataclass(frozen=True, slots=True)
class Process:
    """A Gaussian process, given what some trainings brought.

    Attributes:
        shown: these trainings.
        factor: of the Cholesky decomposition of their covariance.
        weights: what each counts, (n,).
    """

    shown: "_Described"
    factor: tuple[np.ndarray, bool]
    weights: np.ndarray

    def predict(self, asked: "_Described") -> tuple[np.ndarray, np.ndarray]:
        """Return the mean and the standard deviation of what is measured of trainings, each (m,)."""
        from scipy.linalg import cho_solve  # other users of this module need not pay

        shared = _covariance(asked, self.shown)
        explained = np.sum(shared * cho_solve(self.factor, shared.T).T, axis=1)
        before = (CONSTANT + SHARED + OF_SET) * asked.scales**2
        spread = np.maximum(before - explained, 0) + asked.noise
        return shared @ self.weights, np.sqrt(spread)


def _fitted(gains: Sequence[Gain], *, with_head: bool) -> Process:
    """Return the process that knows what these trainings brought."""
    from scipy.linalg import cho_factor, cho_solve

    shown = _of_gains(gains, with_head)
    covariance = _covariance(shown, shown)
    covariance[np.diag_indices(len(gains))] += shown.noise
    factor = cho_factor(covariance, lower=True)
    return Process(shown, factor, cho_solve(factor, _points(gains)))


@dataclass(frozen=True, slots=True)
class _Models:
    """The process that knows all, and for each data set one that does not know it.

    Attributes:
        whole: knows everything that may count.
        without: by data set, the process without it and how far that was off on it, in standard
            deviations, (trainings,).
    """

    whole: Process
    without: dict[str, tuple[Process, np.ndarray]]


@lru_cache(maxsize=16)
def _models(known: tuple[Gain, ...], about: str, with_head: bool) -> _Models | None:
    """Return the processes to ask about a data set; None where no interval would be finite."""
    others = [gain for gain in known if gain.judged_on == "test" and gain.case.set != about]
    own = [gain for gain in known if gain.judged_on == "validation" and gain.case.set == about]
    names = dict.fromkeys(gain.case.set for gain in others)
    if len(names) < FEWEST_SETS:
        return None
    without = {}
    for name in names:
        shown = [gain for gain in others if gain.case.set != name]
        hidden = [gain for gain in others if gain.case.set == name]
        process = _fitted([*shown, *own], with_head=with_head)
        without[name] = (process, _misses(process, hidden, with_head))
    return _Models(_fitted([*others, *own], with_head=with_head), without)


def _misses(process: Process, gains: Sequence[Gain], with_head: bool) -> np.ndarray:
    mean, deviation = process.predict(_of_gains(gains, with_head))
    return np.abs(_points(gains) - mean) / deviation


def _points(gains: Sequence[Gain]) -> np.ndarray:
    return np.array([gain.points for gain in gains])


def _interval(asked: "_Described", models: _Models) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of the jackknife+ interval over data sets, each (m,)."""
    lows, highs, weights = [], [], []
    for process, misses in models.without.values():
        mean, deviation = process.predict(asked)
        reach = misses[:, None] * deviation
        lows.append(mean - reach)
        highs.append(mean + reach)
        weights.append(np.full(len(misses), 1 / len(misses)))
    weight = np.concatenate(weights) / len(models.without)
    low = -_quantile(-np.concatenate(lows), weight)
    return low, _quantile(np.concatenate(highs), weight)


def _quantile(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return for each column the least value that `REACHED` of the weight does not exceed, (m,).

    Args:
        values: (n, m).
        weights: (n,), together 1.
    """
    order = np.argsort(values, axis=0)
    reached = np.cumsum(weights[order], axis=0) >= REACHED - 1e-9
    rows = np.take_along_axis(order, reached.argmax(axis=0)[None], axis=0)
    return np.take_along_axis(values, rows, axis=0)[0]


@dataclass(frozen=True, slots=True)
class _Described:
    """Trainings as arrays.

    Attributes:
        features: float (n, d).
        sets: names of their data sets, (n,).
        scales: how far gains of such depths spread, 1 where the whole network learns, (n,).
        noise: variance of measured gains about true ones, points², (n,).
    """

    features: np.ndarray
    sets: np.ndarray
    scales: np.ndarray
    noise: np.ndarray


def _of_gains(gains: Sequence[Gain], with_head: bool) -> _Described:
    heads = [gain.exact_accuracy for gain in gains]
    return _described([gain.case for gain in gains], heads, with_head)


def _described(cases: Sequence[Case], heads: Sequence[float | None], with_head: bool) -> _Described:
    features = [
        _features(case, head if with_head else None)
        for case, head in zip(cases, heads, strict=True)
    ]
    scales = STILL + (1 - STILL) * np.sqrt([_depth(case) for case in cases])
    sets = np.array([case.set for case in cases])
    return _Described(np.array(features), sets, scales, scales**2 * _noise(cases, heads))


def _features(case: Case, exact_accuracy: float | None) -> list[float]:
    """Return what makes trainings alike; at a distance of 1 they say little more than half of one another."""
    backbone = catalogue.get(case.backbone)
    told = [
        log2(case.pictures) / 4,
        log2(case.per_class) / 3,
        log2(case.classes) / 4,
        log2(backbone.parameters) / 6,
        1.0 if backbone.embedded_in else 0.0,  # it learnt from far fewer pictures than the others
        2 * _depth(case),
        0.5 if case.stages else 0.0,
    ]
    return told if exact_accuracy is None else [*told, _logit(exact_accuracy) / 1.5]


def _depth(case: Case) -> float:
    return case.stages / max(1, case.total_stages)


def _logit(share: float) -> float:
    held = min(max(share, 0.02), 0.98)
    return log(held / (1 - held))


def _covariance(first: _Described, second: _Described) -> np.ndarray:
    """Return the covariance of the true gains of trainings, points² (n, m)."""
    from scipy.spatial.distance import cdist

    alike = np.exp(-cdist(first.features, second.features, "sqeuclidean") / 2)
    same = first.sets[:, None] == second.sets[None, :]
    scale = first.scales[:, None] * second.scales[None, :]
    return scale * (CONSTANT + (SHARED + OF_SET * same) * alike)


def _noise(cases: Sequence[Case], heads: Sequence[float | None]) -> np.ndarray:
    """Return the variance by luck and by the choice of pictures to judge by, points² (n,).

    Two models disagree on few pictures, some of those that the first gets wrong; how these split
    between the two is chance.
    """
    errors = np.array([UNKNOWN_ERROR if head is None else 1 - head for head in heads])
    judged = np.array([case.judged for case in cases])
    disagree = DISAGREE * np.clip(errors, 1 / judged, SPLITS_MOST)
    return LUCK + POINTS**2 * disagree / judged
