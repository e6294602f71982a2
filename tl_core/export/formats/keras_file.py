"""The `.keras` file a person takes home: opened examples (pictures of any size) in, probabilities out.

Nothing but stock Keras is inside, so that plain `keras.saving.load_model` reads it, safe mode on.
Class names lie in the same archive as `classes.json`, and what tells "none of these", where the model
can, as `unknowns.npz`: Keras leaves both alone.
"""

import inspect
import io
import json
import zipfile
from pathlib import Path

import numpy as np

from tl_core.measures import unknowns
from tl_core.modalities import registry as modalities
from tl_core.modalities.modality import Program
from tl_core.models import detector_file, persist
from tl_core.tasks import registry
from tl_core.tasks.task import Rules

CLASSES = "classes.json"
MODEL = "model.keras"
UNKNOWNS = "unknowns.npz"

_SCRIPT = '''"""{purpose}

pip install "keras>=3.10" tensorflow{install}; then

    python use_model.py {call}
"""

from __future__ import annotations

{imports}

import keras
import numpy as np
{needs}
file = pathlib.Path(__file__).with_name("model.keras")
model, names = keras.saving.load_model(file), json.loads(zipfile.ZipFile(file).read("classes.json"))
{text}
{rest}
{verdict}
for path in sys.argv[1:]:
    answers, is_unknown = answered({opener}(path)[None])
    if is_unknown:
        print(path, "none of these", sep="\\t")
        continue
    {tell}
'''
_VERDICT = '''
# What tells "none of these", where the model can: how strange a picture is beside those it was made of.
_archive = zipfile.ZipFile(file)
known = None
if "unknowns.npz" in _archive.namelist():
    known = {{name: each.astype(np.float32) for name, each in np.load(io.BytesIO(_archive.read("unknowns.npz"))).items()}}
    looking = keras.Model(model.inputs, [model.outputs[0], model.get_layer("{last_map}").output])


def answered(opened):
    """Return the answers to one opened example, and whether it is none of these."""
    if known is None:
        return model.predict(opened, verbose=0)[0], False
    answers, seen = looking.predict(opened, verbose=0)
    features = seen.mean(axis=tuple(range(1, seen.ndim - 1))) if seen.ndim > 2 else seen
    score = _score(_distances(features), {doubts}, known["scales"])
    below = np.searchsorted(np.sort(known["known"]), np.nan_to_num(score, nan=np.inf), side="left")
    share = (len(known["known"]) - below) / len(known["known"])
    careful = round(float(known["careful"][0]), 4)
    return answers[0], bool(share[0] <= careful - 0.5 / len(known["known"]))


def _distances(features):
    inside, rest = _split(features, known["middle"], known["directions"])
    nearest = _squares(inside, known["kept"], known["kept_rest"]).min(axis=1) + rest
    white = known["whitening"][:-1]
    to_class = _squares(inside @ white, known["centres"] @ white).min(axis=1)
    return np.stack([nearest, to_class + rest / known["whitening"][-1, 0]], axis=1)


{functions}
'''
_FUNCTIONS = (
    unknowns._split,
    unknowns._squares,
    unknowns._score,
    unknowns._unit,
    unknowns.doubt,
)
"""What the verdict is made of, word for word as in Graft."""
_IMPORTS = ("io", "json", "pathlib", "sys", "zipfile")


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
            raw = io.BytesIO()
            np.savez_compressed(raw, **detector.arrays())  # pyright: ignore[reportArgumentType]
            archive.writestr(UNKNOWNS, raw.getvalue())


def script(described: persist.Description) -> str:
    """Return a program that uses the file with Keras, NumPy and what the modality needs.

    It opens examples by the text that the modality gives, so it answers as the app does.
    """
    opening = modalities.of(described).program(described.read_by)
    return program(described.task, opening, described.rules)


def program(kind: str, opening: Program, rules: Rules = persist.NO_RULES) -> str:
    """Return the script for a model of this task, whose examples are opened so."""
    task = registry.get(kind)
    return _SCRIPT.format(
        purpose=task.purpose,
        tell=task.print_answer.replace("THRESHOLDS", str(list(rules.thresholds))),
        install=opening.install,
        call=opening.call,
        imports="\n".join(f"import {name}" for name in sorted((*_IMPORTS, *opening.imports))),
        needs=opening.needs,
        text=opening.text,
        rest=f"\n{opening.rest}\n" if opening.rest else "",
        opener=opening.opener,
        verdict=_VERDICT.format(
            last_map=persist.LAST_MAP,
            doubts="doubt(answers)" if task.one_class_each else "None",
            functions="\n\n".join(inspect.getsource(each) for each in _FUNCTIONS).strip(),
        ).strip(),
    )
