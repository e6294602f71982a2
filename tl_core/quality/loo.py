"""For every picture, ask a classifier that never learnt from it, without fitting thousands of classifiers.

Kernel ridge regression tells what it would have answered without a row, or without a group of
rows, from the one fit on all of them: nothing is learnt by heart, and it takes a second or two.
Measured on pictures with 5 % wrong labels it finds more of them, with fewer false alarms, than ten-fold logistic regression.
"""

from collections.abc import Sequence

import numpy as np

from tl_core.modalities.modality import Aspect
from tl_core.tasks.closed_form import cross_entropy, softmax

LANDMARKS = 2000
"""Up to as many pictures the answer is exact; beyond, this many random ones span it."""
RIDGE = 0.15
JITTER = 1e-3
SHARPNESSES = (1, 2, 3, 5, 8, 12, 20, 30)


def probabilities(
    aspects: Sequence[Aspect],
    labels: np.ndarray,
    classes: int,
    groups: np.ndarray | None = None,
    seed: int = 0,
) -> np.ndarray:
    """Return float64 (n, classes): what each picture looks like, asked without its group.

    Args:
        aspects: what pictures are judged by, as `Modality.aspects` gives them.
        labels: int (n,), 0 to classes - 1.
        classes: number of classes.
        groups: int (n,); a copy of a picture would otherwise defend its wrong label.
        seed: of the landmarks.

    Reference:
        Allen 1974, The relationship between variable selection and data augmentation and a
        method for prediction (leave-one-out residuals from one fit).
        Guo et al. 2017, On calibration of modern neural networks. arXiv:1706.04599.
    """
    answers = _left_out(aspects, labels, classes, groups, seed)
    sharpness = min(SHARPNESSES, key=lambda times: cross_entropy(answers * times, labels))
    return softmax(answers * sharpness)


def _left_out(
    aspects: Sequence[Aspect],
    labels: np.ndarray,
    classes: int,
    groups: np.ndarray | None,
    seed: int,
) -> np.ndarray:
    from scipy.linalg import cholesky, solve_triangular  # other users of versions need not pay

    basis = _basis(aspects, seed)
    gram = basis.T @ basis
    gram[np.diag_indices_from(gram)] += RIDGE
    # With `half` of shape (n, m), the fit is half @ half.T @ targets.
    half = solve_triangular(cholesky(gram, lower=True), basis.T, lower=True).T
    targets = np.eye(classes, dtype=np.float32)[labels]
    targets -= targets.mean(axis=0)
    residual = targets - half @ (half.T @ targets)
    own = np.einsum("nm,nm->n", half, half)
    left_out = targets - residual / np.maximum(1 - own, 1e-3)[:, None]
    for rows in _shared(groups):
        influence = np.eye(len(rows)) * (1 + 1e-6) - half[rows] @ half[rows].T
        left_out[rows] = targets[rows] - np.linalg.solve(influence, residual[rows])
    return left_out


def _basis(aspects: Sequence[Aspect], seed: int) -> np.ndarray:
    """Return float32 (n, m) whose inner products are those of the aspects' Gaussian kernels, mixed."""
    from scipy.linalg import cholesky, solve_triangular

    count = len(aspects[0][1])
    landmarks = np.random.default_rng(seed).permutation(count)[:LANDMARKS]
    kernel = np.zeros((count, len(landmarks)), np.float32)
    for share, aspect in aspects:
        kernel += np.float32(share) * _kernel(aspect, landmarks)
    among = kernel[landmarks]
    among[np.diag_indices_from(among)] += JITTER
    factor = cholesky(among, lower=True)
    return solve_triangular(factor, kernel.T, lower=True).T


def _kernel(aspect: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """Return float32 (n, m): how alike pictures are to landmarks, 1 for equal ones."""
    aspect = aspect.astype(np.float32, copy=False)
    scaled = (aspect - aspect.mean(axis=0)) / (aspect.std(axis=0) + 1e-6)
    apart = _squared_distances(scaled, scaled[landmarks])
    return np.exp(apart / -(float(np.median(apart)) or 1.0))


def _squared_distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    lengths = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1)
    return np.maximum(lengths - 2 * (first @ second.T), 0)


def _shared(groups: np.ndarray | None) -> list[np.ndarray]:
    if groups is None:
        return []
    order = np.argsort(groups, kind="stable")
    ends = np.flatnonzero(np.diff(groups[order])) + 1
    return [rows for rows in np.split(order, ends) if len(rows) > 1]
