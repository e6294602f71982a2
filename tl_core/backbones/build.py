"""Builds backbones with Keras, with weights that are already on this machine.

Imports Keras inside its functions; only workers call them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from tl_core.backbones import catalogue, weight_files, weights

if TYPE_CHECKING:
    import keras

Weights = Literal["pretrained"]
PREFIX = "backbone"
"""How the names of weights begin in a file of all weights of a backbone."""

_ROOTS_SQUARED = (0.229, 0.224, 0.225)
"""What EfficientNet's file holds as variance: ImageNet's standard deviations, not their squares."""


def backbone(name: str, size: int = 0, weights_from: Weights | None = "pretrained") -> keras.Model:
    """Return the network called `name` without its top.

    Preprocessing is never inside: the input is what `Modality.scale` gives.

    Args:
        name: key in the catalogue.
        size: size of what it will see, such as the side of a square; 0 means its own.
        weights_from: "pretrained", or None for random weights.

    Returns:
        For pictures float32 (n, size, size, 3) to float32 (n, h, w, channels).

    Raises:
        UserError: "backbone", "picture-size", or "weights-missing" when the weights are not on
            this machine (nothing is downloaded here).
    """
    import keras

    record = catalogue.get(name)
    shape = record.input_shape(catalogue.size_for(name, size))
    if record.card is not None:
        model = backbone(record.architecture, catalogue.size_for(name, size), None)
        if weights_from:
            weight_files.fill(weight_files.layer_variables(PREFIX, model), weights.locate(name))
    elif record.embedded_in is not None:
        model = record.embedded_in.build(shape, weights_from)
    elif record.family == "EfficientNetLite":
        from tl_core.backbones import efficientnet_lite

        model = efficientnet_lite.build(shape, **record.arguments)
        if weights_from:
            efficientnet_lite.load(model, weights.locate(name))
    else:
        file = weights.locate(name) if weights_from else None
        builder = getattr(keras.applications, record.builder)
        model = builder(input_shape=shape, include_top=False, weights=None, **record.arguments)
        if file is not None:
            weights.load(model, file)
        if record.family == "EfficientNet":
            model = _without_preprocessing(model, loaded=file is not None)
    return model


def _without_preprocessing(model: keras.Model, *, loaded: bool) -> keras.Model:
    """Cut away EfficientNet's own rescaling and normalisation.

    The published file divides by the deviation's root here, and Keras adds a division by the
    other root when it loads ImageNet weights by itself: together they are the "torch"
    preprocessing, which ours does outside.
    """
    import keras

    norm = next(layer for layer in model.layers if hasattr(layer, "adapt_variance"))
    if loaded and not np.allclose(np.ravel(norm.adapt_variance), _ROOTS_SQUARED, atol=1e-3):
        raise ValueError(f"{model.name}: normalisation is not that of the published weights")
    stem = model.get_layer("stem_conv_pad")
    return keras.Model(stem.input, model.output, name=model.name)
