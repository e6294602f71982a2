"""The `.tflite` file a person takes home: decoded examples of one size in, probabilities out.

Scaling and temperature are inside. LiteRT has no resizing with antialiasing, so examples come at the
size of the network; the script beside the file brings them to it by the app's own code. Labels and
what tells "none of these" lie in a zip behind the model, as MediaPipe and ML Kit expect it.

Reference:
    https://ai.google.dev/edge/litert/conversion/tensorflow/metadata
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tl_core.export.formats import litert_graph as graph
from tl_core.export.formats import litert_metadata as metadata
from tl_core.export.formats.script import Backend
from tl_core.modalities import registry as modalities
from tl_core.models import detector_file, persist
from tl_core.tasks import registry

if TYPE_CHECKING:
    import keras

MODEL = "model.tflite"
LABELS = "labels.txt"
CLASSES = "classes.json"
UNKNOWNS = "unknowns.npz"
IMAGE = "image"

Shrink = Callable[[bytes], bytes]
"""Takes a float file with its names to one with smaller weights."""

BACKEND = Backend(
    file="predict.py",
    packages='"ai-edge-litert>=1.0.1" numpy',
    load=f"""
file = pathlib.Path(__file__).with_name("{MODEL}")
_archive = zipfile.ZipFile(file)
names = json.loads(_archive.read("{CLASSES}"))
stored = _archive.read("{UNKNOWNS}") if "{UNKNOWNS}" in _archive.namelist() else None
model = Interpreter(str(file), num_threads=os.cpu_count())
_ask = model.get_signature_runner("{graph.USUAL}" if stored is None else "{graph.LOOKING}")


def asked(opened):
    \"\"\"Return the answers to one opened example and, where they are of use, what the backbone saw.\"\"\"
    told = _ask({graph.INPUT}=fitted(opened[0])[None])
    return told["{graph.ANSWERS}"], told.get("{graph.FEATURES}")
""",
    imports=("os", "zipfile"),
    needs="from ai_edge_litert.interpreter import Interpreter",
    is_fixed=True,
)


def write(model_dir: Path, file: Path, shrink: Shrink | None = None, *, half: bool = False) -> None:
    """Write the trained model of `model_dir` as one `.tflite` file. Imports Keras and TensorFlow.

    Args:
        model_dir: the model's folder.
        file: to write.
        shrink: makes the weights smaller; None keeps them as they are.
        half: whether weights are kept in 16 bits; the network still calculates with 32.

    Raises:
        UserError: when the model cannot be rebuilt; see `persist.load_model`.
    """
    assembled = persist.load_model(model_dir)
    described = assembled.description
    detector = detector_file.load(model_dir, described.tail_sha256)
    model = persist.fitted(assembled)
    raw = graph.named(converted(model, 1 if detector is None else 2, half=half))
    beside = {LABELS: labels(described), CLASSES: _classes(described)}
    if detector is not None:
        beside[UNKNOWNS] = detector.packed()
    about = about_itself(described)
    raw = raw if shrink is None else shrink(raw)
    file.write_bytes(graph.finished(raw, about, metadata.NAME, beside))


def converted(model: "keras.Model", outputs: int, *, half: bool = False) -> bytes:
    """Return a Keras model as a LiteRT file that takes one example at a time. Imports TensorFlow.

    The variables are frozen into constants first: a third of the time that the converter takes
    for a Keras model.

    Args:
        model: one input; answers and features as outputs.
        outputs: how many of these are wanted.
        half: whether weights are kept in 16 bits.
    """
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    given = model.inputs[0]
    signature = [tf.TensorSpec((1, *given.shape[1:]), given.dtype)]
    function = tf.function(lambda x: model(x, training=False)[:outputs], input_signature=signature)
    frozen = convert_variables_to_constants_v2(function.get_concrete_function())
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    if half:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    return converter.convert()


def labels(described: persist.Description) -> bytes:
    """Return the names of a model's answers, one a line, as other programs read them."""
    return "\n".join(" ".join(name.split()) for name in described.classes).encode() + b"\n"


def about_itself(described: persist.Description) -> bytes:
    """Return what the file says of itself to MediaPipe and ML Kit."""
    from tl_core.backbones import catalogue

    task, record = registry.get(described.task), catalogue.get(described.backbone)
    is_image = modalities.of(described).media_type == IMAGE
    given = metadata.Tensor(graph.INPUT, "An example at the size of the network.", is_image)
    told = metadata.Tensor(
        graph.ANSWERS,
        "What the model answers: see the labels.",
        labels=LABELS if task.names_classes else "",
    )
    return metadata.written(
        f"Graft on {record.title}", task.purpose, [given], [told], record.weights_license
    )


def _classes(described: persist.Description) -> bytes:
    return json.dumps(described.classes, ensure_ascii=False, indent=1).encode()
