"""Ask a trained model about new pictures, in a light child process of its own.

The child opens the pictures (whose content is unknown) under a memory limit and answers in about
a second: converted trunk and tail need no TensorFlow. Only when the cache has dropped the trunk,
or the model has no converted tail, does it load Keras.

The request is one line of JSON followed by the bytes of pictures that are not files; the answer
is one line of JSON.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from tl_core.base import ids, limits, masks
from tl_core.base.environment import passed_on
from tl_core.base.errors import UserError
from tl_core.base.said import packed, unpacked
from tl_core.jobs import admission
from tl_core.models import persist
from tl_core.tasks import registry
from tl_core.training import answering, results

TIMEOUT_S = 300.0
MEMORY_BYTES = 4 * 1024**3
AT_ONCE = 200
"""Pictures that one child is asked about: its memory and its time are limited."""
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says about one picture.

    Attributes:
        label: the most probable class; empty for numbers.
        probabilities: of every class; empty for numbers.
        numbers: predicted targets in their own units; empty for classes.
        labels: where a picture may show several classes, those that it is said to show.
        task: what is answered, by its name; empty in answers of before, see `registry.of_reply`.
        unknown: the share of known pictures that look at least as strange, 0 to 1; None where the
            model cannot tell.
        is_unknown: whether it is none of what was taught, as careful as the model is set; None likewise.
    """

    label: str
    probabilities: dict[str, float]
    numbers: dict[str, float] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    task: str = ""
    unknown: float | None = None
    is_unknown: bool | None = None


def predict(run_id: str, pictures: Sequence[bytes | Path]) -> list[Prediction]:
    """Return what the model of a run says about pictures, in their order.

    Args:
        run_id: a run with a model.
        pictures: files or their bytes, of unknown content.

    Raises:
        UserError: "no-model", or why a picture cannot be opened.
    """
    folder = ids.run_folder(run_id) / results.MODEL_DIR
    if not (folder / persist.DESCRIPTION).is_file():
        raise UserError(
            "no-model", "This run has no model.", hint="Wait until it has finished, or train again."
        )
    return predict_with(folder, pictures)


def predict_with(folder: Path, pictures: Sequence[bytes | Path]) -> list[Prediction]:
    """Return what the model in `folder` says about pictures; see `predict`."""
    told: list[Prediction] = []
    for begin in range(0, len(pictures), AT_ONCE):
        told += _predicted(folder, pictures[begin : begin + AT_ONCE])
    return told


def _predicted(folder: Path, pictures: Sequence[bytes | Path]) -> list[Prediction]:
    held = [picture for picture in pictures if isinstance(picture, bytes)]
    request = {
        "folder": str(folder.resolve()),
        "pictures": [len(p) if isinstance(p, bytes) else str(p.resolve()) for p in pictures],
    }
    with admission.admitted("predict"):
        answer = _ask(json.dumps(request).encode() + b"\n" + b"".join(held))
    if "error" in answer:
        raise UserError(**unpacked(answer["error"]))
    return [Prediction(**found) for found in answer["predictions"]]


def _ask(request: bytes) -> dict[str, Any]:
    try:
        child = subprocess.run(
            [sys.executable, "-m", "tl_core.jobs.predictor"],
            input=request,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=passed_on(os.environ),
            timeout=TIMEOUT_S,
            check=False,
        )
        if child.returncode == limits.TOO_LATE:
            raise _too_slow()
        return json.loads(child.stdout)
    except (subprocess.TimeoutExpired, ValueError) as error:
        raise UserError(
            "prediction-failed",
            "The picture could not be judged: the process that does it ended without an answer.",
            hint="Try a smaller picture; if that fails too, look at the server's log.",
        ) from error


def _too_slow() -> UserError:
    return UserError(
        "picture-timeout",
        "One of the pictures takes more than {seconds} seconds to open, so none was judged.",
        "Save it again as JPEG or PNG, or leave it out.",
        seconds=int(answering.OPEN_TIMEOUT_S),
    )


def child_main(request: BinaryIO, answer: BinaryIO) -> int:
    """Answer one request; errors that a person can put right are answers too."""
    try:
        answered: dict[str, Any] = {"predictions": _answers(request)}
    except UserError as error:
        words = {"code": error.code, "message": error.message, "hint": error.hint}
        answered = {"error": packed(words)}
    answer.write(json.dumps(answered).encode() + b"\n")
    answer.flush()
    return 0


def _answers(request: BinaryIO) -> list[dict[str, Any]]:
    asked = json.loads(request.readline())
    folder = Path(asked["folder"])
    described = persist.describe(folder)
    pictures = [
        request.read(item) if isinstance(item, int) else Path(item) for item in asked["pictures"]
    ]
    found = answering.judged(folder, pictures)
    return [told(described, found, place) for place in range(len(pictures))]


def told(described: persist.Description, found: answering.Judged, place: int) -> dict[str, Any]:
    """Return one answer of the network as the fields of a `Prediction`."""
    task = registry.get(described.task)
    unknown, is_unknown = found.of(place)
    answer = task.answer(described.classes, found.answers[place], described.rules)
    return {"task": task.kind, **answer, "unknown": unknown, "is_unknown": is_unknown}


if __name__ == "__main__":
    limits.memory(MEMORY_BYTES)
    # Libraries print to standard output; the answer must be alone there.
    alone = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    masks.install_everywhere()
    sys.exit(child_main(sys.stdin.buffer, alone))
