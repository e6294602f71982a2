"""The jobs of ALL owners: asked for, claimed, moved from one status to another, ended.

Every change compares what it found with what stands there, so any number of processes may look after
the same jobs. A job that makes a run or a data set is noted beside its files, as every change of them.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select, update

from tl_core.base.errors import UserError
from tl_core.store import identity, schema
from tl_core.store.changing import in_words, noted, owner_or_default
from tl_core.store.database import reading, writing
from tl_core.store.rows import (
    ACTIVE,
    AT_WORK,
    MADE_BY,
    UNDONE,
    JobRow,
    JobStatus,
    job_id,
)

UNWRITABLE = ("disk-full", "disk-read-only", "store-read-only", "store-unavailable", "store-gone")
"""What keeps an end from being written down, until somebody mends it."""
# Failures that this process could not write down, by job. They are told all the same, and written by
# `write_remembered` once the store takes them.
REMEMBERED: dict[str, dict[str, Any]] = {}
OPEN: tuple[JobStatus, ...] = (*UNDONE, "waiting", "judging")
"""How a job stands that has not come to its end."""
_jobs = schema.jobs


def ask(
    kind: str,
    subject: str,
    arguments: Mapping[str, Any] | None = None,
    *,
    owner: str | None = None,
    first: Callable[[], object] = lambda: None,
) -> bool:
    """Want something done; say whether that is new, and not under way already.

    Args:
        kind: of the job.
        subject: what it is about. An earlier job about it is begun anew.
        arguments: what the kind asks for, as JSON.
        first: done before it waits, where it is new; nobody can take it up meanwhile.
    """
    identifier = job_id(kind, subject)
    fresh = {
        "status": "queued",
        "arguments": dict(arguments or {}),
        "owner": owner_or_default(owner),
        "restarts": 0,
        "asked_at": time.time(),
    }
    nothing = dict.fromkeys(("handle", "error", "claimed_at", "started_at", "finished_at"))
    with writing() as connection:
        known = connection.execute(select(_jobs.c.status).where(_jobs.c.id == identifier)).scalar()
        if known in UNDONE:
            return False
        first()
        if known is None:
            values = {"id": identifier, "kind": kind, "subject": subject, **fresh}
            connection.execute(_jobs.insert().values(**values))
        else:
            wanted = _jobs.c.id == identifier
            connection.execute(update(_jobs).where(wanted).values(**fresh, **nothing))
    return True


def job(kind: str, subject: str) -> JobRow | None:
    """Return the job of a kind about something, of whatever owner; None where there was none."""
    with reading() as connection:
        row = connection.execute(select(_jobs).where(_jobs.c.id == job_id(kind, subject))).first()
    return None if row is None else JobRow(**row._mapping)


def jobs(kind: str | None = None, statuses: Collection[JobStatus] = UNDONE) -> list[JobRow]:
    """Return the jobs that stand so, of a kind or of all kinds, in the order in which they were asked for."""
    query = select(_jobs).where(_jobs.c.status.in_(statuses))
    if kind is not None:
        query = query.where(_jobs.c.kind == kind)
    with reading() as connection:
        rows = connection.execute(query.order_by(*queue_order()))
        found = [JobRow(**row._mapping) for row in rows]
    return [row for row in found if row.id not in REMEMBERED]


def claim(
    kind: str, at_most: int, wanted: Collection[str] | None = None, *, newest_first: bool = False
) -> JobRow | None:
    """Take up the job of a kind that comes next, unless `at_most` are at work; atomic.

    Args:
        kind: of the job.
        at_most: how many may be at work at once.
        wanted: ids of those that may be taken up; None for any.
        newest_first: whether the one that was asked for last comes first.
    """
    is_queued = (_jobs.c.kind == kind) & (_jobs.c.status == "queued")
    if wanted is not None:
        is_queued &= _jobs.c.id.in_(wanted)
    with reading() as connection:  # what changes nothing waits for no one
        if connection.execute(select(_jobs.c.id).where(is_queued).limit(1)).first() is None:
            return None
    with _changed() as (connection, marks):
        working = select(func.count()).where(_jobs.c.kind == kind, _jobs.c.status.in_(ACTIVE))
        order = reversed_order() if newest_first else queue_order()
        first = connection.execute(select(_jobs).where(is_queued).order_by(*order).limit(1)).first()
        if first is None or connection.execute(working).scalar_one() >= at_most:
            return None
        now = time.time()
        values = {"status": "running", "claimed_at": now, "finished_at": None, "error": None}
        connection.execute(
            update(_jobs)
            .where(_jobs.c.id == first.id)
            # A handle left by an earlier life is of nobody at work.
            .values(handle=None, started_at=func.coalesce(_jobs.c.started_at, now), **values)
        )
        _note(connection, marks, first.kind, first.subject)
        claimed = connection.execute(select(_jobs).where(_jobs.c.id == first.id)).one()
        return JobRow(**claimed._mapping)


def move(
    kind: str,
    subject: str,
    to: JobStatus,
    *,
    only_from: Collection[JobStatus],
    claim: float | None = None,
    **values: Any,
) -> bool:
    """Change a job's status if it is one of `only_from`; say whether it was.

    Args:
        kind: of the job.
        subject: what it is about.
        to: its new status.
        only_from: statuses that it may have now; compared and changed in one step.
        claim: when given, `claimed_at` must still be that: a job seen dead may have been taken up
            again since.
        **values: other columns to set with it.
    """
    with _changed() as (connection, marks):
        done = moved(connection, kind, subject, to, only_from, claim, **values)
        if done:
            _note(connection, marks, kind, subject)
        return done


def moved(
    connection: Connection,
    kind: str,
    subject: str,
    to: JobStatus,
    only_from: Collection[JobStatus],
    claim: float | None = None,
    **values: Any,
) -> bool:
    """As `move`, in the transaction under way.

    What waits was taken up by nobody: an earlier life that has its last words still can end it no more.
    """
    if to == "queued":
        values = {"claimed_at": None, **values}
    condition = (_jobs.c.id == job_id(kind, subject)) & _jobs.c.status.in_(only_from)
    if claim is not None:
        condition &= _jobs.c.claimed_at == claim
    done = connection.execute(update(_jobs).where(condition).values(status=to, **values))
    return done.rowcount == 1


def end(
    kind: str,
    subject: str,
    to: JobStatus,
    *,
    claim: float | None = None,
    error: UserError | None = None,
) -> bool:
    """Say how a job ended; false if it had ended otherwise, or had begun another life."""
    with _changed() as (connection, marks):
        done = ended(connection, kind, subject, to, claim=claim, error=error)
        if done:
            _note(connection, marks, kind, subject)
        return done


def ended(
    connection: Connection,
    kind: str,
    subject: str,
    to: JobStatus,
    *,
    claim: float | None = None,
    error: UserError | None = None,
) -> bool:
    """As `end`, in the transaction under way."""
    told = None if error is None else in_words(error)
    values = {"error": told, "handle": None, "finished_at": time.time()}
    return moved(connection, kind, subject, to, OPEN, claim, **values)


def fail(
    kind: str,
    subject: str,
    error: UserError,
    *,
    claim: float | None = None,
    only_from: Collection[JobStatus] = UNDONE,
) -> bool:
    """Say that a job could not be completed, and why; true also if that could only be remembered.

    What fails while a stopped run is judged leaves it stopped, and nothing dies that waits.
    """
    told = {"error": in_words(error), "handle": None, "finished_at": time.time()}
    try:
        return move(kind, subject, "failed", only_from=only_from, claim=claim, **told)
    except UserError as refused:
        if refused.code not in UNWRITABLE:
            raise
    REMEMBERED[job_id(kind, subject)] = {
        "kind": kind,
        "subject": subject,
        "claim": claim,
        "only_from": only_from,
        **told,
    }
    return True


def write_remembered() -> bool:
    """Write down the failures that could not be written when they came; say whether none is left."""
    for identifier, told in list(REMEMBERED.items()):
        try:
            move(to="failed", **told)
        except UserError as refused:
            if refused.code not in UNWRITABLE:
                raise
        else:
            REMEMBERED.pop(identifier, None)
    return not REMEMBERED


def set_handle(job: JobRow, handle: str) -> bool:
    """Note by which handle the engine knows a job, unless the work is already over.

    Returns:
        Whether the job is still that life of it: a computer that slept between the claim and the
        start may find it taken up anew by another process.
    """
    with _changed() as (connection, marks):
        is_this_one = (_jobs.c.id == job.id) & (_jobs.c.claimed_at == job.claimed_at)
        connection.execute(
            update(_jobs).where(is_this_one, _jobs.c.status.in_(AT_WORK)).values(handle=handle)
        )
        _note(connection, marks, job.kind, job.subject)
        return connection.execute(select(_jobs.c.id).where(is_this_one)).first() is not None


def forget_about(connection: Connection, identifier: str) -> None:
    """Remove the jobs about something that is gone for good."""
    about = or_(_jobs.c.subject == identifier, _jobs.c.subject.like(f"%{identifier}%"))
    connection.execute(_jobs.delete().where(about))


def queue_order() -> tuple[ColumnElement[Any], ...]:
    # Of jobs asked for in the same instant the id decides, so that all see one order.
    return _jobs.c.asked_at.asc(), _jobs.c.id.asc()


def reversed_order() -> tuple[ColumnElement[Any], ...]:
    return _jobs.c.asked_at.desc(), _jobs.c.id.asc()


@contextmanager
def _changed() -> Iterator[tuple[Connection, list[identity.Mark]]]:
    """Give a connection that alone may write; what was noted in the block is kept up with afterwards."""
    marks: list[identity.Mark] = []
    with writing() as connection:
        yield connection, marks
    for mark in marks:
        identity.keep_up(mark)


def _note(connection: Connection, marks: list[identity.Mark], kind: str, subject: str) -> None:
    if kind in MADE_BY:
        marks.append(noted(connection, MADE_BY[kind], subject))
