"""The `.keras` file a person takes home: uint8 pictures of any size in, probabilities out.

Nothing but stock Keras is inside, so that plain `keras.saving.load_model` reads it, safe mode on.
Class names lie in the same archive as `classes.json`, which Keras leaves alone.
"""

import json
import zipfile
from pathlib import Path

from tl_core.modalities.picture import opening
from tl_core.models import persist
from tl_core.tasks import registry
from tl_core.tasks.task import Rules

CLASSES = "classes.json"
MODEL = "model.keras"

_SCRIPT = '''"""{purpose}

pip install "keras>=3.10" tensorflow pillow, and pillow-heif for photos in HEIC; then

    python use_model.py photo.jpg another.png
"""

from __future__ import annotations

import contextlib
import json
import pathlib
import struct
import sys
import zipfile

import keras
import numpy as np
from PIL import Image

with contextlib.suppress(ImportError):
    import pillow_heif

    pillow_heif.register_heif_opener()

file = pathlib.Path(__file__).with_name("model.keras")
model, names = keras.saving.load_model(file), json.loads(zipfile.ZipFile(file).read("classes.json"))
GREYS = {greys}
"""{about_greys}"""


def open_picture(path):
    """Return a picture as the model was taught to see it: uint8 (height, width, 3)."""
    with Image.open(path) as image:
        return np.asarray(rgb(image, GREYS))


# From here on this is how Graft itself opens pictures, word for word.

{opening}

for path in sys.argv[1:]:
    answers = model.predict(open_picture(path)[None], verbose=0)[0]
    {tell}
'''
_IMPORTS = "import numpy as np\nfrom PIL import Image\n"
"""The end of what `opening` imports; the script does so itself."""
_ABOUT_GREYS = (
    "What was black and what was white in the pictures it learnt from, where greys have more than"
    " 8 bits:\nof whole numbers, and of real ones."
)
_GREYS_ONCE = "Greys of more than 8 bits were scaled picture by picture when it learnt."


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
    """Return a program that uses the file with Keras, NumPy and Pillow alone.

    It opens pictures by the text of `tl_core.modalities.picture.opening`, so it answers as the app does.
    """
    return program(described.task, described.grey_scales, described.rules)


def program(kind: str, scales: opening.Scales | None, rules: Rules = persist.NO_RULES) -> str:
    """Return the script for a model of this task that read deep greys by these scales."""
    task = registry.get(kind)
    return _SCRIPT.format(
        purpose=task.purpose,
        tell=task.print_answer.replace("THRESHOLDS", str(list(rules.thresholds))),
        greys=scales and {kind: tuple(map(_short, scale)) for kind, scale in scales.items()},
        about_greys=_ABOUT_GREYS if scales else _GREYS_ONCE,
        opening=_opening(),
    )


def _opening() -> str:
    """Return the text of `opening` without what stands before its own names."""
    _, _, text = Path(opening.__file__).read_text("utf-8").partition(_IMPORTS)
    return text.strip() + "\n"


def _short(value: float) -> float | int:
    return int(value) if float(value).is_integer() else value
