"""The `.keras` file a person takes home: opened examples (pictures of any size) in, probabilities out.

Nothing but stock Keras is inside, so that plain `keras.saving.load_model` reads it, safe mode on.
Class names lie in the same archive as `classes.json`, which Keras leaves alone.
"""

import json
import zipfile
from pathlib import Path

from tl_core.modalities import registry as modalities
from tl_core.modalities.modality import Program
from tl_core.models import persist
from tl_core.tasks import registry
from tl_core.tasks.task import Rules

CLASSES = "classes.json"
MODEL = "model.keras"

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
for path in sys.argv[1:]:
    answers = model.predict({opener}(path)[None], verbose=0)[0]
    {tell}
'''
_IMPORTS = ("json", "pathlib", "sys", "zipfile")


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
    )
