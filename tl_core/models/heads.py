"""Heads: from a backbone's last map to one number for each class."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tl_core.config import Pooling, TrainConfig

if TYPE_CHECKING:
    import keras

Shape = tuple[int, ...]


def head(config: TrainConfig, input_shape: Shape, outputs: int) -> keras.Model:
    """Return a new head. Imports Keras.

    Average pooling or flattening, then any hidden layers (each with dropout before it), then a
    plain dense layer. The answers are logits: what comes before the softmax.

    Args:
        config: the settings of the head and the seed are read.
        input_shape: sides and channels of the map; channels alone when it has none, or has
            already been averaged.
        outputs: number of classes, or of numbers to predict.

    Returns:
        float32 (n, *input_shape) to float32 (n, outputs).
    """
    import keras
    from keras import layers

    def dense(units: int, number: int, **details: Any) -> Any:
        details["kernel_initializer"] = keras.initializers.GlorotUniform(
            config.course.seed + number
        )
        details["kernel_regularizer"] = (
            keras.regularizers.L2(config.head.l2) if config.head.l2 else None
        )
        return layers.Dense(units, **details)

    inputs = keras.Input(input_shape, name="map")
    sides = len(input_shape) - 1
    x: Any = _pooled(config.head.pooling, sides)(inputs) if sides else inputs
    for number, units in enumerate(config.head.hidden_units, 1):
        x = _dropped(x, config, number)
        x = dense(units, number, activation="relu", name=f"hidden_{number}")(x)
    x = _dropped(x, config, 0)
    return keras.Model(inputs, dense(outputs, 0, name="logits")(x), name="head")


def penalise(tail: keras.Model, l2: float) -> None:
    """Add the squares of the kernels of `tail` to the loss while they learn, as for the head's own.

    Biases and batch normalisation stay free: shrinking them changes what a layer lets through, not
    how complex it is. Imports Keras.
    """
    import keras

    for variable in tail.variables if l2 else ():
        if variable.name.endswith("kernel"):
            variable.regularizer = keras.regularizers.L2(l2)


def pull_back(tail: keras.Model, strength: float) -> None:
    """Add the squared distance of `tail` from its weights of this moment to the loss, times `strength`.

    Of weights that learn, that is; shrinking them instead, as `penalise` does, forgets what was learnt
    in pretraining. The head is none of `tail`. Imports Keras.

    Reference:
        Li et al. 2018, Explicit inductive bias for transfer learning with convolutional networks.
        arXiv:1802.01483.
    """
    for variable in tail.variables if strength else ():
        variable.regularizer = _toward(variable, strength, variable.regularizer)


def _toward(variable: Any, strength: float, beside: Any) -> Any:
    """Return a regularizer that draws `variable` to its value of now, with the one that it has `beside`."""
    from keras import ops

    began: Any = ops.copy(variable.value)

    def penalty(weights: Any) -> Any:
        distance: Any = ops.sum(ops.square(weights - began))
        pull = strength * distance
        return pull if beside is None else pull + beside(weights)

    return penalty


def parameters(config: TrainConfig, input_shape: Shape, outputs: int) -> int:
    """Return how many parameters a head has, without building it."""
    return sum(map(math.prod, shapes(config, input_shape, outputs).values()))


def shapes(config: TrainConfig, input_shape: Shape, outputs: int) -> dict[str, Shape]:
    """Return the shape of each weight as "LAYER/kernel" and "LAYER/bias", without building a head."""
    width = input_shape[-1] if config.head.pooling == "average" else math.prod(input_shape)
    found: dict[str, Shape] = {}
    names = [f"hidden_{number}" for number in range(1, len(config.head.hidden_units) + 1)]
    for name, units in zip((*names, "logits"), (*config.head.hidden_units, outputs), strict=True):
        found[f"{name}/kernel"], found[f"{name}/bias"] = (width, units), (units,)
        width = units
    return found


def _pooled(pooling: Pooling, sides: int) -> Any:
    from keras import layers

    if pooling == "flatten":
        return layers.Flatten(name="flatten")
    kind = layers.GlobalAveragePooling1D if sides == 1 else layers.GlobalAveragePooling2D
    return kind(name="average")


def _dropped(x: Any, config: TrainConfig, number: int) -> Any:
    from keras import layers

    if not config.head.dropout:
        return x
    return layers.Dropout(
        config.head.dropout, seed=config.course.seed + number, name=f"dropout_{number}"
    )(x)
