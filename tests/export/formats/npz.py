"""A format for tests alone: layers, weights and labels as `.npz`, asked by Keras, NumPy and Pillow.

Whole in this one file: a line in the registry is all that Graft needs beside it.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tl_core.base.said import Said
from tl_core.export.formats import beside
from tl_core.export.formats.format import Format, Guide, Subject, Written

if TYPE_CHECKING:
    from tl_core.export.clean_room import Answers
    from tl_core.models.persist import Description

RUNNER = """
import contextlib, json, runpy, sys
import numpy as np

asked = json.load(sys.stdin)
kept = np.load(asked["file"], allow_pickle=False)

import keras
from PIL import Image

with contextlib.suppress(ImportError):
    import pillow_heif
    pillow_heif.register_heif_opener()

model = keras.models.model_from_json(str(kept["layers"]))
model.set_weights([kept[f"weights_{k}"] for k in range(len(model.weights))])
rgb = runpy.run_path(asked["opening"])["rgb"]

def answer(path):
    with Image.open(path) as image:
        return model.predict_on_batch(np.asarray(rgb(image, asked["greys"]))[None])[0]

np.save(sys.argv[1], np.asarray([answer(path) for path in asked["pictures"]], np.float32))
"""


def write(subject: Subject, folder: Path) -> Written:
    import numpy as np

    from tl_core.models import persist
    from tl_core.training.results import MODEL_DIR

    assembled = persist.load_model(subject.folder / MODEL_DIR)
    model = persist.whole(assembled)
    arrays = {f"weights_{k}": array for k, array in enumerate(model.get_weights())}
    labels = np.array(assembled.description.classes)
    np.savez(folder / "model.npz", layers=model.to_json(), labels=labels, **arrays)
    return Written(folder / "model.npz")


def ask(file: Path, pictures: tuple[Path, ...], described: Description) -> Answers:
    from tl_core.export import clean_room
    from tl_core.modalities.picture import opening

    with tempfile.TemporaryDirectory() as folder:
        runner, opener = Path(folder) / "runner.py", Path(folder) / "opener.py"
        runner.write_text(RUNNER, "utf-8")
        opener.write_text(Path(opening.__file__).read_text("utf-8"), "utf-8")
        asked = {
            "file": str(file.resolve()),
            "opening": str(opener),
            "greys": described.read_by and described.read_by.model_dump(exclude={"found"}),
            "pictures": [str(picture.resolve()) for picture in pictures],
        }
        return clean_room.answers(runner, asked)


FORMAT = Format(
    name="npz",
    title=Said("For NumPy"),
    sentence=Said("Layers, weights and labels as arrays."),
    help="weights and labels as arrays of NumPy",
    button=Said("Pack the arrays"),
    ending=".zip",
    write=write,
    ask=ask,
    beside=beside.SHARED,
    guide=Guide(
        text=Said("Load it with NumPy: {command}"),
        command="python load.py",
        program=lambda described: f"# {json.dumps(described.classes)}",
    ),
    usual_s=30.0,
)
