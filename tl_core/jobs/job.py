"""What a kind of job declares, and what it is given when it works.

A job is work that leaves the web process. Everything that all of them share stands elsewhere, once:
the queue and the statuses (`store.job_rows`), who is taken up when (`watch`), the process with its
heartbeat, lock, events and failures (`work`). A kind is one module in `kinds` that makes a `JobKind`,
and a line in `registry.KINDS`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from tl_core.base import settings
from tl_core.base.errors import UserError
from tl_core.base.files import disk_fault, disk_trouble
from tl_core.jobs import priority
from tl_core.jobs.admission import Needs
from tl_core.signals import events, stopping
from tl_core.store import job_rows
from tl_core.store.rows import JobRow, JobStatus

FOREVER = float("inf")


class Arguments(BaseModel):
    """What a kind of job asks for; kept in the store as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Context:
    """What a job is given to work with, in a process of its own.

    Attributes:
        job: its row, as it was taken up.
        arguments: what was asked for, checked.
        folder: its own, which all that it tells lies in.
        emit: tells an event, as emit(event, **fields).
    """

    job: JobRow
    arguments: Any
    folder: Path
    emit: events.Writer

    @property
    def subject(self) -> str:
        return self.job.subject

    def should_stop(self) -> bool:
        """Say whether somebody wants it to end."""
        return stopping.is_asked(self.folder)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended by itself: its status, and what its last event tells beside that."""

    status: JobStatus = "finished"
    told: Mapping[str, Any] = field(default_factory=dict)


def record_end(job: JobRow, ending: Mapping[str, Any]) -> None:
    """Keep the end that the last event tells."""
    to: JobStatus = "finished" if ending["event"] == "finished" else "cancelled"
    job_rows.end(job.kind, job.subject, to, claim=job.claimed_at)


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of job, with all that the rest has to know about it.

    Attributes:
        name: as it stands in the store.
        title: what people are told that it does.
        arguments: the model of what it asks for.
        folder: where the events, the log, the lock and the heartbeat of a subject lie.
        run: does the work. It tells its end by an `Outcome`, or has told it and kept it by itself
            and returns None. It raises what keeps it from its end.
        needs: what it takes.
        explain: what a person is told of an error that is no fault of theirs.
        died: what a person is told when its process ended without a word; None where nobody waits
            for it and it may simply be asked for again.
        introduce: fields of its first event.
        waits_for: kinds that it lets go first, and for how many seconds at most. Beside them it
            begins only with `free_bytes` of memory to spare and where no GPU is shared.
        free_bytes: see there.
        is_newest_first: whether what was asked for last is taken up first.
        restarts: how often it is begun anew when its process has died.
        begins_afresh: whether what an earlier job left in the folder is removed first.
        goes_on_from: a pattern of file names that are left there nonetheless; "" for none.
        niceness: how far its process gives way to others; see `priority`.
        memory_limit_bytes: what its process may take; None for no limit.
        lock_patience_s: how long it waits for an earlier process of the same job to end.
        stop_patience_s: how long a job may take to end when asked to, before it is killed.
        may_begin: whether a queued job may be taken up now, beside all other rules.
        leaves_place: whether a job at work needs its place no longer, where there is memory to spare.
        gives_way: whether a job at work ends, for one of those that wait; it may be asked for again.
        clean_up: removes what a job left behind whose process was killed or died.
        has_learnt: whether a job that was stopped by force kept what a process can make usable.
        record: keeps an end that the events tell and the store does not know yet.
    """

    name: str
    title: str
    arguments: type[BaseModel]
    folder: Callable[[str], Path]
    run: Callable[[Context], Outcome | None]
    needs: Needs
    explain: Callable[[Exception], UserError]
    died: Callable[[JobRow], UserError] | None
    introduce: Callable[[Context], Mapping[str, Any]] = lambda context: {}
    waits_for: Mapping[str, float] = field(default_factory=dict)
    free_bytes: Callable[[], int] = lambda: 0
    is_newest_first: bool = False
    restarts: int = 0
    begins_afresh: bool = False
    goes_on_from: str = ""
    niceness: Callable[[JobRow], int] = lambda job: priority.PAGES_FIRST
    memory_limit_bytes: int | None = None
    lock_patience_s: float = 0.0
    stop_patience_s: float = 8.0
    may_begin: Callable[[JobRow], bool] = lambda job: True
    leaves_place: Callable[[JobRow], bool] = lambda job: False
    gives_way: Callable[[JobRow, Sequence[JobRow]], bool] = lambda job, waiting: False
    clean_up: Callable[[JobRow], object] = lambda job: None
    has_learnt: Callable[[str], bool] = lambda subject: False
    record: Callable[[JobRow, Mapping[str, Any]], object] = record_end


def inside_graft(error: Exception) -> UserError:
    """Return what a person is told of an error: the disk is at fault, or Graft itself."""
    trouble = of_disk(error)
    return trouble or UserError(
        "bug",
        "Something went wrong inside Graft: {kind}.",
        "The log has the details; please report them.",
        kind=type(error).__name__,
    )


def of_disk(error: Exception) -> UserError | None:
    """Return what is wrong with the disk, where that is the reason of an error."""
    if not isinstance(error, OSError):
        return None
    return disk_trouble(error) or disk_fault(error)


def died(what: str, hint: str) -> Callable[[JobRow], UserError]:
    """Return the words for a process that ended without one."""
    return lambda job: UserError("process-ended", what, hint)


def in_words(error: UserError) -> dict[str, str]:
    return {"code": error.code, "message": error.message, "hint": error.hint}


def disk_full() -> UserError:
    return UserError(
        "disk-full",
        "The disk that holds {folder} is full.",
        "Free some space, for example by deleting old runs, then start it again or let it go on.",
        folder=settings.current().home,
    )
