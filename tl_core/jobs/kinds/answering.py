"""Answers all pictures of a data set that came without a class: its subject is RUN-DATASET.

What was answered stays in the run's folder, so that it is there at once when it is asked for again.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.base.files import write_whole
from tl_core.base.said import Said
from tl_core.intake import unlabelled
from tl_core.jobs import predictor
from tl_core.jobs.admission import GIB, Needs
from tl_core.jobs.job import Arguments, Context, JobKind, Outcome, died, inside_graft
from tl_core.jobs.predictor import Prediction, Reply
from tl_core.modalities import registry
from tl_core.models import persist
from tl_core.signals.meter import PhaseMeter

ANSWERS = "answers.json"


class AnswerArguments(Arguments):
    """The run and the data set are named by the subject."""


def folder(key: str) -> Path:
    """Return the folder of such answers, which need not exist."""
    run_id, _, dataset_id = key.partition("-")
    return ids.run_folder(run_id) / "answers" / f"{run_id}-{ids.checked(dataset_id)}"


def _answer(context: Context) -> Outcome:
    run_id, _, dataset_id = context.subject.partition("-")
    progress = PhaseMeter(context.emit, {"pictures": Said("Answering the pictures")})
    kept = unlabelled.load(dataset_id)
    progress("pictures", 0, len(kept))
    found: dict[int, Reply] = {}

    def on_reply(index: int, reply: Reply) -> None:
        found[index] = reply
        progress("pictures", len(found), len(kept))
        if context.should_stop():
            raise _StoppedError

    try:
        predictor.replies(predictor.model_folder(run_id), _files(run_id, kept.hashes), on_reply)
    except _StoppedError:
        return Outcome("cancelled")
    lost = next((reply for reply in found.values() if reply.prediction is None), None)
    if lost is not None:  # they were opened when they came, so the store has lost one
        raise UserError(lost.code, lost.reason, lost.hint)
    answers = [asdict(one) for row in range(len(kept)) if (one := found[row].prediction)]
    told = {"names": kept.names.tolist(), "answers": answers}
    write_whole(context.folder / ANSWERS, json.dumps(told, ensure_ascii=False).encode("utf-8"))
    return Outcome(told={"metrics": {"pictures": len(answers)}})


def answered(run_id: str, hashes: list[str]) -> list[Prediction]:
    """Return what the model of a run says about stored pictures, here and now."""
    return predictor.predict(run_id, _files(run_id, hashes))


def _files(run_id: str, hashes: Iterable[str]) -> list[Path]:
    modality = registry.of(persist.describe(predictor.model_folder(run_id)))
    return [modality.stored(str(digest)) for digest in hashes]


class _StoppedError(Exception):
    """A person asked to stop."""


ANSWER = JobKind(
    name="answer",
    title=Said("Answering pictures without a class"),
    arguments=AnswerArguments,
    folder=folder,
    run=_answer,
    needs=Needs(GIB, 1),
    explain=inside_graft,
    died=died(
        "The answering ended without a word; most often the machine ran out of memory.",
        "Try again when nothing else is at work.",
    ),
    begins_afresh=True,
    stop_patience_s=60.0,  # a picture that takes its time to open is waited for
)
