"""Weights averaged over the last epochs: which ones a training is judged by, and hands over (imports keras).

The optimiser keeps a running mean of every weight that learns, step by step, and a checkpoint keeps it
with the rest of the optimiser's state. The mean begins as the weights that training starts from, the
exact head among them, so that it never leans towards zero. Batch normalisation that does not learn
needs nothing: its statistics are those of every weight in the mean alike. Where it learns, the latest
statistics are used.

Reference:
    Izmailov et al. 2018, Averaging weights leads to wider optima and better generalization.
    arXiv:1803.05407; here with weights that fade, as in Polyak and Juditsky 1992.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from tl_core.config import TrainConfig


def keeps(config: TrainConfig, steps_per_epoch: int) -> float | None:
    """Return the share of the mean that each step leaves, None where nothing is averaged.

    A step counts 1/e of the latest one once `averaging` epochs have passed since.
    """
    steps = config.steps.averaging * steps_per_epoch
    return math.exp(-1 / steps) if steps else None


@contextmanager
def judged(model: keras.Model, optimiser: Any) -> Iterator[list[np.ndarray]]:
    """Let `model` have the weights that it is judged by and tell them; afterwards it learns on from its own.

    Args:
        model: what is trained.
        optimiser: of `optimisers.build`, built on the weights of `model`.
    """
    if not optimiser.use_ema:
        yield weights(model)
        return
    own = weights(model)
    for variable, mean in _means(optimiser):
        variable.assign(mean.value)
    try:
        yield weights(model)
    finally:
        assign(model, own)


def begin(optimiser: Any) -> None:
    """Let every mean begin as the weight is now."""
    for variable, mean in _means(optimiser):
        mean.assign(variable.value)


def weights(model: keras.Model) -> list[np.ndarray]:
    """Return everything that `model` has learnt, copied, in a fixed order."""
    return [np.array(variable.value) for variable in model.variables]


def assign(model: keras.Model, values: list[np.ndarray]) -> None:
    """Set what `weights` returned."""
    for variable, value in zip(model.variables, values, strict=True):
        variable.assign(value)


def _means(optimiser: Any) -> list[tuple[Any, Any]]:
    """Return each weight that learns with its running mean."""
    if not optimiser.use_ema:
        return []
    pairs = zip(
        optimiser._trainable_variables, optimiser._model_variables_moving_average, strict=True
    )
    return list(pairs)
