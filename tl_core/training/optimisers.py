"""Optimisers with a learning rate of its own for every weight (imports keras)."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from tl_core.config import TrainConfig

NOT_DECAYED = ("bias", "gamma", "beta")
"""Shrinking these towards zero changes what a layer lets through, not how complex it is."""

Rate = Callable[[keras.Variable], float]
"""A weight's share of the learning rate."""


def build(config: TrainConfig, rate: Rate = lambda variable: 1.0) -> keras.optimizers.Optimizer:
    """Return the optimiser that `config` names.

    Args:
        config: optimiser, learning rate, momentum and weight decay.
        rate: each weight's share of the learning rate; stages near the input take a small one.
    """
    if config.optimizer == "sgd":
        kind, options = keras.optimizers.SGD, {"momentum": config.momentum}
    elif config.optimizer == "adamw":
        kind, options = keras.optimizers.AdamW, {"weight_decay": config.weight_decay}
    else:
        kind, options = keras.optimizers.Adam, {}
    optimiser = _with_rates(kind, rate)(learning_rate=config.learning_rate, **options)
    if config.optimizer == "adamw":
        optimiser.exclude_from_weight_decay(var_names=list(NOT_DECAYED))
    return optimiser


def stage_rate(config: TrainConfig, below_top: int) -> float:
    """Return the share of the learning rate for a stage `below_top` stages under the last one.

    Reference:
        Howard and Ruder 2018, Universal language model fine-tuning. arXiv:1801.06146.
    """
    return config.tail_rate * config.stage_decay**below_top


def _with_rates(kind: type[Any], rate: Rate) -> type[Any]:
    class PerWeight(kind):
        """The optimiser `kind`; each update is scaled by the weight's own rate.

        The learning rate is scaled rather than the gradient, which Adam would normalise away.
        """

        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            own = self._trainable_variables[self._get_variable_index(variable)]
            super().update_step(gradient, variable, learning_rate * rate(own))

    PerWeight.__name__ = kind.__name__
    return PerWeight


def arrays(optimiser: keras.optimizers.Optimizer) -> list[Any]:
    """Return the optimiser's whole state as NumPy arrays, in a fixed order."""
    return [np.array(variable.value) for variable in optimiser.variables]


def restore(optimiser: keras.optimizers.Optimizer, values: Sequence[Any]) -> None:
    """Set the state that `arrays` returned; the optimiser must be built."""
    for variable, value in zip(optimiser.variables, values, strict=True):
        variable.assign(value)
