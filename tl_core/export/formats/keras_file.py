"""The `.keras` file a person takes home: opened examples (pictures of any size) in, probabilities out.

Nothing but stock Keras is inside, so that plain `keras.saving.load_model` reads it, safe mode on.
Class names lie in the same archive as `classes.json`, and what tells "none of these", where the model
can, as `unknowns.npz`: Keras leaves both alone.
"""

import json
import zipfile
from pathlib import Path

from tl_core.export.formats import script as scripts
from tl_core.export.formats.script import Backend
from tl_core.models import detector_file, persist

CLASSES = "classes.json"
MODEL = "model.keras"
UNKNOWNS = "unknowns.npz"

_LOAD = f"""
file = pathlib.Path(__file__).with_name("{MODEL}")
model, _archive = keras.saving.load_model(file), zipfile.ZipFile(file)
names = json.loads(_archive.read("{CLASSES}"))
stored = _archive.read("{UNKNOWNS}") if "{UNKNOWNS}" in _archive.namelist() else None
if stored is not None:
    looking = keras.Model(model.inputs, [model.outputs[0], model.get_layer("{persist.LAST_MAP}").output])


def asked(opened):
    \"\"\"Return the answers to one opened example and, where they are of use, what the backbone saw.\"\"\"
    if stored is None:
        return model.predict_on_batch(opened), None
    answers, seen = looking.predict_on_batch(opened)
    return answers, seen.mean(axis=tuple(range(1, seen.ndim - 1))) if seen.ndim > 2 else seen
"""
BACKEND = Backend(
    file="use_model.py",
    packages='"keras>=3.10" tensorflow',
    load=_LOAD,
    imports=("zipfile",),
    needs="import keras",
)


def write(model_dir: Path, file: Path) -> None:
    """Write the trained model of `model_dir` as one `.keras` file. Imports Keras.

    Raises:
        UserError: when the model cannot be rebuilt; see `persist.load_model`.
    """
    assembled = persist.load_model(model_dir)
    persist.whole(assembled).save(file)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(
            CLASSES, json.dumps(assembled.description.classes, ensure_ascii=False, indent=1)
        )
        detector = detector_file.load(model_dir, assembled.description.tail_sha256)
        if detector is not None:
            archive.writestr(UNKNOWNS, detector.packed())


def script(described: persist.Description) -> str:
    """Return a program that uses the file with Keras, NumPy and what the modality needs."""
    return scripts.of(described, BACKEND)
