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


def build(
    config: TrainConfig, rate: Rate = lambda variable: 1.0, mean_keeps: float | None = None
) -> keras.optimizers.Optimizer:
    """Return the optimiser that `config` names.

    Args:
        config: optimiser, learning rate, momentum and weight decay.
        rate: each weight's share of the learning rate; stages near the input take a small one.
        mean_keeps: the share of the running mean of the weights that each step leaves; None keeps none.
    """
    if config.steps.optimizer == "sgd":
        kind = keras.optimizers.SGD
        options = {"momentum": config.steps.momentum, "nesterov": config.steps.nesterov}
    elif config.steps.optimizer == "rmsprop":
        kind, options = keras.optimizers.RMSprop, {}
    elif config.steps.optimizer == "adamw":
        kind, options = keras.optimizers.AdamW, {"weight_decay": config.steps.weight_decay}
    else:
        kind, options = keras.optimizers.Adam, {}
    if mean_keeps is not None:
        options = {**options, "use_ema": True, "ema_momentum": mean_keeps}
    optimiser = _with_rates(kind, rate)(learning_rate=config.rate.learning_rate, **options)
    if config.steps.optimizer == "adamw":
        optimiser.exclude_from_weight_decay(var_names=list(NOT_DECAYED))
    return optimiser


def _with_rates(kind: type[Any], rate: Rate) -> type[Any]:
    class PerWeight(kind):
        """The optimiser `kind`; each update is scaled by the weight's own rate.

        The learning rate is scaled rather than the gradient, which Adam would normalise away.
        """

        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            own = self._trainable_variables[self._get_variable_index(variable)]
            super().update_step(gradient, variable, learning_rate * rate(own))

        def _apply_weight_decay(self, variables: Any) -> None:
            """Shrink each weight by its own rate too: a gentle stage is not to fade quickly."""
            if self.weight_decay is None:
                return
            for variable in variables:
                if self._use_weight_decay(variable):
                    decay = self.weight_decay * self.learning_rate * rate(variable)
                    variable.assign(variable - variable * decay)

        def _update_model_variables_moving_average(self, trainable_variables: Any) -> None:
            """Move the means from where they began; Keras's own forget that in the first step."""
            for variable, mean in zip(
                trainable_variables, self._model_variables_moving_average, strict=True
            ):
                mean.assign(mean * self.ema_momentum + variable * (1 - self.ema_momentum))

    PerWeight.__name__ = kind.__name__
    return PerWeight


def set_rate(optimiser: keras.optimizers.Optimizer, learning_rate: float) -> None:
    """Let the following steps be of this size."""
    optimiser.learning_rate = learning_rate


def forget(optimiser: keras.optimizers.Optimizer) -> None:
    """Forget past gradients and count steps anew, as if the optimiser had just been built.

    Weights that join later would else be corrected by averages that started at zero long ago. Running
    means of the weights themselves stay.
    """
    means = getattr(optimiser, "_model_variables_moving_average", ())
    kept = {id(variable) for variable in (optimiser._learning_rate, *means)}
    for variable in optimiser.variables:
        if id(variable) not in kept:
            variable.assign(np.zeros(variable.shape, variable.dtype))


def arrays(optimiser: keras.optimizers.Optimizer) -> list[Any]:
    """Return the optimiser's whole state as NumPy arrays, in a fixed order."""
    return [np.array(variable.value) for variable in optimiser.variables]


def restore(optimiser: keras.optimizers.Optimizer, values: Sequence[Any]) -> None:
    """Set the state that `arrays` returned; the optimiser must be built."""
    for variable, value in zip(optimiser.variables, values, strict=True):
        variable.assign(value)
