"""By what a model's scores are divided, so that it is as sure as it is right. Plain NumPy and SciPy.

One number, the temperature, leaves every order of answers as it was: what is most probable stays so.
"""

from collections.abc import Callable

import numpy as np

SMALLEST = 1e-300
"""Below this a float64 probability is as good as zero; the logarithm must stay finite."""
LOWEST, HIGHEST = 0.1, 10.0
"""Temperatures outside of these are no correction any more; a model that came with one is refused."""
EXPECTED_SPREAD = 0.5
"""How far logarithms of temperatures lie from 0, before anything is known of a network."""
Told = tuple[float, float]
"""Of answers at one temperature: the mean loss in nats, and the mean probability of what is answered."""


def tempered(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Return what a softmax gives once its scores are divided by `temperature`.

    Args:
        probabilities: float (n, classes), rows that sum to 1.
        temperature: above 1 makes less sure, below 1 surer.
    """
    if temperature == 1:
        return probabilities
    logs = np.log(np.maximum(probabilities.astype(np.float64), SMALLEST)) / temperature
    shares = np.exp(logs - logs.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def tempered_each(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Return the same for a sigmoid, whose probabilities (n, labels) are each on their own."""
    if temperature == 1:
        return probabilities
    return 1 / (1 + np.exp(-_logits(probabilities) / temperature))


def of_classes(truth: np.ndarray, probabilities: np.ndarray, groups: int | None = None) -> float:
    """Return the temperature that makes what is true most likely, held back where pictures are few.

    A handful of pictures, all right, would ask for endless certainty. So the logarithm of the
    temperature is expected to lie around 0, by `EXPECTED_SPREAD`; the more pictures, the less that
    counts (a normal prior, and the mode of what follows). And two more pictures count, both as sure as
    these are in the mean, one answered rightly and one wrongly (Laplace's rule of succession): who was right n
    times of n may claim a certainty of about 1 - 1 / (n + 2).

    Args:
        truth: int (n,).
        probabilities: float (n, classes), before any temperature.
        groups: how many groups the pictures come in; None for each on its own.

    Returns:
        Between `LOWEST` and `HIGHEST`; 1 without pictures or where answers are no numbers.

    Reference:
        Guo et al. 2017, On calibration of modern neural networks. arXiv:1706.04599.
    """
    rows = np.arange(len(truth))

    def told(temperature: float) -> Told:
        answers = tempered(probabilities, temperature)
        given = np.maximum(answers[rows, truth], SMALLEST)
        return float(-np.log(given).mean()), float(answers.max(axis=1).mean())

    return _best(told, len(truth) if groups is None else groups, probabilities)


def of_labels(truth: np.ndarray, probabilities: np.ndarray, groups: int | None = None) -> float:
    """Return the same for a sigmoid; one temperature for all labels, as rare ones have few pictures.

    Args:
        truth: bool (n, labels).
        probabilities: float (n, labels), before any temperature.
        groups: see `of_classes`.
    """
    scores = _logits(probabilities)
    signed = np.where(truth, 1.0, -1.0) * scores

    def told(temperature: float) -> Told:
        sure = np.exp(-np.logaddexp(0, -np.abs(scores) / temperature))
        return float(np.logaddexp(0, -signed / temperature).mean()), float(sure.mean())

    return _best(told, len(truth) if groups is None else groups, probabilities)


def _best(told: Callable[[float], Told], count: int, probabilities: np.ndarray) -> float:
    from scipy.optimize import minimize_scalar  # a page that draws numbers need not pay for it

    if not count or not probabilities.size or not np.isfinite(probabilities).all():
        return 1.0

    def penalised(logarithm: float) -> float:
        loss, sure = told(float(np.exp(logarithm)))
        further = -np.log(sure) - np.log(max(1 - sure, SMALLEST))
        return count * loss + further + (logarithm / EXPECTED_SPREAD) ** 2 / 2

    bounds = (float(np.log(LOWEST)), float(np.log(HIGHEST)))
    found = minimize_scalar(penalised, bounds=bounds, method="bounded", options={"xatol": 1e-4})
    return round(float(np.exp(found.x)), 4)


def _logits(probabilities: np.ndarray) -> np.ndarray:
    inside = np.clip(probabilities.astype(np.float64), SMALLEST, 1 - 1e-16)
    return np.log(inside) - np.log1p(-inside)
