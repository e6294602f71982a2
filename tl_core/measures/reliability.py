"""Is a model as sure as it is right? Bins for a diagram, and the calibration error without its chance part."""

from typing import Any

import numpy as np

from tl_core.measures import intervals, metrics, temperature

BINS = 10
DRAWS = 200


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
    truth: np.ndarray, probabilities: np.ndarray, groups: np.ndarray | None = None, seed: int = 0
) -> dict[str, float]:
    """Return the calibration error less what chance alone shows, `debiased`, with `low` and `high`.

    Sharing pictures among bins makes every error too large, most where they are few. What a model
    that tells the truth would show is subtracted; how far the error varies is told by drawing groups
    of pictures anew.

    Reference:
        Kumar, Liang & Ma 2019, Verified uncertainty calibration. arXiv:1909.10155.
        Roelofs et al. 2022, Mitigating bias in calibration error estimation. arXiv:2012.08668.
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    gaps = (probabilities.argmax(axis=1) == truth) - confidence
    place = metrics.confidence_bins(confidence, metrics.CALIBRATION_BINS)
    shown = _error(gaps, place, np.ones(len(gaps)))
    debiased = max(0.0, shown - metrics.calibration_floor(probabilities))
    _, own = np.unique(np.arange(len(truth)) if groups is None else groups, return_inverse=True)
    random, count = np.random.default_rng(seed), int(own.max()) + 1
    drawn = [
        _error(gaps, place, np.bincount(random.integers(0, count, count), minlength=count)[own])
        for _ in range(DRAWS)
    ]
    low, high = np.quantile(drawn, [0.025, 0.975]) - np.mean(drawn)
    return {
        "debiased": debiased,
        "low": max(0.0, debiased + float(low)),
        "high": min(1.0, debiased + float(high)),
    }


def _error(gaps: np.ndarray, place: np.ndarray, weights: np.ndarray) -> float:
    total = max(1.0, float(weights.sum()))
    return float(np.abs(np.bincount(place, gaps * weights)).sum() / total)


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
