"""What a model is worth: numbers from truth and answers, in plain NumPy.

Arrays throughout: `truth` int (n,) of class indices, `probabilities` float (n, classes) with
rows that sum to 1. Every share lies between 0 and 1.

Why these are not scikit-learn's, to which `tests/measures/test_against_libraries.py` holds them: they
are one or two lines each, while importing `sklearn.metrics` costs a run that is ready within
seconds, and the page that reads a confusion, one second and 44 MB, and each call a thousand times
the work, which intervals repeat by the hundred. And they differ where it matters. Of equal
probabilities the first class is the answer, in `top_k` as in `accuracy`; scikit-learn takes the
last. A model that broke and answers NaN gets no number here, there an exception; so does, with a
warning, a class that only the answers or only the truth have. `log_loss` bounds probabilities at
the same place whatever their type.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tl_core.measures import intervals

CALIBRATION_BINS = 15
# Below this a float32 probability is as good as zero; the logarithm must stay finite.
SMALLEST_PROBABILITY = 1e-7


def accuracy(truth: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the share of pictures whose most probable class is the true one."""
    return float(np.mean(probabilities.argmax(axis=1) == truth))


def top_k(truth: np.ndarray, probabilities: np.ndarray, k: int) -> float:
    """Return the share of pictures whose true class is among the `k` most probable."""
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :k]
    return float(np.mean((best == truth[:, None]).any(axis=1)))


def majority_baseline(truth: np.ndarray, majority: int) -> float:
    """Return the accuracy of always answering the class `majority`."""
    return float(np.mean(truth == majority))


def confusion_matrix(truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Return int64 (classes, classes): row is the true class, column the answer."""
    flat = np.bincount(truth.astype(np.int64) * classes + predicted, minlength=classes * classes)
    return flat.reshape(classes, classes)


def log_loss(truth: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean negative log probability of the true class, in nats."""
    given = probabilities[np.arange(len(truth)), truth].astype(np.float64)
    return float(-np.log(np.maximum(given, SMALLEST_PROBABILITY)).mean())


def brier_score(truth: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean squared distance to the right answer, summed over classes: 0 to 2.

    Reference:
        Brier 1950, Verification of forecasts expressed in terms of probability.
    """
    distance = probabilities.astype(np.float64)
    distance[np.arange(len(truth)), truth] -= 1.0
    return float((distance**2).sum(axis=1).mean())


def calibration_error(
    truth: np.ndarray, probabilities: np.ndarray, bins: int = CALIBRATION_BINS
) -> float:
    """Return how far confidence and accuracy lie apart, averaged over equal-width bins (ECE).

    Reference:
        Guo et al. 2017, On calibration of modern neural networks. arXiv:1706.04599.
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = (probabilities.argmax(axis=1) == truth).astype(np.float64)
    gaps = np.bincount(
        confidence_bins(confidence, bins), weights=right - confidence, minlength=bins
    )
    return float(np.abs(gaps).sum() / len(truth))


def calibration_floor(
    probabilities: np.ndarray, bins: int = CALIBRATION_BINS, draws: int = 200, seed: int = 0
) -> float:
    """Return what `calibration_error` would show on average if every confidence told the truth.

    In each bin a few answers more or fewer are right by chance; the error counts that, too, and on
    a hundred pictures it is most of what there is.

    Reference:
        Bröcker 2012, Estimating reliability and resolution of probability forecasts through
        decomposition of the empirical score.
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    bin_of = confidence_bins(confidence, bins)
    generator = np.random.default_rng(seed)
    errors = []
    for _ in range(draws):
        right = generator.random(len(confidence)) < confidence
        gaps = np.bincount(bin_of, weights=right - confidence, minlength=bins)
        errors.append(np.abs(gaps).sum() / len(confidence))
    return float(np.mean(errors))


def confidence_bins(confidence: np.ndarray, bins: int) -> np.ndarray:
    """Return in which of so many equal ranges each confidence lies, int (n,), from 0."""
    return np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)


def _calibration(truth: np.ndarray, probabilities: np.ndarray) -> dict[str, float | None]:
    """Return the calibration error beside what chance alone would show."""
    if not _is_finite(probabilities):
        return {"ece": None, "ece_floor": None}
    return {
        "ece": calibration_error(truth, probabilities),
        "ece_floor": calibration_floor(probabilities),
    }


def _grouped(count: int, groups: int, largest: int, effective: float | None) -> dict[str, Any]:
    """Return what is told of pictures that belong together, nothing where none do."""
    if groups == count:
        return {}
    told = {"count": groups, "largest": largest}
    return {"groups": told if effective is None else told | {"effective": effective}}


def confusion_of(summary: Mapping[str, Any]) -> np.ndarray:
    """Return the confusion matrix that a summary tells, int64 (classes, classes)."""
    if "confusion" in summary:  # as older runs keep it
        return np.asarray(summary["confusion"], np.int64)
    classes = len(summary["per_class"])
    matrix = np.zeros((classes, classes), np.int64)
    for truth, answer, count in summary["confusion_cells"]:
        matrix[truth, answer] = count
    return matrix


def _cells(confusion: np.ndarray) -> list[list[int]]:
    """Return (truth, answer, count) where there is any: with many classes most cells are empty."""
    where = confusion.nonzero()
    return np.column_stack((*where, confusion[where])).tolist()


def per_class(confusion: np.ndarray, classes: Sequence[str]) -> list[dict[str, Any]]:
    """Return one row per class; a share that would divide by zero is None, and F1 then 0.

    Args:
        confusion: (classes, classes) as `confusion_matrix` gives it.
        classes: their names, in the order of the indices.
    """
    right = confusion.diagonal()
    support = confusion.sum(axis=1)
    predicted = confusion.sum(axis=0)
    return [
        {
            "class": name,
            "support": int(support[index]),
            "predicted": int(predicted[index]),
            "right": int(right[index]),
            "precision": _share(right[index], predicted[index]),
            "recall": _share(right[index], support[index]),
            "f1": _share(2 * right[index], support[index] + predicted[index]) or 0.0,
        }
        for index, name in enumerate(classes)
    ]


def summary(
    truth: np.ndarray,
    probabilities: np.ndarray,
    classes: Sequence[str],
    majority: int | None = None,
    groups: np.ndarray | None = None,
) -> dict[str, Any]:
    """Return everything the result page and the command line tell about a classifier, for JSON.

    Args:
        truth: int (n,), indices into `classes`.
        probabilities: float (n, classes).
        classes: names in the order of the indices.
        majority: the commonest class of the training pictures, for the baseline; without it
            the commonest of `truth`.
        groups: (n,), equal for pictures that belong together: copies, a burst, a person. Where
            there are any, the interval rests on how many pictures on their own would tell as much.

    Returns:
        Values that do not exist (no pictures, not finite) are None. `groups` tells of pictures
        that belong together, where there are any: `count`, `largest` and `effective`, the number
        of pictures on their own that would tell as much.

    Raises:
        ValueError: if the shapes do not fit together.
    """
    if probabilities.shape != (len(truth), len(classes)):
        raise ValueError(
            f"probabilities must have shape {(len(truth), len(classes))}; "
            f"received {probabilities.shape}"
        )
    if len(truth) == 0:
        return {"count": 0, "accuracy": None, "accuracy_low": 0.0, "accuracy_high": 1.0}
    predicted = probabilities.argmax(axis=1)
    confusion = confusion_matrix(truth, predicted, len(classes))
    rows = per_class(confusion, classes)
    right = int(confusion.trace())
    share = intervals.share(predicted == truth, groups)
    commonest = int(confusion.sum(axis=1).argmax()) if majority is None else majority
    return {
        "count": len(truth),
        "right": right,
        "accuracy": right / len(truth),
        "accuracy_low": share.interval.low,
        "accuracy_high": share.interval.high,
        **_grouped(len(truth), share.groups, share.largest, share.effective),
        "balanced_accuracy": _mean_of_known([row["recall"] for row in rows]),
        "macro_f1": _mean_of_known([row["f1"] for row in rows if row["support"]]),
        "baseline": majority_baseline(truth, commonest),
        "baseline_class": classes[commonest],
        "top_k": {str(k): top_k(truth, probabilities, k) for k in (2, 3, 5) if k < len(classes)},
        "log_loss": _finite(log_loss(truth, probabilities)),
        "brier": _finite(brier_score(truth, probabilities)),
        **_calibration(truth, probabilities),
        "confusion_cells": _cells(confusion),
        "per_class": rows,
    }


def regression_summary(
    truth: np.ndarray,
    predicted: np.ndarray,
    targets: Sequence[str],
    guesses: np.ndarray | None = None,
    groups: np.ndarray | None = None,
) -> dict[str, Any]:
    """Return what is told about a model that answers with numbers, for JSON.

    Args:
        truth: float (n, targets), in the targets' own units.
        predicted: float (n, targets), likewise.
        targets: their names.
        guesses: float (targets,), what somebody would always answer who saw only the training
            pictures, for the baseline; without it the median of `truth`.
        groups: (n,), equal for pictures that belong together; see `summary`.

    Raises:
        ValueError: if the shapes do not fit together.
    """
    if truth.shape != predicted.shape or truth.shape[1:] != (len(targets),):
        raise ValueError(
            f"truth and predicted must both have shape (n, {len(targets)}); "
            f"received {truth.shape} and {predicted.shape}"
        )
    if guesses is None:
        guesses = np.median(truth, axis=0) if len(truth) else np.zeros(len(targets))
    columns = zip(
        truth.T.astype(np.float64), predicted.T.astype(np.float64), guesses, targets, strict=True
    )
    told = intervals.group_count(groups, len(truth))
    largest = 0 if groups is None or not len(truth) else int(np.unique_counts(groups).counts.max())
    return {
        "count": len(truth),
        **_grouped(len(truth), told, largest, None),
        "targets": [
            {"target": name, **_one_target(true, answered, float(guess), groups)}
            for true, answered, guess, name in columns
        ],
    }


def _one_target(
    truth: np.ndarray, predicted: np.ndarray, guess: float, groups: np.ndarray | None
) -> dict[str, Any]:
    if len(truth) == 0:
        return {"mae": None}
    errors = np.abs(predicted - truth)
    if not _is_finite(errors):
        return {"mae": None}
    interval = intervals.bootstrap_mean(errors, groups)
    spread = float(((truth - truth.mean()) ** 2).sum())
    explained = intervals.determination(truth, predicted, groups) if spread > 0 else None
    return {
        "mae": float(errors.mean()),
        "mae_low": interval.low,
        "mae_high": interval.high,
        "rmse": math.sqrt(float((errors**2).mean())),
        "r2": 1 - float((errors**2).sum()) / spread if spread > 0 else None,
        "r2_low": explained.low if explained else None,
        "r2_high": explained.high if explained else None,
        # The best constant answer under absolute error is the median.
        "baseline_mae": float(np.abs(truth - guess).mean()),
    }


def _share(part: int, whole: int) -> float | None:
    return float(part / whole) if whole else None


def _mean_of_known(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _is_finite(values: np.ndarray) -> bool:
    return bool(np.isfinite(values).all())


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
