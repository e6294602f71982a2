"""One run in a process of its own: `python -m tl_core worker RUN`.

The worker alone writes the run's events. It shows life through the heartbeat, holds the folder's
lock, and records its end in the store, whatever that end is.
"""

import errno
import os
import traceback
from typing import Any

from tl_core.config import parse
from tl_core.errors import UserError
from tl_core.evaluation import metrics
from tl_core.runs import dispatcher, events, heartbeat, ids, locks, machine, store
from tl_core.training import pipeline

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


def main(run_id: str) -> int:
    """Do the run called `run_id`, then start the next one of the queue.

    Returns:
        0 when the run ended as it should, finished or stopped; 1 when it failed.
    """
    folder = ids.run_folder(run_id)
    lock = locks.one_writer(folder)
    try:
        with heartbeat.Heartbeat(folder), events.Writer(folder) as writer:
            done = _work(run_id, writer)
    finally:
        lock.release()
    dispatcher.tick()
    return 0 if done else 1


def _work(run_id: str, writer: events.Writer) -> bool:
    folder = ids.run_folder(run_id)
    try:
        epochs = parse(store.run(run_id).config).epochs
        writer.emit("started", pid=os.getpid(), device=machine.device().name, epochs=epochs)
        done = pipeline.train(folder, writer.emit, metrics)
    except UserError as error:
        return _failed(run_id, writer, error)
    except OSError as error:
        traceback.print_exc()
        return _failed(run_id, writer, _disk_full() if error.errno in DISK_FULL else _bug(error))
    except Exception as error:  # noqa: BLE001 - the outer edge: recorded, with its traceback in the log
        traceback.print_exc()
        return _failed(run_id, writer, _bug(error))
    _ended(run_id, writer, done)
    return True


def _ended(run_id: str, writer: events.Writer, done: dict[str, Any]) -> None:
    """Tell the end in the events first: from there the dispatcher can note it if we are killed."""
    if done["status"] == "cancelled":
        writer.emit("cancelled", metrics=done["metrics"], seconds=done["seconds"])
        store.run_cancelled(run_id, done["metrics"])
        done.get("later", lambda: None)()
        return
    writer.emit("finished", metrics=done["metrics"], seconds=done["seconds"])
    store.run_finished(run_id, done["metrics"])


def _failed(run_id: str, writer: events.Writer, error: UserError) -> bool:
    store.run_failed(run_id, error)
    writer.emit("failed", code=error.code, message=error.message, hint=error.hint)
    return False


def _disk_full() -> UserError:
    return UserError(
        "disk-full",
        "The disk is full.",
        hint="Free some space and start the run again: it goes on where it was.",
    )


def _bug(error: Exception) -> UserError:
    return UserError(
        "bug",
        f"Something went wrong inside Graft: {type(error).__name__}.",
        hint="The log of the run has the details; please report them.",
    )
