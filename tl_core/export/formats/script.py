"""The program that travels with a model: one text for every format, whatever runs the model.

It opens examples by the text that the modality gives, prints answers by the line that the task
gives, and judges "none of these" by the functions of `measures.unknowns`, word for word. What loads
the model and asks it is a `Backend`; the rest is the same in every zip.
"""

import inspect
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tl_core.export import clean_room
from tl_core.export.clean_room import Answers
from tl_core.measures import unknowns
from tl_core.modalities import registry as modalities
from tl_core.modalities.exported_opening import ANY_SIZE, Fitting, Program
from tl_core.models.persist import NO_RULES, Description
from tl_core.tasks import registry
from tl_core.tasks.task import Rules

RUNNER = Path(__file__).with_name("script_runner.py")


@dataclass(frozen=True, slots=True)
class Backend:
    """How the script loads a model and asks it.

    Attributes:
        file: what the script is called.
        packages: what to install, as pip takes it, with the least version of each that will do.
        load: the lines that load the model. They define `names`, those of the answers; `stored`,
            bytes of what tells "none of these" (see `unknowns.Detector.arrays`, as `.npz`) or None
            for a model that cannot; and

                def asked(opened): ...

            which takes one opened example, (1, …), and returns its answers, float32 (1, outputs),
            and features, float32 (1, channels), or None where the model tells none. It may call
            `fitted` where `is_fixed`.
        imports: modules of the standard library that these lines need, or whole lines "from … import …".
        needs: the lines that import what else they need.
        is_fixed: whether the model takes examples of its network's size only: the script then has
            a function `fitted`, which brings an opened example to it.
    """

    file: str
    packages: str
    load: str
    imports: tuple[str, ...] = ()
    needs: str = ""
    is_fixed: bool = False


_SCRIPT = '''"""{purpose}

pip install {packages}{install}; then

    python {file} {call}
"""

from __future__ import annotations

{imports}

{needs}

{body}


def told(opened):
    """Return what the model says of one opened example, in words."""
    answers, is_unknown = answered(opened)
    if is_unknown:
        return "none of these"
    {tell}


def _main() -> None:
    for path in sys.argv[1:]:
        print(path, told({opener}(path)[None]), sep="\\t")


if __name__ == "__main__":
    _main()
'''
_VERDICT = '''
# What tells "none of these", where the model can: how strange a picture is beside those it was made of.
known = None
if stored is not None:
    known = {{name: each.astype(np.float32) for name, each in np.load(io.BytesIO(stored)).items()}}


def answered(opened):
    """Return the answers to one opened example, and whether it is none of these."""
    answers, features = asked(opened)
    if known is None or features is None:
        return answers[0], False
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
_IMPORTS = ("io", "json", "pathlib", "sys")


def of(described: Description, backend: Backend) -> str:
    """Return the program that uses a model of this description with `backend`.

    It answers as the app does: examples are opened, and brought to size where the model takes one
    size only, by the app's own code.
    """
    modality = modalities.of(described)
    opening = modality.program(described.read_by)
    fitting = modality.fitting(described.entry) if backend.is_fixed else ANY_SIZE
    return composed(described.task, opening, backend, fitting, described.rules)


def composed(
    kind: str,
    opening: Program,
    backend: Backend,
    fitting: Fitting = ANY_SIZE,
    rules: Rules = NO_RULES,
) -> str:
    """Return the program for a model of the task called `kind`, put together from its parts."""
    task = registry.get(kind)
    imports = {*_IMPORTS, *opening.imports, *fitting.imports, *backend.imports}
    tell = task.answer_in_words.replace("THRESHOLDS", str(list(rules.thresholds)))
    verdict = _VERDICT.format(
        doubts="doubt(answers)" if task.one_class_each else "None",
        functions="\n\n".join(inspect.getsource(each) for each in _FUNCTIONS),
    )
    needs = (backend.needs, "import numpy as np", fitting.needs, opening.needs)
    body = (backend.load, verdict, fitting.text, opening.text, fitting.rest, opening.rest)
    return _SCRIPT.format(
        purpose=task.purpose,
        packages=backend.packages,
        install=opening.install,
        file=backend.file,
        call=opening.call,
        imports="\n".join(sorted(map(_imported, imports), key=_as_sorted)),
        needs=_joined(needs, "\n"),
        body=_joined(body, "\n\n\n"),
        opener=opening.opener,
        tell=tell.replace("\n", "\n    "),
    )


def _joined(texts: Sequence[str], by: str) -> str:
    return by.join(text.strip() for text in texts if text.strip())


def _imported(module: str) -> str:
    return module if module.startswith("from ") else f"import {module}"


def _as_sorted(line: str) -> tuple[bool, str]:
    return line.startswith("from "), line


def ask(backend: Backend, file: Path, pictures: Sequence[Path], described: Description) -> Answers:
    """Return what a file answers by its script, in a process without Graft; see `format.Ask`.

    Args:
        backend: what the script of the file is made with.
        file: of the model, or its folder, called as the script calls it.
        pictures: files as people have them.
        described: the model's description.
    """
    with tempfile.TemporaryDirectory(prefix="graft-parity-") as folder:
        beside = Path(folder) / backend.file
        beside.write_text(of(described, backend), "utf-8")
        copy = shutil.copytree if file.is_dir() else shutil.copyfile
        copy(file, beside.with_name(file.name))
        asked = {
            "script": str(beside),
            "opener": modalities.of(described).program(described.read_by).opener,
            "pictures": [str(picture.resolve()) for picture in pictures],
        }
        return clean_room.answers(RUNNER, asked)
