"""Answers beside the one answer, so that the truth is among them as often as was promised.

Split conformal prediction: the validation part tells how probable the true class was (or how far off
a number was), and what held for nearly all of these pictures holds for the next one as often.
Nothing is assumed of the model; only that new pictures are like those of the validation part.
"""

import math
from collections.abc import Callable
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from tl_core.measures import intervals

COVERAGES = (0.8, 0.9, 0.95)
"""What may be promised: so often, at least, the truth is among what is answered."""
USUAL = 0.9


class Promise(BaseModel):
    """What is to be answered for one promised share.

    Attributes:
        coverage: how often the truth is to be among it.
        limits: for classes and labels the least probability of one that belongs to the answer; for numbers how
            far each may lie from the one that was answered, in the model's own outputs: logarithms
            where it learnt these.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    coverage: float = Field(gt=0, lt=1)
    limits: tuple[Annotated[float, Field(ge=0)], ...] = Field(min_length=1, max_length=100_000)


def least_pictures(coverage: float) -> int:
    """Return how many validation pictures (or groups of these) are needed to promise so much."""
    return math.ceil(coverage / (1 - coverage) - 1e-9)


def of_classes(
    truth: np.ndarray, probabilities: np.ndarray, groups: int | None = None
) -> tuple[Promise, ...]:
    """Return what may be promised of classes: a class belongs to the answer from a probability on.

    Args:
        truth: int (n,).
        probabilities: float (n, classes), as they will be given.
        groups: how many groups the pictures come in; None for each on its own.

    Reference:
        Sadinle, Lei & Wasserman 2019, Least ambiguous set-valued classifiers with bounded error
        levels. arXiv:1609.00451.
    """
    missing = 1 - probabilities[np.arange(len(truth)), truth].astype(np.float64)
    return _promises(missing[:, None], groups, lambda far: max(0.0, 1 - far))


def of_labels(
    truth: np.ndarray, probabilities: np.ndarray, groups: int | None = None
) -> tuple[Promise, ...]:
    """Return what may be promised of labels: that all which a picture shows are among those named.

    A label is named from a probability on; the least probable one of those that a picture shows tells
    from which. What shows nothing is answered rightly whatever is named.

    Args:
        truth: bool (n, labels).
        probabilities: float (n, labels), as they will be given.
        groups: how many groups the pictures come in; None for each on its own.

    Reference:
        Vovk, Gammerman & Shafer 2005, Algorithmic learning in a random world: how far off is the least
        probable true label.
    """
    least = np.where(truth, probabilities.astype(np.float64), 1.0).min(axis=1, initial=1.0)
    return _promises(1 - least[:, None], groups, lambda far: max(0.0, 1 - far))


def of_numbers(
    truth: np.ndarray, answered: np.ndarray, groups: int | None = None
) -> tuple[Promise, ...]:
    """Return what may be promised of numbers, each float (n, numbers): how far off each may be.

    Reference:
        Lei et al. 2018, Distribution-free predictive inference for regression. arXiv:1604.04173.
    """
    return _promises(np.abs(truth.astype(np.float64) - answered), groups, float)


def _promises(
    far: np.ndarray, groups: int | None, limit: Callable[[float], float]
) -> tuple[Promise, ...]:
    """Return the promises that so many groups can bear, from how far off was what is true (n, k).

    Pictures that belong together tell less: the share is taken as if there were a picture a group.
    """
    count = len(far) if groups is None else groups
    if not np.isfinite(far).all():
        return ()
    return tuple(
        Promise(coverage=coverage, limits=tuple(limit(value) for value in _highest(far, share)))
        for coverage in COVERAGES
        if count >= least_pictures(coverage)
        for share in [min(1.0, (count + 1) * coverage / count)]
    )


def _highest(far: np.ndarray, share: float) -> list[float]:
    """Return for each column the smallest value that this share of it does not exceed."""
    place = max(0, math.ceil(share * len(far) - 1e-9) - 1)
    return [float(value) for value in np.sort(far, axis=0)[place]]


def chosen(probabilities: np.ndarray, promise: Promise) -> np.ndarray:
    """Return bool (n, classes): which classes are answered; the most probable one always is.

    Args:
        probabilities: float (n, classes).
        promise: of classes.
    """
    belongs = named(probabilities, promise)
    belongs[np.arange(len(belongs)), probabilities.argmax(axis=1)] = True
    return belongs


def named(probabilities: np.ndarray, promise: Promise) -> np.ndarray:
    """Return bool (n, labels): which labels a picture may show; it may be none."""
    return probabilities >= promise.limits[0] - 1e-9


def of_share(promises: tuple[Promise, ...], coverage: float) -> Promise | None:
    """Return the promise of so much, None where the validation part was too small for it."""
    return next((one for one in promises if math.isclose(one.coverage, coverage)), None)


def judged(
    truth: np.ndarray, probabilities: np.ndarray, promise: Promise, groups: np.ndarray | None
) -> dict[str, float]:
    """Return how often the truth was among what is answered, `covered`, and the mean `size` of that."""
    answered = chosen(probabilities, promise)
    held = answered[np.arange(len(truth)), truth]
    return _held(promise, held, groups) | _sizes(answered)


def judged_labels(
    truth: np.ndarray, probabilities: np.ndarray, promise: Promise, groups: np.ndarray | None
) -> dict[str, float]:
    """Return how often all labels that a picture shows were among those named; as `judged`."""
    answered = named(probabilities, promise)
    held = np.array(np.all(answered | ~truth, axis=1))
    return _held(promise, held, groups) | _sizes(answered)


def judged_numbers(
    truth: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    promise: Promise,
    groups: np.ndarray | None,
) -> dict[str, float]:
    """Return how often a number lay between the ends answered, `covered`, and their usual distance, `width`.

    Args:
        truth: float (n,), as the ends are, in the number's own unit.
        low: float (n,).
        high: float (n,).
        promise: that these keep.
        groups: (n,), equal for pictures that belong together; None where none do.
    """
    slack = 1e-9 * np.abs(truth)
    held = (truth >= low - slack) & (truth <= high + slack)
    return _held(promise, held, groups) | {"width": float(np.median(high - low))}


def _held(promise: Promise, held: np.ndarray, groups: np.ndarray | None) -> dict[str, float]:
    told = intervals.share(held, groups).interval
    return {
        "coverage": promise.coverage,
        "covered": float(held.mean()),
        "covered_low": told.low,
        "covered_high": told.high,
    }


def _sizes(answered: np.ndarray) -> dict[str, float]:
    sizes = answered.sum(axis=1)
    return {"size": float(sizes.mean()), "alone": float((sizes == 1).mean())}
