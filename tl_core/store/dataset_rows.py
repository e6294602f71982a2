"""Queries for data sets, and for the imports that make them."""

import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select, update

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
    set_values,
)
from tl_core.store.database import reading
from tl_core.store.rows import (
    ACTIVE,
    IMPORT,
    UNDONE,
    DatasetRow,
    JobStatus,
    dataset_row,
    selected,
)

_datasets = schema.datasets
UNDER_WAY: tuple[JobStatus, ...] = (*UNDONE, "waiting")
"""How an import stands that has brought no data set yet, and may."""


def create_dataset(
    project_id: str,
    name: str,
    *,
    parent_id: str | None = None,
    history: str = "",
    request: Mapping[str, Any] | None = None,
    dataset_id: str | None = None,
    token: str | None = None,
    waits: bool = False,
    owner: str | None = None,
) -> str:
    """Make a data set that is still importing and return its id.

    Args:
        project_id: the project it belongs to.
        name: as a person wrote it.
        parent_id: the data set that this one is an edited version of.
        history: one line that says what was changed.
        request: what to import and how, kept so that it can be done again.
        dataset_id: the id to give it, made by `ids.new()`.
        token: one per click; the same token again gives the data set that the first click made.
        waits: whether its import waits in the queue; else whoever asks does it here and now.
    """
    identifier = dataset_id or ids.new()
    with changing("dataset", identifier) as connection:
        if token is not None and (made := _dataset_of_token(connection, token, owner)):
            return made
        require_here(connection, project_id, owner)
        root_id, version, further = identifier, 1, None
        if parent_id is not None:
            parent = one(connection, "dataset", parent_id, owner)
            root_id, further = str(parent["root_id"]), parent["further"]
            latest = select(func.max(_datasets.c.version)).where(_datasets.c.root_id == root_id)
            version = connection.execute(latest).scalar_one() + 1
        now = time.time()
        connection.execute(
            _datasets.insert().values(
                id=identifier,
                owner=owner_or_default(owner),
                project_id=project_id,
                name=plain_name(name),
                version=version,
                parent_id=parent_id,
                root_id=root_id,
                token=token,
                history=history,
                request=dict(request or {}),
                further=further,
                created_at=now,
            )
        )
        add_job(
            connection,
            "dataset",
            identifier,
            owner_or_default(owner),
            "queued" if waits else "running",
            claimed_at=None if waits else now,
        )
    return identifier


def _dataset_of_token(connection: Connection, token: str, owner: str | None) -> str | None:
    wanted = select(_datasets.c.id).where(
        _datasets.c.owner == owner_or_default(owner), _datasets.c.token == token
    )
    return connection.execute(wanted).scalar()


def versions(root_id: str, *, owner: str | None = None) -> list[DatasetRow]:
    """Return the versions of one data set that are there and ready, newest first."""
    wanted = (_datasets.c.root_id == root_id, schema.jobs.c.status == "finished")
    with reading() as connection:
        rows = listed(connection, "dataset", owner, *wanted)
    return sorted(map(dataset_row, rows), key=lambda row: -row.version)


def datasets(
    project_id: str, *, with_deleted: bool = False, owner: str | None = None
) -> list[DatasetRow]:
    """Return a project's data sets, newest first."""
    wanted = _datasets.c.project_id == project_id
    with reading() as connection:
        rows = listed(connection, "dataset", owner, wanted, with_deleted=with_deleted)
    return list(map(dataset_row, rows))


def dataset(dataset_id: str, *, owner: str | None = None) -> DatasetRow:
    """Return one data set, deleted or not."""
    with reading() as connection:
        return dataset_row(one(connection, "dataset", dataset_id, owner))


def importing_datasets() -> list[DatasetRow]:
    """Return the data sets of ALL owners that come in; not those that wait for an answer."""
    with reading() as connection:
        rows = connection.execute(selected("dataset").where(schema.jobs.c.status.in_(UNDONE)))
        return [dataset_row(dict(row._mapping)) for row in rows]


def waiting_imports() -> list[str]:
    """Return the ids of the data sets of ALL owners whose import waits, in the order of their turn."""
    return [job.subject for job in job_rows.jobs(IMPORT, ("queued",))]


def claim_import(at_most: int) -> DatasetRow | None:
    """Take up the import that has waited longest, unless `at_most` are at work; atomic."""
    claimed = job_rows.claim(IMPORT, at_most)
    return None if claimed is None else dataset(claimed.subject, owner=claimed.owner)


def dataset_ready(dataset_id: str, counts: Mapping[str, Any], *, owner: str | None = None) -> None:
    """Say that a data set may be used; `counts` is what the page shows of it."""
    _end_import(dataset_id, owner, "finished", counts=dict(counts))


def wait_for_answer(dataset_id: str, *, owner: str | None = None) -> dict[str, Any] | None:
    """Let an import wait until a person says what is to be learnt.

    Returns:
        The answer, if one has come meanwhile; None when the import waits from now on.
    """
    with changing("dataset", dataset_id) as connection:
        row = one(connection, "dataset", dataset_id, owner)
        answer = (row["request"] or {}).get("answer")
        if answer is not None:
            return answer
        job_rows.moved(connection, IMPORT, dataset_id, "waiting", ACTIVE, handle=None)
    return None


def answer_import(
    dataset_id: str, answer: Mapping[str, Any], *, owner: str | None = None
) -> bool | None:
    """Note what a person wants to learn from pictures that are being imported.

    Returns:
        True when the import had waited and goes on in its turn, False when its process will find
        the answer, None when there is nothing to answer (any more).
    """
    with changing("dataset", dataset_id) as connection:
        row = one(connection, "dataset", dataset_id, owner)
        request = dict(row["request"] or {})
        if row["status"] not in UNDER_WAY or request.get("answer") is not None:
            return None
        connection.execute(
            update(_datasets)
            .where(is_one(_datasets, dataset_id, owner))
            .values(request=request | {"answer": dict(answer)})
        )
        return job_rows.moved(
            connection, IMPORT, dataset_id, "queued", ("waiting",), claimed_at=None
        )


def set_history(dataset_id: str, history: str, *, owner: str | None = None) -> None:
    """Say in one line where a data set came from."""
    set_values("dataset", dataset_id, owner, history=history)


def dataset_failed(dataset_id: str, error: UserError, *, owner: str | None = None) -> bool:
    """Say that the import ended without a data set, and why; return False if it had ended before."""
    return _end_import(dataset_id, owner, "failed", error=error)


def _end_import(
    dataset_id: str,
    owner: str | None,
    to: JobStatus,
    *,
    error: UserError | None = None,
    **values: Any,
) -> bool:
    with changing("dataset", dataset_id) as connection:
        one(connection, "dataset", dataset_id, owner)
        done = job_rows.ended(connection, IMPORT, dataset_id, to, error=error)
        if done and values:
            condition = is_one(_datasets, dataset_id, owner)
            connection.execute(update(_datasets).where(condition).values(**values))
        return done
