"""The teacher: MobileNetV2 trained on ImageNet, run through the fastest frozen runtime."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tl_core.backbones import starter

LESSONS = {
    "stage1_block2": "block_2_add",
    "stage2_block1": "block_3_project_BN",
    "stage2_block2": "block_5_add",
    "stage3_block1": "block_6_project_BN",
    "stage3_block2": "block_7_add",
    "stage3_block3": "block_8_add",
    "stage3_block4": "block_9_add",
    "stage4_block1": "block_10_project_BN",
    "stage4_block2": "block_11_add",
    "stage4_block3": "block_12_add",
    "stage5_block1": "block_13_project_BN",
    "stage5_block2": "block_14_add",
    "stage5_block3": "block_15_add",
    "stage6_block1": "block_16_project_BN",
    starter.TOP: "out_relu",
}
"""Block of the student, input first, and the tensor of the teacher that it is taught: one of the
same resolution and width. From the third stage on, each of its blocks learns one of the teacher's
with half as many channels inside."""
LESSON_MAPS = tuple(LESSONS.values())
MIDDLE_LESSON = LESSON_MAPS.index("block_12_add")
FINAL_MAPS = (LESSON_MAPS[MIDDLE_LESSON], LESSON_MAPS[-1])
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
        return lambda pictures: [np.asarray(y) for y in network.predict_on_batch(pictures)]
    named = hashlib.sha256("-".join(maps).encode()).hexdigest()[:12]
    file = cache / f"teacher-{named}-{size_px}-{count}.tflite"
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
        return {f"map_{number:02}": y for number, y in enumerate(maps)}

    frozen = convert_to_constants.convert_variables_to_constants_v2(run.get_concrete_function())
    return tf.lite.TFLiteConverter.from_concrete_functions([frozen]).convert()
