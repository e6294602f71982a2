"""The SavedModel a person takes home: opened examples (pictures of any size) in, answers and features out.

As in the `.keras` file everything is inside, resizing too. TensorFlow runs it, in C++ as well, and
TensorFlow Serving does. What else is known lies in `assets.extra`, which TensorFlow leaves alone.

Reference:
    https://www.tensorflow.org/guide/saved_model
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tl_core.export.formats import beside_model
from tl_core.export.formats.script import Backend
from tl_core.models import persist

if TYPE_CHECKING:
    import keras

MODEL = "saved_model"
EXTRA = "assets.extra"
GIVEN = "examples"
ANSWERS, FEATURES = "answers", "features"
LEAST_RUNTIME = "2.16"
"""Of TensorFlow; it was run and answered alike."""

_LOAD = f"""
folder = pathlib.Path(__file__).with_name("{MODEL}")
_extra = folder / "{EXTRA}"
{beside_model.reading("_extra")}
_loaded = tf.saved_model.load(str(folder))
model = _loaded.signatures["serving_default"]


def asked(opened):
    \"\"\"Return the answers to one opened example, and what the backbone saw.\"\"\"
    told = model({GIVEN}=tf.constant(opened))
    return told["{ANSWERS}"].numpy(), told["{FEATURES}"].numpy()
"""
BACKEND = Backend(
    file="predict.py",
    packages=f'"tensorflow>={LEAST_RUNTIME}"',
    load=_LOAD,
    needs="import tensorflow as tf",
)


def write(model_dir: Path, file: Path) -> None:
    """Write the trained model of `model_dir` as a SavedModel, the folder `file`. Imports Keras and TensorFlow.

    Raises:
        UserError: when the model cannot be rebuilt; see `persist.load_model`.
    """
    assembled = persist.load_model(model_dir)
    _export(persist.with_features(assembled), file)
    beside_model.write(model_dir, assembled.description, file / EXTRA)


def _export(model: keras.Model, folder: Path) -> None:
    """Write a model with one signature, whose input and outputs have names."""
    import keras
    import tensorflow as tf

    def answered(examples: Any) -> dict[str, Any]:
        answers, features = model(examples, training=False)
        return {ANSWERS: answers, FEATURES: features}

    given: Any = model.inputs[0]
    # What the endpoint uses is kept by itself; a model that is tracked besides would be kept twice.
    archive: Any = keras.export.ExportArchive()  # its published types are too narrow
    archive.add_endpoint("serve", answered, [tf.TensorSpec(given.shape, given.dtype, GIVEN)])
    archive.write_out(str(folder), verbose=False)
