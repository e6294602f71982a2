"""Is a model as sure as it is right? Bins for a diagram, and the calibration error without its chance part."""

import math
from typing import Any

import numpy as np

from tl_core.measures import intervals, metrics, temperature

BINS = 10
ERRORS = np.linspace(0, 1, 2001)
"""Errors that are tried."""
SMALLEST = 1e-12


def bins(
    truth: np.ndarray, probabilities: np.ndarray, groups: np.ndarray | None = None
) -> list[dict[str, float]]:
    """Return for each range of confidence that has pictures how often the model was right there.

    Args:
        truth: int (n,).
        probabilities: float (n, classes).
        groups: (n,), equal for pictures that belong together; None where none do.

    Returns:
        `from` and `to`, `count`, the mean `confidence`, and `accuracy` with `accuracy_low` and
        `accuracy_high` (95 %, see `intervals.share`).
    """
    right = probabilities.argmax(axis=1) == truth
    return _rows(probabilities.max(axis=1), right, groups)


def label_bins(
    truth: np.ndarray, probabilities: np.ndarray, groups: np.ndarray | None = None
) -> list[dict[str, float]]:
    """Return for each range of probability how often a label that was taken to be so probable was there.

    Each label of each picture is one judgement; those of one picture belong together, since what makes
    one of them wrong may make others wrong, too.

    Args:
        truth: bool (n, labels).
        probabilities: float (n, labels).
        groups: (n,), equal for pictures that belong together; None where none do.

    Returns:
        As `bins`; `accuracy` is how often the label was there, `count` counts judgements.
    """
    pictures = np.arange(len(truth)) if groups is None else groups
    return _rows(probabilities.ravel(), truth.ravel(), np.repeat(pictures, truth.shape[1]))


def _rows(
    confidence: np.ndarray, right: np.ndarray, groups: np.ndarray | None
) -> list[dict[str, float]]:
    confidence = confidence.astype(np.float64)
    place = metrics.confidence_bins(confidence, BINS)
    rows = []
    for index in np.unique(place):
        inside = place == index
        told = intervals.share(right[inside], None if groups is None else groups[inside])
        rows.append(
            {
                "from": float(index / BINS),
                "to": float((index + 1) / BINS),
                "count": int(inside.sum()),
                "confidence": float(confidence[inside].mean()),
                "accuracy": float(right[inside].mean()),
                "accuracy_low": told.interval.low,
                "accuracy_high": told.interval.high,
            }
        )
    return rows


def error(
    truth: np.ndarray, probabilities: np.ndarray, groups: np.ndarray | None = None
) -> dict[str, float]:
    """Return the calibration error less what chance alone shows, `debiased`, with `low` and `high` (95 %).

    Sharing pictures among bins makes every error too large, most where they are few; and chance adds the
    less the larger the error is. So it is asked which error would show, chance included, what was shown:
    from none at all to one that is as uneven over the bins as it looks. Between which errors that is no
    surprise is the interval. Subtracting what a model shows that tells the truth, and percentiles of
    redrawn pictures, put a true error of 9 % at 1 to 5 %, and their interval held it 3 to 30 times in a
    hundred (`tests/benchmarks/test_coverage.py`).

    Args:
        truth: int (n,), n above 0.
        probabilities: float (n, classes).
        groups: (n,), equal for pictures that belong together; None where none do.

    Reference:
        Kumar, Liang & Ma 2019, Verified uncertainty calibration. arXiv:1909.10155.
        Roelofs et al. 2022, Mitigating bias in calibration error estimation. arXiv:2012.08668.
        Leone, Nelson & Nottingham 1961, The folded normal distribution. Technometrics 3.
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    gaps = (probabilities.argmax(axis=1) == truth) - confidence
    place = metrics.confidence_bins(confidence, metrics.CALIBRATION_BINS)
    place = np.unique(place, return_inverse=True)[1]
    counts, sums = np.bincount(place), np.bincount(place, gaps)
    _, own = np.unique(np.arange(len(truth)) if groups is None else groups, return_inverse=True)
    many, used = int(own.max()) + 1, len(counts)
    left = gaps - (sums / counts)[place]
    by_group = np.bincount(own * used + place, left, minlength=many * used).reshape(many, used)
    # In a bin of a few pictures, all right, nothing varies; there holds what their confidence says of that,
    # with half a picture more on either side, for a confidence of 1 proves nothing.
    sure = (np.bincount(place, confidence) + 0.5) / (counts + 1)
    expected = counts * sure * (1 - sure)
    variances = np.maximum((by_group**2).sum(axis=0) * counts / np.maximum(counts - 1, 1), expected)
    shown = float(np.abs(sums).sum())
    evenly = counts / len(gaps)
    unevenly = np.abs(sums) / shown if shown > 0 else evenly
    together = float(((by_group @ np.sign(sums)) ** 2).sum()) * many / max(1, many - 1)
    off = len(gaps) * ERRORS[:, None] * (evenly + unevenly) / 2
    means, spreads = _folded(off, np.sqrt(variances))
    # Groups make bins err together, as far as these err at all.
    more = max(1.0, together / max(float(variances.sum()), SMALLEST)) - 1
    spreads *= np.sqrt(1 + more * np.minimum(len(gaps) * ERRORS / max(shown, SMALLEST), 1))
    near = np.abs(shown - means) <= intervals.student_quantile(0.95, max(2, many)) * spreads
    nearest = int(np.argmin(np.abs(means - shown))) if shown > means[0] else 0
    near[nearest] = True
    return {
        "debiased": float(ERRORS[nearest]),
        "low": float(ERRORS[near].min()),
        "high": float(ERRORS[near].max()),
    }


def _folded(off: np.ndarray, deviations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of a sum of absolute values of normal numbers, each (k,).

    Args:
        off: float (k, bins), means of the normal numbers.
        deviations: float (bins,).
    """
    from scipy.special import ndtr  # as in `intervals.student_quantile`

    apart = off / np.maximum(deviations, SMALLEST)
    means = math.sqrt(2 / math.pi) * deviations * np.exp(-(apart**2) / 2)
    means += off * (2 * ndtr(apart) - 1)
    variances = np.maximum(off**2 + deviations**2 - means**2, 0)
    return means.sum(axis=1), np.sqrt(variances.sum(axis=1))


def before_and_after(
    truth: np.ndarray,
    probabilities: np.ndarray,
    groups: np.ndarray | None = None,
    divisor: float = 1.0,
) -> dict[str, Any]:
    """Return how well calibrated answers are, and what they were without their temperature.

    Args:
        truth: int (n,).
        probabilities: float (n, classes), as they were given.
        groups: (n,), equal for pictures that belong together; None where none do.
        divisor: the temperature that was applied.

    Returns:
        `temperature`, `bins`, `ece` as of `error`, and with a temperature `before`: `ece` and
        `log_loss` of the same answers without it.
    """
    told: dict[str, Any] = {
        "temperature": divisor,
        "bins": bins(truth, probabilities, groups),
        "ece": error(truth, probabilities, groups),
    }
    if divisor != 1:
        plain = temperature.tempered(probabilities, 1 / divisor)
        told["before"] = {
            "ece": error(truth, plain, groups),
            "log_loss": metrics.log_loss(truth, plain),
        }
    return told
