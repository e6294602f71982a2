"""A job in a process of its own: `python -m tl_core job KIND SUBJECT`.

The process alone writes the job's events. It shows life through the heartbeat, holds the folder's
lock, and records its end in the store, whatever that end is. Then it returns: what comes next is
taken up by whoever ticks.
"""

import os
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tl_core.base import limits, locks
from tl_core.base.errors import UserError
from tl_core.jobs import bell, engines, priority, registry
from tl_core.jobs.job import Context, JobKind, in_words
from tl_core.signals import events, heartbeat, stopping
from tl_core.store import job_rows
from tl_core.store.rows import AT_WORK, JobRow

LOCK_EVERY_S = 0.2
STORE_PATIENCE_S = 600.0
STORE_EVERY_S = 1.0
DONE, BUG, REFUSED = 0, 1, 2


def in_own_process(kind_name: str, subject: str) -> int:
    """Do a job in this process, which was started for it alone; return the exit code."""
    kind = registry.get(kind_name)
    row = job_rows.job(kind.name, subject)
    if row is None:
        return DONE
    if kind.niceness(row) != priority.PAGES_FIRST:
        priority.lower(kind.niceness(row))
    if kind.memory_limit_bytes is not None:
        # For good, and for all that it starts: no upload may take the memory of everybody else.
        limits.memory(kind.memory_limit_bytes)
    return do(kind_name, subject)


def do(
    kind_name: str, subject: str, told: Callable[[Mapping[str, Any]], object] = lambda event: None
) -> int:
    """Do a job that was taken up.

    Args:
        kind_name: its kind.
        subject: what it is about.
        told: called with every event.

    Returns:
        0 when it ended as it should, finished or stopped; 2 when it failed for something that a
        person can put right, 1 for a fault in Graft itself.

    Raises:
        UserError: "already-running" while another process is at it.
    """
    kind = registry.get(kind_name)
    row = job_rows.job(kind.name, subject)
    if row is None or row.status not in AT_WORK:  # stopped in the moment that it was taken up
        return DONE
    folder = kind.folder(subject)
    folder.mkdir(parents=True, exist_ok=True)
    lock = _lock(folder, kind.lock_patience_s)
    try:
        with heartbeat.Heartbeat(folder), _writer(folder, told) as writer:
            code = _work(kind, row, folder, writer)
    finally:
        lock.release()
    bell.ring()
    return code


def here(kind: JobKind, subject: str, told: Callable[[Mapping[str, Any]], object]) -> int:
    """Do a job that waits in this process, at once, whatever else is at work; as `do`.

    Args:
        kind: of the job.
        subject: what it is about.
        told: called with every event.
    """
    claimed = job_rows.claim(
        kind.name, len(job_rows.jobs(kind.name)) + 1, [f"{kind.name}:{subject}"]
    )
    if claimed is None:
        return DONE
    stopping.take_back(kind.folder(subject))
    job_rows.set_handle(claimed, engines.in_use().here(subject))
    return do(kind.name, subject, told)


@contextmanager
def _writer(folder: Path, told: Callable[[Mapping[str, Any]], object]) -> Iterator[events.Writer]:
    """Give a writer of events; that its last words reach no disk any more is no other fault."""
    writer = events.Writer(folder, told)
    try:
        yield writer
    finally:
        with suppress(OSError):
            writer.close()


def _lock(folder: Path, patience_s: float) -> locks.Lock:
    """Take the folder; a stopped run that is taken up again may still be at its last words."""
    until = time.monotonic() + patience_s
    while True:
        try:
            return locks.one_writer(folder)
        except UserError:
            if time.monotonic() > until:
                raise
        time.sleep(LOCK_EVERY_S)


def _work(kind: JobKind, row: JobRow, folder: Path, writer: events.Writer) -> int:
    try:
        arguments = kind.arguments.model_validate(row.arguments or {})
        context = Context(row, arguments, folder, writer)
        writer.emit("started", pid=os.getpid(), **kind.introduce(context))
        outcome = kind.run(context)
    except UserError as error:
        return _failed(kind, row, writer, error, REFUSED)
    except KeyboardInterrupt:  # of a person at the command line
        with suppress(OSError):
            writer.emit("cancelled")
        job_rows.end(kind.name, row.subject, "cancelled", claim=row.claimed_at)
        raise
    except (Exception, MemoryError) as error:  # noqa: BLE001 - the outer edge: recorded, with its traceback in the log
        traceback.print_exc()
        told = kind.explain(error)
        return _failed(kind, row, writer, told, BUG if told.code == "bug" else REFUSED)
    if outcome is not None:
        # Told first: from there `jobs.watch` can note it if this process is killed.
        with suppress(OSError):
            writer.emit(outcome.status, **outcome.told)
        job_rows.end(kind.name, row.subject, outcome.status, claim=row.claimed_at)
    return DONE


def _failed(kind: JobKind, row: JobRow, writer: events.Writer, error: UserError, code: int) -> int:
    """Tell why it failed wherever that can still be told: the disk itself may be the reason."""
    if error.code == "stopped":
        with suppress(OSError):
            writer.emit("cancelled", **in_words(error))
        job_rows.end(kind.name, row.subject, "cancelled", error=error, claim=row.claimed_at)
        kind.clean_up(row)
        return DONE
    if not job_rows.fail(kind.name, row.subject, error, claim=row.claimed_at):
        job_rows.end(
            kind.name, row.subject, "cancelled", claim=row.claimed_at
        )  # it was being judged
    with suppress(OSError):
        writer.emit("failed", **in_words(error))
    kind.clean_up(row)
    _write_down()
    return code


def _write_down() -> None:
    """Wait until the store takes the end of this job; whoever ends this process knows it, too."""
    until = time.monotonic() + STORE_PATIENCE_S
    while not job_rows.write_remembered() and time.monotonic() < until:
        time.sleep(STORE_EVERY_S)
