"""Trains a run: its subject is the run's id, its folder the run's.

A run that is being judged trains no further: its process was killed because it would not stop, or a
person wants the best of what failed, and this one makes a usable model of its last checkpoint.

In `runs/ID/` lie: `row.json` (the row of the store), `config.json`, `run.json` (data set, names, version,
parent, further inputs), `events.jsonl`, `log.txt`, `stop` (asks to stop; holding `pause`, to keep the
state to go on from), `heartbeat`, `plan.json` (what was expected and decided), `encodes-converted` or
`encodes-in-keras` (what encodes), `copies.json` (what is left out as a copy of what judges it), `checkpoints/`, `closed_form.npz`,
`predictions.parquet` (validation and test: picture, name, split, truth, answers), `metrics.json`,
`model/` (`model.json`, `tail.safetensors`, for quick answers `body.tflite`) and `exports/`.
"""

from collections.abc import Mapping
from typing import Any

from tl_core import store
from tl_core.base import ids, machine
from tl_core.base.errors import UserError
from tl_core.base.files import disk_fault, disk_trouble
from tl_core.base.said import Said
from tl_core.config import parse
from tl_core.jobs import gain_lessons
from tl_core.jobs.admission import GIB, Needs
from tl_core.jobs.job import Arguments, Context, JobKind
from tl_core.signals import progress
from tl_core.store.rows import JobRow
from tl_core.training import checkpoint, pipeline

RESTARTS = 2
# A worker looks for the stop file at every step; one that has not ended by then never will.
STOP_PATIENCE_S = 8.0
LOCK_PATIENCE_S = 60.0


class TrainArguments(Arguments):
    """A run's settings lie in its row and its folder."""


def _introduce(context: Context) -> dict[str, Any]:
    config = parse(store.run(context.subject).config)
    return {"device": machine.device().name, "epochs": config.course.epochs}


def _train(context: Context) -> None:
    earlier_s = progress.state(context.folder).worked_s
    if context.job.restarts:
        context.emit("note", text=_again(context.job.restarts))
    only_finish = context.job.status == "judging"
    done = pipeline.train(context.folder, context.emit.emit, only_finish=only_finish)
    _ended(context, done | {"seconds": _of_all_lives(done["seconds"], earlier_s)})


def _ended(context: Context, done: dict[str, Any]) -> None:
    """Tell the end in the events first: from there `jobs.watch` can note it if we are killed."""
    run_id, seconds, found = context.subject, done["seconds"], done["metrics"]
    claimed_at = context.job.claimed_at  # a person may have let it go on meanwhile
    if done["status"] != "cancelled":
        context.emit("finished", metrics=found, seconds=seconds)
        store.run_finished(run_id, found, claimed_at=claimed_at)
        gain_lessons.learn(run_id, found)
        return
    if done.get("paused"):
        context.emit("cancelled", metrics=found, seconds=seconds, paused=True)
        store.run_paused(run_id, claimed_at=claimed_at)
        return
    context.emit("cancelled", metrics=found, seconds=seconds)
    later = done.get("later")
    if later is None or found:
        store.run_cancelled(run_id, found, claimed_at=claimed_at)
    else:
        store.run_judging(run_id, claimed_at=claimed_at)
    if later is not None and (found := later()):
        store.move_run(
            run_id, "cancelled", only_from=("judging", "cancelled"), handle=None, metrics=found
        )


def _of_all_lives(seconds: dict[str, float], earlier_s: float) -> dict[str, float]:
    """Return `seconds` with the time before a pause, a stop or a kill in the total."""
    if "total" not in seconds or not earlier_s:
        return seconds
    return seconds | {"total": round(seconds["total"] + earlier_s, 3)}


def _again(restarts: int) -> Said:
    return Said(
        "Started again by itself, try {number} of {most}: the process had ended without a word.",
        number=restarts + 1,
        most=RESTARTS + 1,
    )


def _explain(error: Exception) -> UserError:
    trouble = None
    if isinstance(error, OSError):
        trouble = disk_trouble(error) or disk_fault(error)
    if trouble is not None and trouble.code == "disk-full":
        return UserError(
            "disk-full",
            "The disk is full.",
            hint="Free some space and start the run again: it goes on where it was.",
        )
    if trouble is not None:
        return trouble
    return UserError(
        "bug",
        "Something went wrong inside Graft: {kind}.",
        hint="The log of the run has the details; please report them.",
        kind=type(error).__name__,
    )


def _died(job: JobRow) -> UserError:
    """Return why a worker ended without telling, as far as that can be known."""
    if job.restarts:  # a computer that is switched off is no reason to end again and again
        return UserError(
            "process-ended",
            "The training ended without a word, more than once; most often memory ran out.",
            "Start it again with smaller pictures, a smaller batch or fewer stages. The log may say more.",
        )
    return UserError(
        "process-ended",
        "The training ended without a word: the computer was switched off, something else ended it, "
        "or memory ran out.",
        "Let it go on: what it had done is kept. If it ends like this again, try smaller pictures, "
        "a smaller batch or fewer stages. The log may say more.",
    )


def _record(job: JobRow, ending: Mapping[str, Any]) -> None:
    claim = {"claimed_at": job.claimed_at, "owner": job.owner}
    if ending["event"] == "finished":
        store.run_finished(job.subject, ending.get("metrics") or {}, **claim)
    elif ending.get("paused"):
        store.run_paused(job.subject, **claim)
    else:
        store.run_cancelled(job.subject, ending.get("metrics"), **claim)


def _has_learnt(run_id: str) -> bool:
    return checkpoint.newest(ids.run_folder(run_id) / checkpoint.FOLDER) is not None


TRAIN = JobKind(
    name="train",
    title=Said("Training"),
    arguments=TrainArguments,
    folder=ids.run_folder,
    run=_train,
    needs=Needs(4 * GIB, 2, is_exclusive=True),
    introduce=_introduce,
    explain=_explain,
    died=_died,
    record=_record,
    has_learnt=_has_learnt,
    restarts=RESTARTS,
    lock_patience_s=LOCK_PATIENCE_S,
    stop_patience_s=STOP_PATIENCE_S,
)
