"""What the store gives back: projects, data sets, runs and jobs, as values that nothing changes.

A data set and a run are made by a job; how it stands is a column of that job alone. Their rows here
hold what the job tells beside their own columns.
"""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Column, FromClause, Select, Table, select

from tl_core.base.said import Said
from tl_core.config import stored
from tl_core.store import schema

Kind = Literal["project", "dataset", "run"]
DatasetStatus = Literal["importing", "ready", "failed"]
JobStatus = Literal[
    "queued",
    "running",
    "stopping",
    "waiting",
    "paused",
    "judging",
    "finished",
    "cancelled",
    "failed",
]
RunStatus = JobStatus

ACTIVE: tuple[JobStatus, ...] = ("running", "stopping")
"""Somebody is at work and takes one of the places that there are for such work."""
UNDONE: tuple[JobStatus, ...] = ("queued", *ACTIVE)
AT_WORK: tuple[JobStatus, ...] = (*ACTIVE, "judging")
"""A process goes on; one that judges what a stopped run had learnt holds up no other run."""
STATUSES: tuple[JobStatus, ...] = (
    *UNDONE,
    "waiting",
    "paused",
    "judging",
    "finished",
    "cancelled",
    "failed",
)

TRAIN, IMPORT = "train", "import"
"""The kinds of the jobs that make a run and a data set; their subject is its id."""
JOB_OF: dict[Kind, str] = {"run": TRAIN, "dataset": IMPORT}
MADE_BY: dict[str, Kind] = {kind: made for made, kind in JOB_OF.items()}

TABLES: dict[Kind, Table] = {
    "project": schema.projects,
    "dataset": schema.datasets,
    "run": schema.runs,
}
WORDS: dict[Kind, str] = {
    "project": Said("project"),
    "dataset": Said("data set"),
    "run": Said("run"),
}
OF_JOB: dict[Kind, tuple[str, ...]] = {
    "project": (),
    "dataset": ("status", "handle", "error", "claimed_at", "finished_at"),
    "run": ("status", "handle", "error", "restarts", "claimed_at", "started_at", "finished_at"),
}
"""What the row of a thing holds of the job that makes it."""


@dataclass(frozen=True, slots=True)
class Project:
    """A place for data sets and runs that belong together."""

    id: str
    owner: str
    name: str
    created_at: float
    deleted_at: float | None


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """What the store knows of a data set; its pictures are listed in its folder.

    `root_id` is the first version, the same for all versions that come from it. `request` is what
    was asked of the intake, `counts` what came of it, `error` holds code, message and hint. `further`
    is what else there is to learn from, see `role_rows`. `job` is how the import stands.
    """

    id: str
    owner: str
    project_id: str
    name: str
    job: JobStatus
    version: int
    parent_id: str | None
    root_id: str
    token: str | None
    history: str
    request: dict[str, Any] | None
    counts: dict[str, Any] | None
    further: dict[str, Any] | None
    error: dict[str, str] | None
    handle: str | None
    claimed_at: float | None
    created_at: float
    finished_at: float | None
    deleted_at: float | None

    @property
    def status(self) -> DatasetStatus:
        """Whether the data set may be used, comes in, or will never be there."""
        if self.job == "finished":
            return "ready"
        return "failed" if self.job in ("failed", "cancelled") else "importing"

    @property
    def is_waiting(self) -> bool:
        """Whether the import waits for a person to say what is to be learnt; nothing is at work."""
        return self.job == "waiting"


@dataclass(frozen=True, slots=True)
class RunRow:
    """What the store knows of a run; the rest is in its folder. `config` is a TrainConfig.

    `inputs` are ids of what its method learns from beside its data set, by role: of a run under
    "teacher", of data sets under all other roles.
    """

    id: str
    owner: str
    project_id: str
    dataset_id: str
    name: str
    status: RunStatus
    config: dict[str, Any]
    token: str
    restarts: int
    inputs: dict[str, str] | None
    metrics: dict[str, Any] | None
    error: dict[str, str] | None
    handle: str | None
    claimed_at: float | None
    created_at: float
    started_at: float | None
    finished_at: float | None
    deleted_at: float | None

    @property
    def is_done(self) -> bool:
        return self.status not in UNDONE

    def setting(self, name: str) -> Any:
        """Return one setting by its name, None where the run does not tell it."""
        return stored(self.config, name)


@dataclass(frozen=True, slots=True)
class JobRow:
    """Work that leaves the web process: what it is about, and how it stands.

    Attributes:
        kind: one of `jobs.kinds`.
        subject: what it is about, such as the id of a run; one job a kind and subject.
        arguments: what the kind was asked for, as JSON.
        handle: by which the engine finds the process again; None while there is none.
        restarts: how often it was begun anew because its process had died.
        error: code, message and hint of how it failed.
        asked_at: when it was last put into the queue, seconds since 1970, as all times.
        claimed_at: when it was taken up; tells one life of a job from the next.
    """

    id: str
    kind: str
    subject: str
    owner: str
    status: JobStatus
    arguments: dict[str, Any] | None
    handle: str | None
    restarts: int
    error: dict[str, str] | None
    asked_at: float
    claimed_at: float | None
    started_at: float | None
    finished_at: float | None


def job_id(kind: str, subject: str) -> str:
    """Return the id of the one job of a kind about something."""
    return f"{kind}:{subject}"


def selected(kind: Kind) -> Select[Any]:
    """Return the query for whole rows of a kind, the job's columns with them."""
    return select(*columns(kind)).select_from(joined(kind))


def joined(kind: Kind) -> FromClause:
    """Return the table of a kind beside the jobs that make its rows."""
    table, jobs = TABLES[kind], schema.jobs
    if kind not in JOB_OF:
        return table
    return table.join(jobs, (jobs.c.subject == table.c.id) & (jobs.c.kind == JOB_OF[kind]))


def columns(kind: Kind) -> list[Column[Any]]:
    """Return the columns of a whole row."""
    return [*TABLES[kind].c, *(schema.jobs.c[name] for name in OF_JOB[kind])]


def dataset_row(row: dict[str, Any]) -> DatasetRow:
    return DatasetRow(job=row.pop("status"), **row)
