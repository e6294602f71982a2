"""Queries for runs, and for the trainings that make them."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, func, select, type_coerce, update

from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.store import job_rows, schema
from tl_core.store.changing import (
    add_job,
    changing,
    is_one,
    listed,
    one,
    owner_or_default,
    plain_name,
    require_here,
    split,
)
from tl_core.store.database import reading
from tl_core.store.rows import (
    TRAIN,
    UNDONE,
    WORDS,
    JobStatus,
    Kind,
    RunRow,
    RunStatus,
    dataset_row,
    job_id,
    selected,
)

_runs = schema.runs
_datasets = schema.datasets
TEACHER = "teacher"
"""The role of an input that is a run; all others are data sets."""
OPEN: tuple[JobStatus, ...] = (*UNDONE, "judging")
"""How a run stands that may still come to an end of its own."""


def add_run(
    dataset_id: str,
    name: str,
    config: Mapping[str, Any],
    token: str,
    *,
    run_id: str | None = None,
    inputs: Mapping[str, str] | None = None,
    metrics: Mapping[str, Any] | None = None,
    status: RunStatus = "finished",
    owner: str | None = None,
) -> str:
    """Queue a run, once per click: the same token gives the run that the first click made.

    Args:
        dataset_id: what it trains on.
        name: as a person wrote it; empty gives "Run" and its number in the project.
        config: a TrainConfig as JSON.
        token: one per click, any text that no other click has.
        run_id: the id to give it, made by `ids.new()`.
        inputs: what else it learns from, ids by role; all in the project of its data set.
        metrics: of a model that was trained elsewhere; the run is then finished already, and its
            data set may be on its way still.
        status: how such a run ended.

    Returns:
        The run's id; another than `run_id` if the token was used before.

    Raises:
        UserError: "dataset-not-ready" when the data set is still importing or failed,
            "input-not-ready" when that cannot be learnt from.
    """
    identifier = run_id or ids.new()
    with changing("run", identifier) as connection:
        made = connection.execute(
            select(_runs.c.id).where(
                _runs.c.owner == owner_or_default(owner), _runs.c.token == token
            )
        ).scalar()
        if made is not None:
            return made
        found = dataset_row(one(connection, "dataset", dataset_id, owner))
        require_here(connection, found.project_id, owner)
        is_usable = found.status == "ready" and found.deleted_at is None
        if metrics is None and not is_usable:
            raise UserError(
                "dataset-not-ready",
                "The data set {name!r} cannot be trained on yet.",
                "Wait until it is imported, or choose another one.",
                name=found.name,
            )
        if metrics is None:
            _require_inputs(connection, inputs or {}, found.project_id, owner)
        earlier = select(func.count()).where(_runs.c.project_id == found.project_id)
        number = connection.execute(earlier).scalar_one() + 1
        connection.execute(
            _runs.insert().values(
                id=identifier,
                owner=owner_or_default(owner),
                project_id=found.project_id,
                dataset_id=dataset_id,
                name=plain_name(name or f"Run {number}"),
                config=dict(config),
                token=token,
                inputs=dict(inputs) if inputs else None,
                metrics=None if metrics is None else dict(metrics),
                created_at=time.time(),
            )
        )
        stands = "queued" if metrics is None else status
        add_job(connection, "run", identifier, owner_or_default(owner), stands)
    return identifier


def require_inputs(dataset_id: str, inputs: Mapping[str, str], *, owner: str | None = None) -> None:
    """Refuse inputs of a run on a data set that cannot be learnt from.

    Raises:
        UserError: "input-not-ready", or "unknown".
    """
    with reading() as connection:
        found = dataset_row(one(connection, "dataset", dataset_id, owner))
        _require_inputs(connection, inputs, found.project_id, owner)


def _require_inputs(
    connection: Connection, inputs: Mapping[str, str], project_id: str, owner: str | None
) -> None:
    """Refuse inputs that cannot be learnt from: not there, not ready, or of another project."""
    for role, identifier in inputs.items():
        kind: Kind = "run" if role == TEACHER else "dataset"
        row = one(connection, kind, identifier, owner)
        is_ready = row["metrics"] if kind == "run" else row["status"] == "finished"
        is_here = row["project_id"] == project_id and row["deleted_at"] is None
        if not (is_ready and is_here):
            raise UserError(
                "input-not-ready",
                "The {kind} {name!r} cannot be learnt from.",
                "Choose one of the same project that is ready and was not deleted.",
                kind=WORDS[kind],
                name=row["name"],
            )


def names(identifier: str) -> ColumnElement[bool]:
    """Return the condition for runs that name something as an input; ids are hexadecimal digits."""
    return type_coerce(_runs.c.inputs, Text).contains(f'"{identifier}"', autoescape=True)


def runs(
    project_id: str | None = None,
    *,
    dataset_id: str | None = None,
    root_id: str | None = None,
    with_deleted: bool = False,
    owner: str | None = None,
) -> list[RunRow]:
    """Return the runs of a project, of a data set or of the owner, newest first.

    With `root_id` those of every version that comes from that data set.
    """
    wanted: list[ColumnElement[bool]] = []
    if project_id is not None:
        wanted.append(_runs.c.project_id == project_id)
    if dataset_id is not None:
        wanted.append(_runs.c.dataset_id == dataset_id)
    if root_id is not None:
        family = select(_datasets.c.id).where(_datasets.c.root_id == root_id)
        wanted.append(_runs.c.dataset_id.in_(family))
    with reading() as connection:
        rows = listed(connection, "run", owner, *wanted, with_deleted=with_deleted)
    return [_as_remembered(RunRow(**row)) for row in rows]


def run(run_id: str, *, owner: str | None = None) -> RunRow:
    """Return one run, deleted or not."""
    with reading() as connection:
        return _as_remembered(RunRow(**one(connection, "run", run_id, owner)))


def run_of_token(token: str, *, owner: str | None = None) -> str | None:
    """Return the run that a click made, if it made one."""
    with reading() as connection:
        wanted = select(_runs.c.id).where(
            _runs.c.owner == owner_or_default(owner), _runs.c.token == token
        )
        return connection.execute(wanted).scalar()


def undone_runs() -> list[RunRow]:
    """Return the runs of ALL owners that wait or work, in the order of the queue."""
    query = selected("run").where(schema.jobs.c.status.in_(UNDONE))
    with reading() as connection:
        rows = connection.execute(query.order_by(*job_rows.queue_order()))
        undone = [_as_remembered(RunRow(**row._mapping)) for row in rows]
    return [row for row in undone if not row.is_done]


def claim_next() -> RunRow | None:
    """Take the next run of the queue, of ANY owner, unless one is at work; atomic."""
    claimed = job_rows.claim(TRAIN, 1)
    return None if claimed is None else run(claimed.subject, owner=claimed.owner)


def move_run(
    run_id: str,
    to: RunStatus,
    *,
    only_from: tuple[RunStatus, ...],
    claimed_at: float | None = None,
    owner: str | None = None,
    **values: Any,
) -> bool:
    """Change a run's status if it is one of `only_from`; say whether it was.

    Args:
        run_id: the run.
        to: its new status.
        only_from: statuses that it may have now; compared and changed in one step.
        claimed_at: when given, it must still be the same claim: a run seen dead may have been
            taken up again since.
        **values: other columns to set with it, of the run or of its job.
    """
    own, of_job = split(values, "run")
    wanted = is_one(_runs, run_id, owner)
    if to == "queued":  # what another tab has deleted must not begin to work under its own removal
        wanted &= _runs.c.deleted_at.is_(None)
    with changing("run", run_id) as connection:
        if connection.execute(select(_runs.c.id).where(wanted)).first() is None:
            return False
        done = job_rows.moved(connection, TRAIN, run_id, to, only_from, claimed_at, **of_job)
        if done and own:
            connection.execute(update(_runs).where(wanted).values(**own))
        return done


def run_finished(
    run_id: str,
    metrics: Mapping[str, Any],
    *,
    claimed_at: float | None = None,
    owner: str | None = None,
) -> bool:
    """Say that a run came to its end; false if it had already ended otherwise."""
    return _end_run(run_id, "finished", owner, claimed_at, metrics=dict(metrics))


def run_cancelled(
    run_id: str,
    metrics: Mapping[str, Any] | None = None,
    *,
    claimed_at: float | None = None,
    owner: str | None = None,
) -> bool:
    """Say that a run was stopped by a person; `metrics` are those of its best weights."""
    kept = dict(metrics) if metrics else None
    return _end_run(run_id, "cancelled", owner, claimed_at, metrics=kept)


def run_paused(run_id: str, *, claimed_at: float | None = None, owner: str | None = None) -> bool:
    """Say that a run rests, nothing judged, and is to go on where it was."""
    return _end_run(run_id, "paused", owner, claimed_at, metrics=None)


def run_judging(run_id: str, *, claimed_at: float | None = None, owner: str | None = None) -> bool:
    """Say that a run has ended as a person wished, and that its model is still being judged."""
    return move_run(
        *(run_id, "judging"),
        only_from=UNDONE,
        claimed_at=claimed_at,
        owner=owner,
        metrics=None,
        finished_at=time.time(),
    )


def run_failed(
    run_id: str,
    error: UserError,
    *,
    claimed_at: float | None = None,
    owner: str | None = None,
) -> bool:
    """Say that a run could not be completed, and why; true also if that could only be remembered."""
    run(run_id, owner=owner)
    return job_rows.fail(TRAIN, run_id, error, claim=claimed_at)


def is_remembered(run_id: str) -> bool:
    """Say whether the end of a run waits to be written down by this process."""
    return job_id(TRAIN, run_id) in job_rows.REMEMBERED


def _as_remembered(row: RunRow) -> RunRow:
    end = job_rows.REMEMBERED.get(job_id(TRAIN, row.id))
    if end is None or row.is_done:
        return row
    return replace(row, status="failed", error=end["error"], finished_at=end["finished_at"])


def _end_run(
    run_id: str, to: RunStatus, owner: str | None, claimed_at: float | None, **values: Any
) -> bool:
    return move_run(
        run_id,
        to,
        only_from=OPEN,
        claimed_at=claimed_at,
        owner=owner,
        finished_at=time.time(),
        handle=None,
        **values,
    )
