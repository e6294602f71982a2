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

from tl_core.export.formats import frozen_graph
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
LEAST_RUNTIME = "1.2.0"
"""Of ai-edge-litert, the first one for NumPy 2; files of all three formats were run by it."""

Shrink = Callable[[bytes], bytes]
"""Takes a float file with its names to one with smaller weights."""

_LOAD = f"""
file = pathlib.Path(__file__).with_name("{MODEL}")
_archive = zipfile.ZipFile(file)
names = json.loads(_archive.read("{CLASSES}"))
stored = _archive.read("{UNKNOWNS}") if "{UNKNOWNS}" in _archive.namelist() else None
content = bytearray(file.read_bytes())
if stored is not None:  # besides its answers the model is to tell what the backbone saw
    _place = int(_archive.read("{graph.OUTPUTS_AT}"))
    content[_place : _place + 4] = (2).to_bytes(4, "little")
model = Interpreter(model_content=bytes(content), num_threads=os.cpu_count())
model.allocate_tensors()
_input = model.get_input_details()[0]["index"]
_outputs = [each["index"] for each in model.get_output_details()]


def asked(opened):
    \"""Return the answers to one opened example and, where they are of use, what the backbone saw.\"""
    model.set_tensor(_input, fitted(opened[0])[None])
    model.invoke()
    answers, *features = (model.get_tensor(each) for each in _outputs)
    return answers, features[0] if features else None
"""
BACKEND = Backend(
    file="predict.py",
    packages=f'"ai-edge-litert>={LEAST_RUNTIME}" numpy',
    load=_LOAD,
    imports=("os", "zipfile"),
    needs="from ai_edge_litert.interpreter import Interpreter",
    is_fixed=True,
)


def write(model_dir: Path, file: Path, shrink: Shrink | None = None) -> None:
    """Write the trained model of `model_dir` as one `.tflite` file. Imports Keras and TensorFlow.

    Args:
        model_dir: the model's folder.
        file: to write.
        shrink: makes the weights smaller; None keeps them as they are.

    Raises:
        UserError: when the model cannot be rebuilt; see `persist.load_model`.
    """
    assembled = persist.load_model(model_dir)
    described = assembled.description
    detector = detector_file.load(model_dir, described.tail_sha256)
    model = persist.fitted(assembled)
    raw = graph.named(converted(model, 1 if detector is None else 2))
    beside = {LABELS: labels(described), CLASSES: _classes(described)}
    if detector is not None:
        beside[UNKNOWNS] = detector.packed()
    about = about_itself(described)
    raw = raw if shrink is None else shrink(raw)
    file.write_bytes(graph.finished(raw, about, metadata.NAME, beside))


def converted(model: "keras.Model", outputs: int) -> bytes:
    """Return a Keras model as a LiteRT file that takes one example at a time. Imports TensorFlow.

    Args:
        model: one input; answers and features as outputs.
        outputs: how many of these are wanted.
    """
    import tensorflow as tf

    frozen = frozen_graph.of(model, outputs)
    return tf.lite.TFLiteConverter.from_concrete_functions([frozen]).convert()


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
