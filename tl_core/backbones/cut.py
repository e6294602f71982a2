"""Divides a backbone at a cut, and says which layers of the tail learn. Imports Keras."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import keras

from tl_core.backbones import liveness

if TYPE_CHECKING:
    from tl_core.backbones.stages import Cut


def split(base: keras.Model, cut: Cut) -> tuple[keras.Model, keras.Model]:
    """Return the part of `base` below the cut and the part above it; both share its layers.

    One after the other they compute what `base` computes. With nothing to train, the tail passes
    its input on; with everything to train, the trunk does.

    Args:
        base: from `build.backbone`.
        cut: from `stages.cut_for`.

    Returns:
        trunk: float32 pictures (n, h, w, 3) to the crossing tensor.
        tail: the crossing tensor to the backbone's output.
    """
    tensor = liveness.crossing(base, cut.node_index)
    trunk = keras.Model(base.input, tensor, name="trunk")
    if tensor is base.output:
        return trunk, _passing_on(tensor)
    if cut.node_index == 0:
        return trunk, base
    return trunk, keras.Model(tensor, base.output, name="tail")


def set_trainable(
    tail: keras.Model, train_batch_norm: bool = False, frozen: Collection[str] = ()
) -> int:
    """Let every layer of `tail` learn, batch normalisation only when asked.

    A frozen batch normalisation uses the statistics learnt in pretraining: small batches would
    overwrite them.

    Args:
        tail: from `split`; its layers also belong to the whole network.
        train_batch_norm: also learn its scale and shift, and update its statistics.
        frozen: paths of weights that are not to learn; a layer with one of them does not.

    Returns:
        Number of parameters that now learn.

    Reference:
        Ioffe and Szegedy 2015, Batch Normalization. arXiv:1502.03167.
    """
    for layer in within(tail):
        norm = isinstance(layer, keras.layers.BatchNormalization)
        is_held = not hasattr(layer, "layers") and any(v.path in frozen for v in layer.variables)
        layer.trainable = (train_batch_norm or not norm) and not is_held
    return sum(math.prod(variable.shape) for variable in tail.trainable_variables)


def stage_of_variable(base: keras.Model, entries: list[int]) -> dict[int, int]:
    """Return for each variable (by `id`) the position of its stage.

    Args:
        base: the whole backbone.
        entries: `node_index` of each stage, input first.
    """
    positions: dict[int, int] = {}
    for index, operation in enumerate(base.operations):
        stage = sum(index > entry for entry in entries) - 1
        for variable in getattr(operation, "variables", ()):
            positions[id(variable)] = max(stage, 0)
    return positions


def _passing_on(tensor: Any) -> keras.Model:
    inputs = keras.Input(tensor.shape[1:], name="features")
    return keras.Model(inputs, inputs, name="tail")


def within(layer: Any) -> list[Any]:
    """Return `layer` and every layer inside it, the outer ones first.

    Setting `trainable` on a model reaches the layers inside only when the value changes.
    """
    return [layer, *(leaf for child in getattr(layer, "layers", ()) for leaf in within(child))]
