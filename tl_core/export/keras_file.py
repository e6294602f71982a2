"""The `.keras` file a person takes home: uint8 pictures of any size in, probabilities out.

Nothing but stock Keras is inside, so that plain `keras.saving.load_model` reads it, safe mode on.
Class names lie in the same archive as `classes.json`, which Keras leaves alone.
"""

import json
import zipfile
from pathlib import Path

from tl_core.models import persist

CLASSES = "classes.json"
MODEL = "model.keras"

_SCRIPT = '''"""{purpose} pip install "keras>=3.10" tensorflow pillow"""
import json, pathlib, sys, zipfile
import keras, numpy as np
from PIL import Image, ImageOps
file = pathlib.Path(__file__).with_name("model.keras")
model, names = keras.saving.load_model(file), json.loads(zipfile.ZipFile(file).read("classes.json"))
for path in sys.argv[1:]:
    picture = np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))
    answers = model.predict(picture[None], verbose=0)[0]
    {tell}
'''
_TELL = {
    "classify": 'print(path, names[answers.argmax()], f"{answers.max():.3f}", sep="\\t")',
    "regress": 'print(path, *(f"{name}={x:.6g}" for name, x in zip(names, answers)), sep="\\t")',
}
_PURPOSE = {
    "classify": "Says what is in pictures: the name of the class and how sure the model is.",
    "regress": "Reads numbers off pictures.",
}


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


def script(described: persist.Description) -> str:
    """Return a short program that uses the file with Keras, NumPy and Pillow alone."""
    return _SCRIPT.format(purpose=_PURPOSE[described.task], tell=_TELL[described.task])
