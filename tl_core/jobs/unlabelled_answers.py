"""Answers for all pictures of a data set that came without a class, by a process of its own.

What was answered stays in the run's folder, so that it is there at once when it is asked for again.
"""

import json
import os
import shutil
import traceback
from dataclasses import asdict
from pathlib import Path

from tl_core.base import ids, locks
from tl_core.base.errors import UserError
from tl_core.base.files import write_whole
from tl_core.base.said import Said
from tl_core.datasets import manifest
from tl_core.intake import unlabelled
from tl_core.intake.unlabelled import Unlabelled
from tl_core.jobs import dispatcher, predictor
from tl_core.jobs.dispatcher import PID
from tl_core.jobs.predictor import Prediction
from tl_core.signals import events, progress, stopping
from tl_core.signals.progress import RunView
from tl_core.store import store

ANSWERS = "answers.json"


def waiting(run: store.RunRow) -> tuple[str, Unlabelled]:
    """Return the newest version of a run's data set that has pictures to be answered, and these.

    The id is empty where there are none.
    """
    root = store.dataset(run.dataset_id, owner=run.owner).root_id
    newest = [row.id for row in store.versions(root, owner=run.owner)]
    for dataset_id in dict.fromkeys((*newest, run.dataset_id)):
        kept = unlabelled.load(dataset_id)
        if len(kept):
            return dataset_id, kept
    return "", unlabelled.NOTHING


def start(run_id: str, dataset_id: str) -> None:
    """Begin to answer unless that is under way or was done.

    Raises:
        UserError: "unknown" run.
    """
    row = store.run(run_id)
    folder = folder_of(run_id, dataset_id)
    if is_working(run_id, dataset_id) or (folder / ANSWERS).exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    pid = dispatcher.ENGINE.submit("answer", folder.name, folder, {"GRAFT_OWNER": row.owner})
    (folder / PID).write_text(str(pid))


def folder_of(run_id: str, dataset_id: str) -> Path:
    """Return the folder of such answers, which need not exist."""
    return ids.run_folder(run_id) / "answers" / f"{run_id}-{ids.checked(dataset_id)}"


def is_working(run_id: str, dataset_id: str) -> bool:
    """Say whether it goes on."""
    return dispatcher.is_at_work(folder_of(run_id, dataset_id))


def stop(run_id: str, dataset_id: str) -> None:
    """Ask it to end."""
    stopping.ask(folder_of(run_id, dataset_id))


def view(run_id: str, dataset_id: str) -> RunView:
    """Return where it stands."""
    return progress.state(folder_of(run_id, dataset_id))


def found(run_id: str, dataset_id: str) -> tuple[list[str], list[Prediction]] | None:
    """Return file names and answers, None while there are none or they are on their way.

    Raises:
        UserError: why there are none.
    """
    folder = folder_of(run_id, dataset_id)
    if (folder / ANSWERS).exists():
        told = json.loads((folder / ANSWERS).read_text("utf-8"))
        return told["names"], [Prediction(**answer) for answer in told["answers"]]
    if not folder.exists() or is_working(run_id, dataset_id) or stopping.is_asked(folder):
        return None
    ending = view(run_id, dataset_id).ending or {}
    if ending.get("event") == "failed":
        raise UserError(*(ending.get(part, "") for part in ("code", "message", "hint")))
    raise UserError(
        "process-ended",
        "The answering ended without a word; most often the machine ran out of memory.",
        "Try again when nothing else is at work.",
    )


def main(key: str) -> int:
    """Answer, in a process of its own: `python -m tl_core answer RUN-DATASET`."""
    run_id, _, dataset_id = key.partition("-")
    folder = folder_of(run_id, dataset_id)
    lock = locks.one_writer(folder)
    try:
        with events.Writer(folder) as emit:
            emit("started", pid=os.getpid())
            return _answer(run_id, dataset_id, folder, emit)
    finally:
        lock.release()


def _answer(run_id: str, dataset_id: str, folder: Path, emit: events.Writer) -> int:
    emit("phase", phase="pictures", text=Said("Looking at the pictures"))
    try:
        kept = unlabelled.load(dataset_id)
        answers: list[Prediction] = []
        for begin in range(0, len(kept), predictor.AT_ONCE):  # progress is told between children
            if stopping.is_asked(folder):
                emit("cancelled")
                return 0
            emit("progress", phase="pictures", done=begin, total=len(kept), seconds_left=None)
            some = kept.hashes[begin : begin + predictor.AT_ONCE].tolist()
            answers += answered(run_id, some)
    except UserError as error:
        emit("failed", code=error.code, message=error.message, hint=error.hint)
        return 2
    except Exception as error:  # noqa: BLE001 - the outer edge: told, with its traceback in the log
        traceback.print_exc()
        emit(
            "failed",
            code="bug",
            message=Said("Something went wrong inside Graft: {kind}.", kind=type(error).__name__),
            hint="The log has the details; please report them.",
        )
        return 1
    told = {"names": kept.names.tolist(), "answers": [asdict(answer) for answer in answers]}
    write_whole(folder / ANSWERS, json.dumps(told, ensure_ascii=False).encode("utf-8"))
    emit("finished", metrics={"pictures": len(answers)})
    return 0


def answered(run_id: str, hashes: list[str]) -> list[Prediction]:
    """Return what the model of a run says about stored pictures, here and now."""
    return predictor.predict(run_id, [manifest.picture_path(digest) for digest in hashes])
