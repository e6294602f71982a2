"""The whole of scheduling: takes care of what ended badly or will not end, then takes up what waits.

`tick` may be called by anybody at any time, also by several processes at once: every step is a
compare-and-set in the store. Jobs outlive all who tick. No worker ticks: the server does, a command
that follows its job, or `python -m tl_core serve-jobs`.
"""

import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import psutil

from tl_core.base import machine, settings
from tl_core.base.errors import UserError
from tl_core.base.files import is_read_only
from tl_core.jobs import admission, bell, engines, registry
from tl_core.jobs.job import JobKind, disk_full, in_words
from tl_core.signals import events, heartbeat, progress, stopping
from tl_core.signals.progress import RunView
from tl_core.store import job_rows
from tl_core.store.rows import AT_WORK, MADE_BY, UNDONE, JobRow, JobStatus

# Between taking a job from the queue and noting its process nothing slow happens.
CLAIM_PATIENCE_S = 30.0
# With less than this not even the reason of a failure can be written down.
FULL_BYTES = 4 * 1024**2
TICK_EVERY_S = 1.0
LISTEN_EVERY_S = 0.1
# A disk may turn back: what was begun meanwhile was lost at once, so nothing is ended before.
READ_ONLY_PATIENCE_S = 10.0
# By job, since when this process has seen its disk take nothing.
_READ_ONLY_SINCE: dict[str, float] = {}


@dataclass(frozen=True, slots=True)
class State:
    """Where a job stands: its row (None where it was never asked for), and what it tells."""

    job: JobRow | None
    view: RunView

    @property
    def status(self) -> JobStatus | None:
        return None if self.job is None else self.job.status

    @property
    def is_under_way(self) -> bool:
        """Whether it waits for its turn or works."""
        return self.status in UNDONE

    @property
    def error(self) -> UserError | None:
        """Why it failed."""
        told = None if self.job is None else self.job.error
        return None if told is None else UserError(**told)


def state(kind: JobKind, subject: str) -> State:
    """Return where a job stands now; one whose process is gone is seen to first."""
    job = job_rows.job(kind.name, subject)
    if job is not None and job.status in AT_WORK and _is_dead(job):
        _see_to(kind, job)
        job = job_rows.job(kind.name, subject)
    return State(job, progress.state(kind.folder(subject)))


def tick() -> None:
    """Take care of what ended badly or will not end, then take up what comes next of every kind."""
    job_rows.write_remembered()
    for job in job_rows.jobs(statuses=AT_WORK):
        if (kind := registry.find(job.kind)) is not None and _is_about_something(kind, job):
            _see_to(kind, job)
    waiting = {job.kind for job in job_rows.jobs(statuses=("queued",))}
    for kind in registry.KINDS:
        if kind.name in waiting:
            _take_up(kind)


def take_up(kind: JobKind) -> None:
    """Do the same for one kind alone: what somebody has just asked for begins at once."""
    for job in job_rows.jobs(kind.name, AT_WORK):
        if _is_about_something(kind, job):
            _see_to(kind, job)
    _take_up(kind)


def _take_up(kind: JobKind) -> None:
    while (job := _next_of(kind)) is not None:
        if _is_about_something(kind, job):
            _launch(kind, job)


def _is_about_something(kind: JobKind, job: JobRow) -> bool:
    """Say whether this Graft knows what a job is about; one of a backbone or format that is gone fails.

    It would hold up all others else: nobody could look at where it stands.
    """
    try:
        kind.folder(job.subject)
    except UserError as error:
        job_rows.fail(job.kind, job.subject, error, claim=job.claimed_at)
        return False
    return True


def keep_ticking() -> threading.Thread:
    """Tick from a thread whenever somebody rings, and every second, so that queues need no open page."""
    thread = threading.Thread(target=_tick_forever, name="dispatcher", daemon=True)
    thread.start()
    return thread


def _tick_forever() -> None:
    while True:
        heard = bell.rung_at()
        # A store that is locked, a disk that is full, or a database that restarts may be well again
        # at the next turn; without this thread nobody sees to jobs that died or will not stop.
        try:
            tick()
        except Exception as error:  # noqa: BLE001 - the outer edge of a thread that must not end
            print(f"dispatcher: {type(error).__name__}: {error}", flush=True)
        until = time.monotonic() + TICK_EVERY_S
        while time.monotonic() < until and bell.rung_at() == heard:
            time.sleep(LISTEN_EVERY_S)


# Taking up


def _next_of(kind: JobKind) -> JobRow | None:
    """Claim the job of a kind that may begin now, if there is one."""
    undone = job_rows.jobs()
    queued = [job for job in undone if job.kind == kind.name and job.status == "queued"]
    if not queued:
        return None
    for job in undone:
        if job.kind == kind.name and job.status == "running" and kind.gives_way(job, queued):
            _give_way(job)
    others = [job for job in undone if job.kind in kind.waits_for]
    if others and not _may_begin_beside(kind, queued, others):
        return None
    wanted = [job.id for job in queued if kind.may_begin(job)]
    return job_rows.claim(
        kind.name, _places(kind, undone), wanted, newest_first=kind.is_newest_first
    )


def _places(kind: JobKind, undone: Sequence[JobRow]) -> int:
    """Return how many of a kind may be at work; who needs its place no longer does not count."""
    leaving = sum(
        job.kind == kind.name and job.status == "running" and kind.leaves_place(job)
        for job in undone
    )
    # One at most: what it does at last takes memory too.
    places = 1 if kind.needs.is_exclusive else admission.at_most(kind.needs)
    return places + (leaving == 1 and _has_room(kind))


def _may_begin_beside(kind: JobKind, queued: Sequence[JobRow], others: Sequence[JobRow]) -> bool:
    """Say whether somebody waited long enough and there is room; a GPU is not shared."""
    longest_s = time.time() - min(job.asked_at for job in queued)
    is_patient = any(longest_s <= kind.waits_for[job.kind] for job in others)
    return not is_patient and _has_room(kind) and machine.device().kind == "cpu"


def _has_room(kind: JobKind) -> bool:
    return psutil.virtual_memory().available >= kind.free_bytes()


def _give_way(job: JobRow) -> None:
    if job_rows.end(job.kind, job.subject, "cancelled", claim=job.claimed_at):
        _kill(job)


def _launch(kind: JobKind, job: JobRow) -> None:
    folder = kind.folder(job.subject)
    folder.mkdir(parents=True, exist_ok=True)
    stopping.take_back(folder)
    (folder / heartbeat.FILE).unlink(missing_ok=True)
    submit(kind, job)


def submit(kind: JobKind, job: JobRow) -> None:
    """Let the engine do a job that was taken up."""
    environment = {"GRAFT_OWNER": job.owner}
    folder = kind.folder(job.subject)
    handle = engines.in_use().submit(kind.name, job.subject, folder, environment)
    if not job_rows.set_handle(job, handle):
        engines.in_use().cancel(handle)


# Ending


def stop(kind: JobKind, subject: str, how: str = "") -> None:
    """Ask a job to end; one that waits just leaves the queue.

    A process that has not ended within its kind's patience is killed by a later `tick`.

    Args:
        kind: of the job.
        subject: what it is about.
        how: `stopping.PAUSE` to keep everything as it is, so that it can go on later.
    """
    folder = kind.folder(subject)
    resting: JobStatus = "paused" if how == stopping.PAUSE else "cancelled"
    now = time.time()
    if job_rows.move(kind.name, subject, resting, only_from=("queued",), finished_at=now):
        if how:
            stopping.ask(folder, how)
        return
    if job_rows.move(kind.name, subject, "stopping", only_from=("running",)):
        try:
            stopping.ask(folder, how)
        except OSError:  # a full disk must not make an end of a pause
            job_rows.move(kind.name, subject, "running", only_from=("stopping",))
            raise


def judge(
    kind: JobKind, subject: str, *, only_from: Collection[JobStatus], has_learnt: bool
) -> bool:
    """Let a job that no process is at end as one that was stopped; say whether that was so.

    Args:
        kind: of the job.
        subject: what it is about.
        only_from: statuses that it may have now.
        has_learnt: whether there is something for a process to make a usable result of.
    """
    now = time.time()
    to: JobStatus = "judging" if has_learnt else "cancelled"
    values = {"error": None, "handle": None, "claimed_at": now, "finished_at": now}
    if not job_rows.move(kind.name, subject, to, only_from=only_from, **values):
        return False
    if has_learnt and (job := job_rows.job(kind.name, subject)) is not None:
        submit(kind, job)
    return True


def kill(kind: JobKind, subject: str, error: UserError) -> bool:
    """End a job at once as one that failed, whether it waits or works; say whether it had not ended."""
    job = job_rows.job(kind.name, subject)
    if job is None:
        return False
    _kill(job)
    if not job_rows.fail(kind.name, subject, error, only_from=(*UNDONE, "waiting")):
        return False
    kind.clean_up(job)
    return True


def _kill(job: JobRow) -> None:
    if job.handle is not None:
        engines.in_use().cancel(job.handle)


def _see_to(kind: JobKind, job: JobRow) -> None:
    is_dead = _is_dead(job)
    if job.status == "stopping":
        _see_to_stopping(kind, job, is_dead=is_dead)
    elif job.status == "judging":
        if is_dead:  # looking at what a stopped run had learnt broke off; it can be asked for again
            job_rows.end(job.kind, job.subject, "cancelled", claim=job.claimed_at)
    elif is_dead:
        _see_to_dead(kind, job)
    elif _has_lost_its_disk(kind, job):
        _end_without_disk(kind, job)


def _see_to_stopping(kind: JobKind, job: JobRow, *, is_dead: bool) -> None:
    folder = kind.folder(job.subject)
    if is_dead:
        if not _record_end(kind, job):
            _end_stopped(kind, job)
        return
    waited_s = stopping.waited_s(folder)
    if waited_s is None:
        stopping.ask(folder)
    elif waited_s > kind.stop_patience_s and job.handle is not None:
        _kill(job)
        _end_stopped(kind, job)


def _end_stopped(kind: JobKind, job: JobRow) -> None:
    """End a job whose process was to end and is gone; what it had learnt is made usable."""
    if stopping.is_to_pause(kind.folder(job.subject)):
        job_rows.end(job.kind, job.subject, "paused", claim=job.claimed_at)
        return
    has_learnt = kind.has_learnt(job.subject)
    judge(kind, job.subject, only_from=("stopping",), has_learnt=has_learnt)


def _see_to_dead(kind: JobKind, job: JobRow) -> None:
    """Note the end that the worker told, or let it go on where it was, or give up.

    It is tried again as often as its kind says, from what it kept or from the start: whatever ended
    it may not happen again. A disk that takes nothing is no reason to try. The claim is compared each
    time: another process may have seen the same and acted already.
    """
    if _record_end(kind, job):
        return
    trouble = _disk_trouble(kind, job)
    if trouble is None and job.restarts < kind.restarts:
        again = {"restarts": job.restarts + 1, "handle": None}
        job_rows.move(
            job.kind, job.subject, "queued", only_from=("running",), claim=job.claimed_at, **again
        )
        return
    if kind.died is None:
        ended = job_rows.end(job.kind, job.subject, "cancelled", claim=job.claimed_at)
    else:
        error = trouble or kind.died(job)
        ended = job_rows.fail(job.kind, job.subject, error, claim=job.claimed_at)
        if ended and job.kind not in MADE_BY:
            _tell_death(kind, job, error)
    if ended:
        kind.clean_up(job)


def _tell_death(kind: JobKind, job: JobRow, error: UserError) -> None:
    """Tell in the events what the process could not tell any more."""
    folder = kind.folder(job.subject)
    if folder.is_dir():
        with events.Writer(folder) as emit:
            emit("failed", **in_words(error))


def _record_end(kind: JobKind, job: JobRow) -> bool:
    """Bring the store up to date with an end that the events tell; say whether they tell one.

    A worker may be killed between telling its end and noting it. An end told before the job
    was taken up again does not count.
    """
    ending = progress.state(kind.folder(job.subject)).ending
    if ending is None or ending["time"] < (job.claimed_at or 0):
        return False
    if ending["event"] == "failed":
        words = (ending.get(part, "") for part in ("code", "message", "hint"))
        job_rows.fail(job.kind, job.subject, UserError(*words), claim=job.claimed_at)
    else:
        kind.record(job, ending)
    return True


def _has_lost_its_disk(kind: JobKind, job: JobRow) -> bool:
    """Say whether the disk of a job at work has taken no writing for so long that it is over."""
    if not is_read_only(kind.folder(job.subject)):
        _READ_ONLY_SINCE.pop(job.id, None)
        return False
    since = _READ_ONLY_SINCE.setdefault(job.id, time.monotonic())
    return time.monotonic() - since > READ_ONLY_PATIENCE_S


def _end_without_disk(kind: JobKind, job: JobRow) -> None:
    """End a job that can keep nothing of what it makes, and say why, if only in this process.

    Where the store takes no end either, the worker is left: it waits to write its end down itself,
    also when this process is gone by then.
    """
    if not _record_end(kind, job):
        job_rows.fail(job.kind, job.subject, _read_only(), claim=job.claimed_at)
    if job.id not in job_rows.REMEMBERED:
        _kill(job)
    _READ_ONLY_SINCE.pop(job.id, None)


def _is_dead(job: JobRow) -> bool:
    if job.handle is None:
        return time.time() - (job.claimed_at or 0) > CLAIM_PATIENCE_S
    return not engines.in_use().alive(job.handle)


def _disk_trouble(kind: JobKind, job: JobRow) -> UserError | None:
    """Return what is wrong with the disk, if that may have ended a process without a word."""
    if is_read_only(kind.folder(job.subject)):
        return _read_only()
    if machine.free_disk_bytes(settings.current().home) < FULL_BYTES:
        return disk_full()
    return None


def _read_only() -> UserError:
    return UserError(
        "disk-read-only",
        "The disk that holds {folder} can only be read now: nothing could be kept any more.",
        "Make it writable again, then let it go on. A disk that turned so by itself may be failing: "
        "make a copy of it first.",
        folder=settings.current().home,
    )
