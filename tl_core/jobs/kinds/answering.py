"""Answers all pictures of a data set that came without a class: its subject is RUN-DATASET.

What was answered stays in the run's folder, so that it is there at once when it is asked for again.
"""

import json
from dataclasses import asdict
from pathlib import Path

from tl_core.base import ids
from tl_core.base.files import write_whole
from tl_core.base.said import Said
from tl_core.intake import unlabelled
from tl_core.jobs import predictor
from tl_core.jobs.admission import GIB, Needs
from tl_core.jobs.job import Arguments, Context, JobKind, Outcome, died, inside_graft
from tl_core.jobs.predictor import Prediction
from tl_core.modalities import registry
from tl_core.models import persist
from tl_core.training import results

ANSWERS = "answers.json"


class AnswerArguments(Arguments):
    """The run and the data set are named by the subject."""


def folder(key: str) -> Path:
    """Return the folder of such answers, which need not exist."""
    run_id, _, dataset_id = key.partition("-")
    return ids.run_folder(run_id) / "answers" / f"{run_id}-{ids.checked(dataset_id)}"


def _answer(context: Context) -> Outcome:
    run_id, _, dataset_id = context.subject.partition("-")
    context.emit("phase", phase="pictures", text=Said("Looking at the pictures"))
    kept = unlabelled.load(dataset_id)
    answers: list[Prediction] = []
    for begin in range(0, len(kept), predictor.AT_ONCE):  # progress is told between children
        if context.should_stop():
            return Outcome("cancelled")
        context.emit("progress", phase="pictures", done=begin, total=len(kept), seconds_left=None)
        some = kept.hashes[begin : begin + predictor.AT_ONCE].tolist()
        answers += answered(run_id, some)
    told = {"names": kept.names.tolist(), "answers": [asdict(answer) for answer in answers]}
    write_whole(context.folder / ANSWERS, json.dumps(told, ensure_ascii=False).encode("utf-8"))
    return Outcome(told={"metrics": {"pictures": len(answers)}})


def answered(run_id: str, hashes: list[str]) -> list[Prediction]:
    """Return what the model of a run says about stored pictures, here and now."""
    modality = registry.of(persist.describe(ids.run_folder(run_id) / results.MODEL_DIR))
    return predictor.predict(run_id, [modality.stored(digest) for digest in hashes])


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
    stop_patience_s=300.0,  # it looks between children, each of which has many pictures
)
