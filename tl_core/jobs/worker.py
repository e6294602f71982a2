"""One run in a process of its own: `python -m tl_core worker RUN`.

The worker alone writes the run's events. It shows life through the heartbeat, holds the folder's
lock, and records its end in the store, whatever that end is.
"""

import os
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tl_core.base import ids, locks, machine
from tl_core.base.errors import UserError
from tl_core.base.files import disk_fault, disk_trouble
from tl_core.base.said import Said
from tl_core.config import parse
from tl_core.jobs import dispatcher
from tl_core.measures import metrics
from tl_core.signals import events, heartbeat, progress
from tl_core.store import store
from tl_core.training import pipeline

LOCK_PATIENCE_S = 60.0
LOCK_EVERY_S = 0.2
STORE_PATIENCE_S = 600.0
STORE_EVERY_S = 1.0


def main(run_id: str) -> int:
    """Do the run called `run_id`, then start the next one of the queue.

    A run that is cancelled already trains no further: its process was killed because it would
    not stop, and this one makes a usable model of its last checkpoint.

    Returns:
        0 when the run ended as it should, finished or stopped; 1 when it failed.
    """
    folder = ids.run_folder(run_id)
    lock = _lock(folder)
    try:
        with heartbeat.Heartbeat(folder), _writer(folder) as writer:
            done = _work(run_id, writer)
    finally:
        lock.release()
    dispatcher.tick()
    return 0 if done else 1


@contextmanager
def _writer(folder: Path) -> Iterator[events.Writer]:
    """Give a writer of events; that its last words reach no disk any more is no other fault."""
    writer = events.Writer(folder)
    try:
        yield writer
    finally:
        with suppress(OSError):
            writer.close()


def _lock(folder: Path) -> locks.Lock:
    """Take the folder; a stopped run that is taken up again may still be at its last words."""
    until = time.monotonic() + LOCK_PATIENCE_S
    while True:
        try:
            return locks.one_writer(folder)
        except UserError:
            if time.monotonic() > until:
                raise
        time.sleep(LOCK_EVERY_S)


def _work(run_id: str, writer: events.Writer) -> bool:
    folder = ids.run_folder(run_id)
    try:
        row = store.run(run_id)
        epochs = parse(row.config).epochs
        earlier_s = progress.state(folder).worked_s
        writer.emit("started", pid=os.getpid(), device=machine.device().name, epochs=epochs)
        if row.restarts:
            writer.emit("note", text=_again(row.restarts))
        only_finish = row.status == "cancelled"
        done = pipeline.train(folder, writer.emit, metrics, only_finish=only_finish)
    except UserError as error:
        return _failed(run_id, writer, error)
    except OSError as error:
        traceback.print_exc()
        return _failed(run_id, writer, _of_disk(error) or _bug(error))
    except Exception as error:  # noqa: BLE001 - the outer edge: recorded, with its traceback in the log
        traceback.print_exc()
        return _failed(run_id, writer, _bug(error))
    _ended(run_id, writer, done | {"seconds": _of_all_lives(done["seconds"], earlier_s)})
    return True


def _of_all_lives(seconds: dict[str, float], earlier_s: float) -> dict[str, float]:
    """Return `seconds` with the time before a pause, a stop or a kill in the total."""
    if "total" not in seconds or not earlier_s:
        return seconds
    return seconds | {"total": round(seconds["total"] + earlier_s, 3)}


def _ended(run_id: str, writer: events.Writer, done: dict[str, Any]) -> None:
    """Tell the end in the events first: from there the dispatcher can note it if we are killed."""
    if done["status"] == "cancelled":
        told = {"paused": True} if done.get("paused") else {}
        writer.emit("cancelled", metrics=done["metrics"], seconds=done["seconds"], **told)
        store.run_cancelled(run_id, done["metrics"])
        found = done.get("later", dict)()
        if found:
            store.move_run(run_id, "cancelled", only_from=("cancelled",), metrics=found)
        return
    writer.emit("finished", metrics=done["metrics"], seconds=done["seconds"])
    store.run_finished(run_id, done["metrics"])


def _failed(run_id: str, writer: events.Writer, error: UserError) -> bool:
    """Tell why it failed wherever that can still be told: the disk itself may be the reason."""
    store.run_failed(run_id, error)
    with suppress(OSError):
        writer.emit("failed", code=error.code, message=error.message, hint=error.hint)
    _write_down()
    return False


def _write_down() -> None:
    """Wait until the store takes the end of this run; whoever ends this process knows it, too."""
    until = time.monotonic() + STORE_PATIENCE_S
    while not store.write_remembered() and time.monotonic() < until:
        time.sleep(STORE_EVERY_S)


def _again(restarts: int) -> Said:
    return Said(
        "Started again by itself, try {number} of {most}: the process had ended without a word.",
        number=restarts + 1,
        most=dispatcher.RESTARTS + 1,
    )


def _of_disk(error: OSError) -> UserError | None:
    """Return the reason if the disk is at fault; what was learnt before is kept."""
    trouble = disk_trouble(error) or disk_fault(error)
    if trouble is None or trouble.code != "disk-full":
        return trouble
    return UserError(
        "disk-full",
        "The disk is full.",
        hint="Free some space and start the run again: it goes on where it was.",
    )


def _bug(error: Exception) -> UserError:
    return UserError(
        "bug",
        "Something went wrong inside Graft: {kind}.",
        hint="The log of the run has the details; please report them.",
        kind=type(error).__name__,
    )
