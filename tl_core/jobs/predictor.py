"""Ask a trained model about new pictures: the ONE way, for a job, a command and a page alike.

Children with limits open the pictures and answer them (`training.answering_child`), as many side by side as
there are cores; they live as long as there are pictures. A picture that cannot be opened, or that a child
dies or hangs over, costs only itself. Converted trunk and tail need no TensorFlow; a model that has only
Keras gets one child. Many pictures are a job (`kinds.trying`, `kinds.answering`), which runs `replies`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tl_core.base import cores, ids
from tl_core.base.errors import UserError
from tl_core.jobs import admission
from tl_core.modalities import opening_children, registry
from tl_core.modalities.opening_children import Opened, Opener
from tl_core.models import persist
from tl_core.tasks.task import Rules
from tl_core.training import answering, results

MEMORY_BYTES = 4 * 1024**3
TIMEOUT_S = 30.0
"""For one picture, opened and answered; a machine that is busy takes many times what an idle one does."""
AHEAD = 64
PROGRAM = ("-m", "tl_core.training.answering_child")


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


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one picture: an answer, or why there is none.

    Attributes:
        prediction: the answer; None where there is none.
        preview: a small JPEG as base64; empty where none was wanted or the picture was not opened.
        code, reason, hint: why there is no answer, as in a `UserError`.
    """

    prediction: Prediction | None = None
    preview: str = ""
    code: str = ""
    reason: str = ""
    hint: str = ""


def model_folder(run_id: str) -> Path:
    """Return the folder of a run's model.

    Raises:
        UserError: "no-model".
    """
    folder = ids.run_folder(run_id) / results.MODEL_DIR
    if not (folder / persist.DESCRIPTION).is_file():
        raise UserError(
            "no-model", "This run has no model.", hint="Wait until it has finished, or train again."
        )
    return folder


def rules_in(folder: Path) -> Rules:
    """Return what the description of a model says about its answers.

    Raises:
        UserError: "model-format".
    """
    return persist.describe(folder).rules


def predict(run_id: str, pictures: Sequence[bytes | Path]) -> list[Prediction]:
    """Return what the model of a run says about pictures, in their order.

    Args:
        run_id: a run with a model.
        pictures: files or their bytes, of unknown content.

    Raises:
        UserError: "no-model", or why a picture cannot be opened.
    """
    return predict_with(model_folder(run_id), pictures)


def predict_with(folder: Path, pictures: Sequence[bytes | Path]) -> list[Prediction]:
    """Return what the model in `folder` says about pictures; see `predict`."""
    told: list[Prediction] = []
    for reply in replies_with(folder, pictures):
        if reply.prediction is None:
            raise UserError(reply.code, reply.reason, reply.hint)
        told.append(reply.prediction)
    return told


def replies_with(folder: Path, pictures: Sequence[bytes | Path]) -> list[Reply]:
    """Return what came of each picture, in their order, here and now."""
    found: dict[int, Reply] = {}
    with admission.admitted("predict"):
        replies(folder, pictures, found.__setitem__)
    return [found[index] for index in range(len(pictures))]


def replies(
    folder: Path,
    pictures: Sequence[bytes | Path],
    on_reply: Callable[[int, Reply], None],
    *,
    is_shown: bool = False,
) -> None:
    """Have every picture answered, and tell each reply as it comes.

    Args:
        folder: of the model.
        pictures: files or their bytes, of unknown content.
        on_reply: told (index, reply) in the calling thread, in the order of completion; what it raises
            ends the answering.
        is_shown: whether a small picture of each is wanted.

    Raises:
        UserError: "model-format" where the model is damaged, "prediction-failed" where no child starts.
    """
    if not pictures:
        return
    described = persist.describe(folder)
    count, options = plan(folder, len(pictures), is_shown=is_shown)
    try:
        opening_children.open_all(
            pictures,
            opener_of(described),
            options,
            children=count,
            on_opened=lambda index, opened: on_reply(index, reply_of(opened)),
            timeout_s=TIMEOUT_S,
            ahead=AHEAD,
        )
    except RuntimeError as error:
        raise does_not_start() from error


def plan(folder: Path, pictures: int, *, is_shown: bool) -> tuple[int, dict[str, Any]]:
    """Return how many children answer side by side, and their options."""
    answering.make_light(folder)
    count = min(cores.threads(), pictures) if answering.is_light(folder) else 1
    return count, options_of(folder, count, is_shown=is_shown)


def options_of(folder: Path, children: int, *, is_shown: bool) -> dict[str, Any]:
    """Return the options of each of some children that answer side by side."""
    return {
        "folder": str(folder.resolve()),
        "threads": max(1, cores.threads() // children),
        "is_shown": is_shown,
        "memory_bytes": MEMORY_BYTES,
    }


def does_not_start() -> UserError:
    """Return the error for a child that ends before it is asked anything."""
    return UserError(
        "prediction-failed",
        "The model could not be loaded to answer: the process that does it ended at once.",
        hint="Close what else takes memory and try again; if that fails too, look at the server's log.",
    )


def opener_of(described: persist.Description) -> Opener:
    """Return the program that answers, with the words of the modality for what cannot be opened."""
    own = registry.of(described).opener
    return Opener(PROGRAM, own.too_slow, own.over_budget, own.crashed)


def reply_of(opened: Opened) -> Reply:
    """Return what a child said of one picture."""
    if opened.code:
        return Reply(code=opened.code, reason=opened.reason, hint=opened.hint)
    told = opened.reply["prediction"]
    prediction = Prediction(**{**told, "labels": tuple(told.get("labels", ()))})
    return Reply(prediction, opened.reply["preview"])
