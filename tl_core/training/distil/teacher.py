"""The teacher: MobileNetV2 trained on ImageNet, run through the fastest frozen runtime."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

# What each stage of the student is taught: the teacher's tensor at the same resolution.
STAGE_MAPS = ("block_2_add", "block_5_add", "block_12_add", "block_15_add", "out_relu")
FINAL_MAPS = ("block_12_add", "out_relu")
SOURCE_SIZE_PX = 224

Teacher = Callable[[np.ndarray], list[np.ndarray]]


def model(maps: tuple[str, ...], size_px: int) -> keras.Model:
    """MobileNetV2 1.0 with the named maps as outputs."""
    make: Any = keras.applications.MobileNetV2
    shape = (SOURCE_SIZE_PX, SOURCE_SIZE_PX, 3)
    source = make(input_shape=shape, include_top=False, weights="imagenet")
    network = make(input_shape=(size_px, size_px, 3), include_top=False, weights=None)
    network.set_weights(source.get_weights())
    return keras.Model(network.input, [network.get_layer(name).output for name in maps])


def load(maps: tuple[str, ...], size_px: int, count: int, cache: Path, threads: int) -> Teacher:
    """A function from pictures (count, size, size, 3) to the named maps, all float32 NHWC."""
    if keras.backend.backend() != "tensorflow":
        network = model(maps, size_px)
        return lambda pictures: [
            np.asarray(keras.ops.convert_to_numpy(y)) for y in network(pictures, training=False)
        ]
    file = cache / f"teacher-{'-'.join(maps)}-{size_px}-{count}.tflite"
    if not file.exists():
        cache.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_convert(model(maps, size_px), size_px, count))
    return _litert(file, threads)


def _litert(file: Path, threads: int) -> Teacher:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(file), num_threads=threads)
    interpreter.allocate_tensors()
    place = interpreter.get_input_details()[0]["index"]
    outputs = [d["index"] for d in interpreter.get_output_details()]

    def run(pictures: np.ndarray) -> list[np.ndarray]:
        interpreter.set_tensor(place, pictures)
        interpreter.invoke()
        return [interpreter.get_tensor(output) for output in outputs]

    return run


def _convert(network: keras.Model, size_px: int, count: int) -> bytes:
    import tensorflow as tf
    from tensorflow.python.framework import convert_to_constants

    @tf.function(input_signature=[tf.TensorSpec((count, size_px, size_px, 3), tf.float32)])
    def run(pictures):  # numbered names keep the order of the outputs
        maps = network(pictures, training=False)
        return {f"map_{number}": y for number, y in enumerate(maps)}

    frozen = convert_to_constants.convert_variables_to_constants_v2(run.get_concrete_function())
    return tf.lite.TFLiteConverter.from_concrete_functions([frozen]).convert()
