"""The best linear head, found exactly: no learning rate, no epochs, seconds.

Imports no TensorFlow, so a light process can answer while the heavy one still loads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_core.base.errors import UserError
from tl_core.tasks import strength

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

L2_PATH = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003)
"""Strengths tried from strong to weak, each starting where the one before ended."""
L2_WITHOUT_VALIDATION = 0.03
RIDGE_PATH = (100.0, 30.0, 10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01)
"""The same for numbers: a squared error follows noise further, so it needs stronger ones."""
RIDGE_WITHOUT_VALIDATION = 10.0
AT_ONCE = 1024
"""Rows multiplied together in float64."""
HELD_BYTES = 256 * 1024**2
"""Features of a data set that lie in memory; more lie in a file, and pass through it."""
FIT_BYTES = 512 * 1024**2
"""What the features solved on may take, with all that is worked out for each picture."""
LEAST_VARYING = 0.1
"""Features that vary less than by this share of what is usual are not scaled up to vary as much as others."""
Solved = tuple[np.ndarray, np.ndarray, float]
"""Weights (d, k) and biases (k,) for standardised features, and the strength that they are of."""


@dataclass(frozen=True, slots=True)
class Linear:
    """`features @ weights + bias`, on raw features.

    Attributes:
        weights: float32 (d, k).
        bias: float32 (k,).
        l2: strength that validation chose.
    """

    weights: np.ndarray
    bias: np.ndarray
    l2: float

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Return logits (or predicted targets), float32 (n, k)."""
        return features.astype(np.float32, copy=False) @ self.weights + self.bias

    def of(self, features: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return logits (or predicted targets) for some rows, int (n,), of features that may lie in a file."""
        blocks = [rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE)]
        return np.concatenate([self(features[block]) for block in blocks or [rows]])


def fit_bytes(count: int, width: int, outputs: int) -> int:
    """Return what solving on so many pictures of `width` features takes."""
    return 4 * count * (width + 3 * outputs)


def spread(answers: np.ndarray, most: int) -> np.ndarray:
    """Return the places of at most `most` answers, int, in order: all, or each class in its share.

    Which ones of a class is random, and the same every time. Numbers are spread over their range.
    """
    count = len(answers)
    if count <= most:
        return np.arange(count)
    by = answers if answers.ndim == 1 else answers[:, 0]
    order = np.lexsort((np.random.default_rng(0).random(count), by))
    return np.sort(order[np.arange(most) * count // most])


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return probabilities over the last axis, float64, whatever the size of the logits."""
    logits = logits.astype(np.float64)
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def cross_entropy(
    logits: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None
) -> float:
    """Return the mean negative log likelihood (nats) of `labels`, int (n,).

    Args:
        logits: float (n, classes).
        labels: int (n,).
        weights: float (n,), how much each counts; None weighs all alike.
    """
    return float(np.average(negative_log_likelihoods(logits, labels), weights=weights))


def negative_log_likelihoods(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return how unlikely each of `labels`, int (n,), is by logits (n, classes): float64 (n,), in nats."""
    logits = logits.astype(np.float64)
    top = logits.max(axis=1)
    log_total = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
    return log_total - logits[np.arange(len(labels)), labels]


def balance(labels: np.ndarray, classes: int) -> np.ndarray:
    """Return float64 (n,), mean 1: weights by which every class that there is counts alike.

    Args:
        labels: int (n,).
        classes: number of classes.
    """
    counts = np.bincount(labels, minlength=classes)
    return (len(labels) / (max(1, np.count_nonzero(counts)) * np.maximum(counts, 1)))[labels]


def fit_softmax(
    features: np.ndarray,
    labels: np.ndarray,
    classes: int,
    l2_path: Sequence[float] = L2_PATH,
    *,
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    sample_weights: np.ndarray | None = None,
    validation_weights: np.ndarray | None = None,
    max_iterations: int = 60,
    overwrite: bool = False,
) -> Linear:
    """Fit a multinomial logistic regression by L-BFGS, its strength chosen by validation.

    Minimises mean cross-entropy + l2/2 · ‖W‖² on standardised features (bias free), then
    folds the standardisation back so that the result applies to raw features.

    Args:
        features: float (n, d).
        labels: int (n,), 0 to classes - 1; or float (n, k), the share of each class.
        classes: k, at least 2.
        l2_path: strengths, strongest first.
        validation: features (m, d) and labels (m,); without it one middling strength is used, or
            the only one there is.
        sample_weights: float (n,), mean 1; None weighs all alike.
        validation_weights: float (m,), how much each counts in choosing; None weighs all alike.
        max_iterations: of L-BFGS, for each strength.
        overwrite: `features` may be changed, which spares a copy where they are float32.

    Raises:
        UserError: "features-not-finite" when the trunk gave NaN or infinity.

    Reference:
        Kumar et al. 2022, Fine-tuning can distort pretrained features. arXiv:2202.10054.
    """
    scaled, mean, deviation = standardised(features, overwrite)
    return chosen_by(
        validation,
        lambda path: (
            folded(*solved[:2], mean, deviation, solved[2])
            for solved in _path(scaled, labels, classes, path, sample_weights, max_iterations)
        ),
        negative_log_likelihoods,
        l2_path,
        validation_weights,
    )


def softmax_heads(
    features: np.ndarray,
    labels: np.ndarray,
    classes: int,
    l2_path: Sequence[float] = L2_PATH,
    *,
    sample_weights: np.ndarray | None = None,
    max_iterations: int = 60,
    as_they_are: bool = False,
) -> Iterator[Linear]:
    """Yield the head of `fit_softmax` for each strength, each begun from the one before.

    For who chooses a strength by several parts of the pictures. Arguments and faults as of `fit_softmax`, and
    whether features, float32, are penalised as they are, not standardised.
    """
    plain = (features, np.zeros(features.shape[1]), np.ones(features.shape[1]))
    scaled, mean, deviation = plain if as_they_are else standardised(features, False)
    solved = _path(scaled, labels, classes, l2_path, sample_weights, max_iterations)
    for weights, bias, l2 in solved:
        yield folded(weights, bias, mean, deviation, l2)


def chosen_by(
    validation: tuple[np.ndarray, np.ndarray] | None,
    solve: Callable[[Sequence[float]], Iterator[Linear]],
    losses_of: Callable[[np.ndarray, np.ndarray], np.ndarray],
    l2_path: Sequence[float],
    weights: np.ndarray | None = None,
) -> Linear:
    """Return the strongest head along a path of strengths that answers validation as well as the best.

    Args:
        validation: features (m, d) and what is true of them; without it see `fit_softmax`.
        solve: yields a head for each strength, each begun from the one before.
        losses_of: logits (m, k) and what is true to numbers, float (m,), the lower the better.
        l2_path: strengths, strongest first; see `strength.strongest`.
        weights: float (m,), how much each counts in choosing; None weighs all alike.

    Raises:
        UserError: "features-not-finite".
    """
    if validation is None or len(validation[1]) == 0:
        return next(solve(l2_path if len(l2_path) == 1 else (L2_WITHOUT_VALIDATION,)))
    features, truth = validation
    tried = ((head, losses_of(head(features), truth)) for head in solve(l2_path))
    chosen = strength.strongest(tried, weights)
    if chosen is None:
        raise not_finite()
    return chosen


def fit_ridge(
    features: np.ndarray,
    targets: np.ndarray,
    l2_path: Sequence[float] = RIDGE_PATH,
    *,
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    overwrite: bool = False,
) -> Linear:
    """Fit a ridge regression, its strength chosen by validation mean squared error.

    One decomposition, of products of pictures or of features, whichever are fewer, serves every
    strength.

    Args:
        features: float (n, d).
        targets: float (n, k), any unit.
        l2_path: strengths relative to the number of pictures.
        validation: features (m, d) and targets (m, k).
        overwrite: `features` may be changed, which spares a copy where they are float32.

    Raises:
        UserError: "features-not-finite".
    """
    scaled, mean, deviation = standardised(features, overwrite)
    centre = targets.mean(axis=0)
    by_picture = len(scaled) < scaled.shape[1]
    table = scaled.T if by_picture else scaled
    values, vectors = np.linalg.eigh(_products(table, table))
    aims = targets - centre
    projected = vectors.T @ (aims if by_picture else _products(scaled, aims))
    if validation is None or len(validation[1]) == 0:
        validation = None
        l2_path = l2_path if len(l2_path) == 1 else (RIDGE_WITHOUT_VALIDATION,)
    fits = []
    for l2 in l2_path:
        solved = vectors @ (projected / (values + l2 * len(targets))[:, None])
        weights = scaled.T @ solved if by_picture else solved
        fits.append(folded(weights, centre, mean, deviation, l2))
    if validation is None:
        return fits[0]
    held_features, held_targets = validation
    return min(fits, key=lambda fit: float(np.mean((fit(held_features) - held_targets) ** 2)))


def _products(table: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return `table.T @ other` in float64, (d, k), without a float64 copy of the table, (n, d)."""
    total = np.zeros((table.shape[1], other.shape[1]))
    for start in range(0, len(table), AT_ONCE):
        one, two = (each[start : start + AT_ONCE].astype(np.float64) for each in (table, other))
        total += one.T @ two
    return total


def _path(
    scaled: np.ndarray,
    labels: np.ndarray,
    classes: int,
    l2_path: Sequence[float],
    sample_weights: np.ndarray | None,
    max_iterations: int,
) -> Iterator[Solved]:
    count, width = scaled.shape
    shares = np.full(count, 1 / count, np.float32)
    if sample_weights is not None:
        shares = (sample_weights / sample_weights.sum()).astype(np.float32)
    targets = labels.astype(np.float32)
    if labels.ndim == 1:
        targets = np.zeros((count, classes), np.float32)
        targets[np.arange(count), labels] = 1

    def loss_and_gradient(flat: np.ndarray, l2: float) -> tuple[float, np.ndarray]:
        table = flat.reshape(width + 1, classes)
        weights = table[:-1].astype(np.float32)
        logits = scaled @ weights + table[-1].astype(np.float32)
        logits -= logits.max(axis=1, keepdims=True)
        if labels.ndim == 1:
            chosen = logits[np.arange(count), labels].copy()
        else:
            chosen = np.einsum("nk,nk->n", targets, logits)
        np.exp(logits, out=logits)
        total = logits.sum(axis=1, keepdims=True)
        loss = float(np.dot(shares, np.log(total[:, 0]) - chosen))
        logits /= total
        logits -= targets
        logits *= shares[:, None]
        gradient = np.empty_like(table)
        gradient[:-1] = scaled.T @ logits
        gradient[:-1] += l2 * table[:-1]
        gradient[-1] = logits.sum(axis=0)
        return loss + l2 / 2 * float(np.vdot(table[:-1], table[:-1])), gradient.ravel()

    yield from along(l2_path, loss_and_gradient, (width + 1, classes), max_iterations)


def along(
    l2_path: Sequence[float],
    loss_and_gradient: Callable[[np.ndarray, float], tuple[float, np.ndarray]],
    shape: tuple[int, int],
    max_iterations: int,
) -> Iterator[Solved]:
    """Minimise by L-BFGS for one strength after the other, each from where the last one ended.

    Args:
        l2_path: the strengths.
        loss_and_gradient: of a flat table (d + 1) * k, weights above biases, at a strength.
        shape: d + 1 and k.
        max_iterations: for each strength.

    Yields:
        Weights (d, k), biases (k,), and the strength that they are of.
    """
    minimize, threads = optimiser()
    flat = np.zeros(shape[0] * shape[1])
    for l2 in l2_path:
        with threads.limit(limits=1):
            found = minimize(
                loss_and_gradient,
                flat,
                args=(l2,),
                jac=True,
                method="L-BFGS-B",
                options={"maxiter": max_iterations, "ftol": 1e-6, "gtol": 1e-5},
            )
        flat = found.x
        table = flat.reshape(shape)
        yield table[:-1], table[-1], l2


@cache
def optimiser() -> tuple[Callable[..., Any], ThreadpoolController]:
    """Return SciPy's optimiser, and the threads of SciPy's own copy of BLAS.

    Between the optimiser's tiny products they wait busily, and take the cores from NumPy's copy,
    which makes the large ones. With one of them a solution takes a half to a seventh of the time.
    """
    from scipy.optimize import minimize  # 0.3 s that other users of this module need not pay
    from threadpoolctl import ThreadpoolController

    every = ThreadpoolController()
    paths = [each.filepath for each in every.lib_controllers]
    # scipy.libs on Linux and Windows, scipy/.dylibs on macOS; a BLAS that both share stays as it is.
    own = [
        path for path in paths if any(part.startswith("scipy") for part in Path(path).parts[:-1])
    ]
    return minimize, every.select(filepath=own)


def standardised(
    features: np.ndarray, overwrite: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return features (n, d) with mean 0 and, but for `LEAST_VARYING`, deviation 1; what was taken off, what divided by."""
    # At most one copy, changed in place: it may be large.
    scaled = features.astype(np.float32, copy=not overwrite)
    mean = scaled.mean(axis=0, dtype=np.float64)
    scaled -= mean.astype(np.float32)
    deviation = np.sqrt(np.einsum("nd,nd->d", scaled, scaled, dtype=np.float64) / len(scaled))
    if not (np.isfinite(mean).all() and np.isfinite(deviation).all()):
        raise not_finite()
    # A feature that never varies in training says nothing; scaling it up would only add noise. One that
    # hardly does would get a weight of thousands, and shout as soon as other examples do stir it.
    still = deviation < 1e-6 * max(1.0, float(np.abs(mean).max(initial=0)))
    usual = np.sqrt(np.mean(np.square(deviation))) if deviation.size else 0.0
    divisor = np.where(still, np.inf, np.maximum(deviation, LEAST_VARYING * usual))
    scaled /= divisor.astype(np.float32)
    return scaled, mean, divisor


def folded(
    weights: np.ndarray, bias: np.ndarray, mean: np.ndarray, deviation: np.ndarray, l2: float
) -> Linear:
    raw = weights / deviation[:, None]
    return Linear(raw.astype(np.float32), (bias - mean @ raw).astype(np.float32), l2)


def not_finite() -> UserError:
    return UserError(
        "features-not-finite",
        "The backbone answered with numbers that are not finite.",
        hint="Its weights file may be damaged; choose another backbone or fetch the weights again.",
    )
