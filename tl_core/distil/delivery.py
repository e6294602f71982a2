"""The two files that the starter backbone is shipped as."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
from safetensors.numpy import save_file

ops: Any = keras.ops  # its published types are too narrow


def write_weights(model: keras.Model, path: Path) -> None:
    """Write kernels as float16 and normalisation as float32, under their Keras paths."""
    tensors = {}
    for variable in model.variables:
        values = ops.convert_to_numpy(variable)
        kind = np.float16 if variable.path.endswith("/kernel") else np.float32
        tensors[variable.path] = np.ascontiguousarray(values.astype(kind))
    save_file(tensors, path)


def write_pooled(model: keras.Model, size_px: int, path: Path) -> None:
    """Write the average-pooled network as a LiteRT file with float16 weights, any batch size.

    Needs the TensorFlow backend; with another, convert later from the weights.
    """
    if keras.backend.backend() != "tensorflow":
        return
    import tensorflow as tf
    from tensorflow.python.framework import convert_to_constants

    signature = [tf.TensorSpec((None, size_px, size_px, 3), tf.float32)]

    @tf.function(input_signature=signature)
    def pooled(pictures):
        return tf.reduce_mean(model(pictures, training=False), axis=(1, 2))

    frozen = convert_to_constants.convert_variables_to_constants_v2(pooled.get_concrete_function())
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]
    path.write_bytes(converter.convert())
