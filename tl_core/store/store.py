"""What is remembered: projects, data sets and runs. All queries live here.

Every function takes the owner (by default the one in the settings) and sees only that owner's
things; the few that see all, because the machine is shared, say so. Deleting hides and can be
undone; `forget` is for good. Every change is also noted beside the files (`notes`).
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, Table, func, select, update

from tl_core.base import ids, settings
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.store import identity, row_notes
from tl_core.store.database import reading, writing
from tl_core.store.schema import datasets as _datasets
from tl_core.store.schema import projects as _projects
from tl_core.store.schema import runs as _runs

Kind = Literal["project", "dataset", "run"]
DatasetStatus = Literal["importing", "ready", "failed"]
RunStatus = Literal["queued", "running", "stopping", "finished", "cancelled", "failed"]

ACTIVE: tuple[RunStatus, ...] = ("running", "stopping")
UNDONE: tuple[RunStatus, ...] = ("queued", *ACTIVE)
NAME_LIMIT = 200
NOTED_AT_ONCE = 100
TABLES: dict[Kind, Table] = {"project": _projects, "dataset": _datasets, "run": _runs}
WORDS: dict[Kind, str] = {
    "project": Said("project"),
    "dataset": Said("data set"),
    "run": Said("run"),
}


UNWRITABLE = ("disk-full", "disk-read-only", "store-read-only", "store-unavailable", "store-gone")
"""What keeps an end from being written down, until somebody mends it."""
# Ends of runs that this process could not write down. They are told all the same, and written by
# `write_remembered` once the store takes them.
_REMEMBERED: dict[str, dict[str, Any]] = {}


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
    was asked of the intake, `counts` what came of it, `error` holds code, message and hint.
    """

    id: str
    owner: str
    project_id: str
    name: str
    status: DatasetStatus
    version: int
    parent_id: str | None
    root_id: str
    token: str | None
    history: str
    request: dict[str, Any] | None
    counts: dict[str, Any] | None
    error: dict[str, str] | None
    pid: int | None
    claimed_at: float | None
    created_at: float
    finished_at: float | None
    deleted_at: float | None

    @property
    def is_waiting(self) -> bool:
        """Whether the import waits for a person to say what is to be learnt; nothing is at work."""
        return self.status == "importing" and self.counts is not None


@dataclass(frozen=True, slots=True)
class RunRow:
    """What the store knows of a run; the rest is in its folder. `config` is a TrainConfig."""

    id: str
    owner: str
    project_id: str
    dataset_id: str
    name: str
    status: RunStatus
    config: dict[str, Any]
    token: str
    restarts: int
    metrics: dict[str, Any] | None
    error: dict[str, str] | None
    pid: int | None
    claimed_at: float | None
    created_at: float
    started_at: float | None
    finished_at: float | None
    deleted_at: float | None

    @property
    def is_done(self) -> bool:
        return self.status not in UNDONE


# Projects


def create_project(name: str, *, owner: str | None = None) -> str:
    """Make a project and return its id."""
    identifier = ids.new()
    with _changing("project", identifier) as connection:
        _insert_project(connection, identifier, name, _owner(owner))
    return identifier


def default_project(*, owner: str | None = None) -> Project:
    """Return the newest project, making a first one where there is none."""
    newest = projects(owner=owner)
    if newest:
        return newest[0]
    identifier = ids.new()
    with _changing("project", identifier) as connection:
        # Two tabs may both have found nothing; the second finds what the first made.
        if not _projects_of(connection, _owner(owner)):
            _insert_project(connection, identifier, "My first project", _owner(owner))
        return _projects_of(connection, _owner(owner))[0]


def projects(*, owner: str | None = None) -> list[Project]:
    """Return the projects, newest first."""
    with reading() as connection:
        return _projects_of(connection, _owner(owner))


def project(project_id: str, *, owner: str | None = None) -> Project:
    """Return one project, deleted or not."""
    with reading() as connection:
        return Project(**_one(connection, "project", project_id, owner))


# Data sets


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
        waits: whether its import waits to be taken up; see `claim_import`.
    """
    identifier = dataset_id or ids.new()
    with _changing("dataset", identifier) as connection:
        if token is not None and (made := _dataset_of_token(connection, token, owner)):
            return made
        _require_here(connection, project_id, owner)
        root_id, version = identifier, 1
        if parent_id is not None:
            root_id = str(_one(connection, "dataset", parent_id, owner)["root_id"])
            latest = select(func.max(_datasets.c.version)).where(_datasets.c.root_id == root_id)
            version = connection.execute(latest).scalar_one() + 1
        connection.execute(
            _datasets.insert().values(
                id=identifier,
                owner=_owner(owner),
                project_id=project_id,
                name=_name(name),
                status="importing",
                version=version,
                parent_id=parent_id,
                root_id=root_id,
                token=token,
                history=history,
                request=dict(request or {}),
                created_at=time.time(),
                claimed_at=None if waits else time.time(),
            )
        )
    return identifier


def _dataset_of_token(connection: Connection, token: str, owner: str | None) -> str | None:
    wanted = select(_datasets.c.id).where(
        _datasets.c.owner == _owner(owner), _datasets.c.token == token
    )
    return connection.execute(wanted).scalar()


def versions(root_id: str, *, owner: str | None = None) -> list[DatasetRow]:
    """Return the versions of one data set that are there and ready, newest first."""
    wanted = (_datasets.c.root_id == root_id, _datasets.c.status == "ready")
    with reading() as connection:
        rows = _list(connection, "dataset", owner, *wanted)
    return sorted((DatasetRow(**row) for row in rows), key=lambda row: -row.version)


def datasets(
    project_id: str, *, with_deleted: bool = False, owner: str | None = None
) -> list[DatasetRow]:
    """Return a project's data sets, newest first."""
    wanted = _datasets.c.project_id == project_id
    with reading() as connection:
        rows = _list(connection, "dataset", owner, wanted, with_deleted=with_deleted)
    return [DatasetRow(**row) for row in rows]


def dataset(dataset_id: str, *, owner: str | None = None) -> DatasetRow:
    """Return one data set, deleted or not."""
    with reading() as connection:
        return DatasetRow(**_one(connection, "dataset", dataset_id, owner))


def importing_datasets() -> list[DatasetRow]:
    """Return the data sets of ALL owners that are being imported; not those that wait for an answer."""
    wanted = select(_datasets).where(
        _datasets.c.status == "importing", _datasets.c.counts.is_(None)
    )
    with reading() as connection:
        rows = connection.execute(wanted)
        return [DatasetRow(**row._mapping) for row in rows]


def waiting_imports() -> list[str]:
    """Return the ids of the data sets of ALL owners whose import waits, in the order of their turn."""
    with reading() as connection:
        return list(connection.execute(_waiting(_datasets.c.id)).scalars())


def claim_import(at_most: int) -> DatasetRow | None:
    """Take up the import that has waited longest, unless `at_most` are at work; atomic."""
    with writing() as connection:
        working = select(func.count()).where(
            _datasets.c.status == "importing",
            _datasets.c.claimed_at.is_not(None),
            _datasets.c.counts.is_(None),
        )
        first = connection.execute(_waiting(_datasets.c.id, _datasets.c.owner).limit(1)).first()
        if first is None or connection.execute(working).scalar_one() >= at_most:
            return None
        # A number left by the process that had asked is of nobody at work.
        connection.execute(
            update(_datasets)
            .where(_datasets.c.id == first.id)
            .values(claimed_at=time.time(), pid=None)
        )
        return DatasetRow(**_one(connection, "dataset", first.id, first.owner))


def _waiting(*columns: ColumnElement[Any]) -> Select[Any]:
    """Return the query for imports that nobody has taken up, first come first."""
    return (
        select(*columns)
        .where(
            _datasets.c.status == "importing",
            _datasets.c.claimed_at.is_(None),
            _datasets.c.counts.is_(None),
        )
        .order_by(_datasets.c.created_at, _datasets.c.id)
    )


def dataset_ready(dataset_id: str, counts: Mapping[str, Any], *, owner: str | None = None) -> None:
    """Say that a data set may be used; `counts` is what the page shows of it."""
    _end_import(dataset_id, owner, status="ready", counts=dict(counts))


def wait_for_answer(
    dataset_id: str, counts: Mapping[str, Any], *, owner: str | None = None
) -> dict[str, Any] | None:
    """Let an import wait until a person says what is to be learnt.

    Returns:
        The answer, if one has come meanwhile; None when the import waits from now on.
    """
    with _changing("dataset", dataset_id) as connection:
        row = _one(connection, "dataset", dataset_id, owner)
        answer = (row["request"] or {}).get("answer")
        if answer is not None:
            return answer
        connection.execute(
            update(_datasets)
            .where(_is(_datasets, dataset_id, owner), _datasets.c.status == "importing")
            .values(counts=dict(counts), pid=None)
        )
    return None


def answer_import(
    dataset_id: str, answer: Mapping[str, Any], *, owner: str | None = None
) -> bool | None:
    """Note what a person wants to learn from pictures that are being imported.

    Returns:
        True when the import had waited and must go on now, False when its process will find the
        answer, None when there is nothing to answer (any more).
    """
    with _changing("dataset", dataset_id) as connection:
        row = _one(connection, "dataset", dataset_id, owner)
        request = dict(row["request"] or {})
        if row["status"] != "importing" or request.get("answer") is not None:
            return None
        had_waited = row["counts"] is not None
        connection.execute(
            update(_datasets)
            .where(_is(_datasets, dataset_id, owner))
            .values(
                request=request | {"answer": dict(answer)},
                counts=None,
                claimed_at=None if had_waited else row["claimed_at"],
            )
        )
    return had_waited


def set_history(dataset_id: str, history: str, *, owner: str | None = None) -> None:
    """Say in one line where a data set came from."""
    _set("dataset", dataset_id, owner, history=history)


def dataset_failed(dataset_id: str, error: UserError, *, owner: str | None = None) -> bool:
    """Say that the import ended without a data set, and why; return False if it had ended before."""
    return _end_import(dataset_id, owner, status="failed", error=_told(error))


def import_died(seen: DatasetRow, error: UserError) -> bool:
    """Say that the process of an import is gone, and why; return False if that is not how it stands.

    It may have ended well since it was `seen`, with a data set or with a question, and a process
    that goes on from the answer may be at work already.
    """
    as_seen = (_datasets.c.claimed_at == seen.claimed_at, _datasets.c.counts.is_(None))
    return _end_import(seen.id, seen.owner, *as_seen, status="failed", error=_told(error))


def _end_import(
    dataset_id: str, owner: str | None, *wanted: ColumnElement[bool], **values: Any
) -> bool:
    condition = (_is(_datasets, dataset_id, owner), _datasets.c.status == "importing", *wanted)
    with _changing("dataset", dataset_id) as connection:
        done = connection.execute(
            update(_datasets).where(*condition).values(pid=None, finished_at=time.time(), **values)
        )
        return done.rowcount == 1


# Runs


def add_run(
    dataset_id: str,
    name: str,
    config: Mapping[str, Any],
    token: str,
    *,
    run_id: str | None = None,
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
        metrics: of a model that was trained elsewhere; the run is then finished already, and its
            data set may be on its way still.
        status: how such a run ended.

    Returns:
        The run's id; another than `run_id` if the token was used before.

    Raises:
        UserError: "dataset-not-ready" when the data set is still importing or failed.
    """
    identifier = run_id or ids.new()
    with _changing("run", identifier) as connection:
        made = connection.execute(
            select(_runs.c.id).where(_runs.c.owner == _owner(owner), _runs.c.token == token)
        ).scalar()
        if made is not None:
            return made
        found = DatasetRow(**_one(connection, "dataset", dataset_id, owner))
        _require_here(connection, found.project_id, owner)
        is_usable = found.status == "ready" and found.deleted_at is None
        if metrics is None and not is_usable:
            raise UserError(
                "dataset-not-ready",
                "The data set {name!r} cannot be trained on yet.",
                "Wait until it is imported, or choose another one.",
                name=found.name,
            )
        earlier = select(func.count()).where(_runs.c.project_id == found.project_id)
        number = connection.execute(earlier).scalar_one() + 1
        connection.execute(
            _runs.insert().values(
                id=identifier,
                owner=_owner(owner),
                project_id=found.project_id,
                dataset_id=dataset_id,
                name=_name(name or f"Run {number}"),
                status="queued" if metrics is None else status,
                config=dict(config),
                token=token,
                restarts=0,
                metrics=None if metrics is None else dict(metrics),
                created_at=time.time(),
            )
        )
    return identifier


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
        rows = _list(connection, "run", owner, *wanted, with_deleted=with_deleted)
    return [_as_remembered(RunRow(**row)) for row in rows]


def run(run_id: str, *, owner: str | None = None) -> RunRow:
    """Return one run, deleted or not."""
    with reading() as connection:
        return _as_remembered(RunRow(**_one(connection, "run", run_id, owner)))


def run_of_token(token: str, *, owner: str | None = None) -> str | None:
    """Return the run that a click made, if it made one."""
    with reading() as connection:
        wanted = select(_runs.c.id).where(_runs.c.owner == _owner(owner), _runs.c.token == token)
        return connection.execute(wanted).scalar()


def undone_runs() -> list[RunRow]:
    """Return the runs of ALL owners that wait or work, in the order of the queue."""
    with reading() as connection:
        rows = connection.execute(
            select(_runs).where(_runs.c.status.in_(UNDONE)).order_by(*_queue_order())
        )
        undone = [_as_remembered(RunRow(**row._mapping)) for row in rows]
        return [row for row in undone if not row.is_done]


def claim_next() -> RunRow | None:
    """Take the next run of the queue, of ANY owner, unless one is at work; atomic."""
    with writing() as connection:
        working = select(_runs.c.id).where(_runs.c.status.in_(ACTIVE)).limit(1)
        if connection.execute(working).first() is not None:
            return None
        queued = select(_runs).where(_runs.c.status == "queued")
        first = connection.execute(queued.order_by(*_queue_order()).limit(1)).first()
        if first is None:
            return None
        now = time.time()
        connection.execute(
            update(_runs)
            .where(_runs.c.id == first.id)
            .values(
                status="running",
                started_at=func.coalesce(_runs.c.started_at, now),
                finished_at=None,
                error=None,
                pid=None,
                claimed_at=now,
            )
        )
        mark = _noted(connection, "run", first.id)
        claimed = RunRow(**_one(connection, "run", first.id, first.owner))
    identity.keep_up(mark)
    return claimed


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
        **values: other columns to set with it.
    """
    condition = _is(_runs, run_id, owner) & _runs.c.status.in_(only_from)
    if to == "queued":  # what another tab has deleted must not begin to work under its own removal
        condition &= _runs.c.deleted_at.is_(None)
    if claimed_at is not None:
        condition &= _runs.c.claimed_at == claimed_at
    with _changing("run", run_id) as connection:
        done = connection.execute(update(_runs).where(condition).values(status=to, **values))
        return done.rowcount == 1


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


def run_failed(
    run_id: str,
    error: UserError,
    *,
    claimed_at: float | None = None,
    owner: str | None = None,
) -> bool:
    """Say that a run could not be completed, and why; true also if that could only be remembered."""
    try:
        return _end_run(run_id, "failed", owner, claimed_at, error=_told(error))
    except UserError as refused:
        if refused.code not in UNWRITABLE:
            raise
    _REMEMBERED[run_id] = {
        "status": "failed",
        "owner": _owner(owner),
        "claimed_at": claimed_at,
        "error": _told(error),
        "finished_at": time.time(),
    }
    return True


def write_remembered() -> bool:
    """Write down the ends that could not be written when they came; say whether none is left."""
    for run_id, end in list(_REMEMBERED.items()):
        try:
            _end_run(run_id, "failed", end["owner"], end["claimed_at"], error=end["error"])
        except UserError as refused:
            if refused.code not in UNWRITABLE:
                raise
        else:
            _REMEMBERED.pop(run_id, None)
    return not _REMEMBERED


def is_remembered(run_id: str) -> bool:
    """Say whether the end of a run waits to be written down by this process."""
    return run_id in _REMEMBERED


def _as_remembered(row: RunRow) -> RunRow:
    end = _REMEMBERED.get(row.id)
    if end is None or row.is_done or row.owner != end["owner"]:
        return row
    return replace(row, status="failed", error=end["error"], finished_at=end["finished_at"])


def _end_run(
    run_id: str, to: RunStatus, owner: str | None, claimed_at: float | None, **values: Any
) -> bool:
    return move_run(
        run_id,
        to,
        only_from=UNDONE,
        claimed_at=claimed_at,
        owner=owner,
        finished_at=time.time(),
        pid=None,
        **values,
    )


# Processes


def set_process(
    kind: Literal["dataset", "run"], identifier: str, pid: int, *, owner: str | None = None
) -> None:
    """Note which process works on a data set or a run, unless the work is already over."""
    table = TABLES[kind]
    working = ACTIVE if kind == "run" else ("importing",)
    with _changing(kind, identifier) as connection:
        connection.execute(
            update(table)
            .where(_is(table, identifier, owner), table.c.status.in_(working))
            .values(pid=pid)
        )


# Names, deletion and undo, the same for all three


def rename(kind: Kind, identifier: str, name: str, *, owner: str | None = None) -> None:
    """Give a project, a data set or a run another name."""
    _set(kind, identifier, owner, name=_name(name))


def delete(
    kind: Kind, identifier: str, *, while_arriving: bool = False, owner: str | None = None
) -> None:
    """Hide a project, a data set or a run; `restore` brings it back.

    Args:
        kind: what it is.
        identifier: which one.
        while_arriving: also while pictures come in; for who brings them.
        owner: whose; the only one where None.

    Raises:
        UserError: "in-use" while a run on it waits or works, or pictures come in.
    """
    runs = {"project": _runs.c.project_id, "dataset": _runs.c.dataset_id, "run": _runs.c.id}
    imports = {"project": _datasets.c.project_id, "dataset": _datasets.c.id}
    with _changing(kind, identifier) as connection:
        _one(connection, kind, identifier, owner)
        name = _first_name(connection, _runs, runs[kind] == identifier, _runs.c.status.in_(UNDONE))
        if name is not None:
            raise UserError(
                "in-use",
                "The run {name!r} is not over yet.",
                "Stop it first, then delete this {kind}.",
                name=name,
                kind=WORDS[kind],
            )
        if kind in imports and not while_arriving:
            is_coming = _datasets.c.status == "importing"
            name = _first_name(connection, _datasets, imports[kind] == identifier, is_coming)
        if name is not None:
            raise UserError(
                "in-use",
                "The pictures of {name!r} are still coming in.",
                "Stop that first, then delete this {kind}.",
                name=name,
                kind=WORDS[kind],
            )
        table = TABLES[kind]
        connection.execute(
            update(table).where(_is(table, identifier, owner)).values(deleted_at=time.time())
        )


def restore(kind: Kind, identifier: str, *, owner: str | None = None) -> None:
    """Undo `delete`."""
    _set(kind, identifier, owner, deleted_at=None)


def deleted(kind: Kind, *, owner: str | None = None) -> list[tuple[str, str, float]]:
    """Return what can be restored as (id, name, when it was deleted), latest first."""
    table = TABLES[kind]
    with reading() as connection:
        rows = connection.execute(
            select(table.c.id, table.c.name, table.c.deleted_at)
            .where(table.c.owner == _owner(owner), table.c.deleted_at.is_not(None))
            .order_by(table.c.deleted_at.desc())
        )
        return [(row.id, row.name, row.deleted_at) for row in rows]


def forget(kind: Kind, identifier: str, *, owner: str | None = None) -> list[tuple[Kind, str]]:
    """Remove the row of something deleted, for good; its files are the caller's business.

    A project takes its runs and data sets along, all or none: whoever brings it back at the same
    moment either has all of it or comes too late.

    Returns:
        What went, as (kind, id), in the order in which the files may go.

    Raises:
        UserError: "in-use" while runs need it, wait or work, or pictures come in, "not-deleted" if
            it was not deleted first.
    """
    with writing() as connection:
        if _one(connection, kind, identifier, owner)["deleted_at"] is None:
            raise UserError(
                "not-deleted",
                "This {kind} is still in its place.",
                "Delete this {kind} first; only then can it go for good.",
                kind=WORDS[kind],
            )
        gone: list[tuple[Kind, str]] = [(kind, identifier)]
        if kind == "project":
            gone = _contents(connection, identifier) + gone
        elif kind == "dataset" and _first_name(connection, _runs, _runs.c.dataset_id == identifier):
            raise UserError(
                "in-use",
                "This {kind} is still needed by what was made from it.",
                "Delete that first.",
                kind=WORDS[kind],
            )
        elif kind == "run" and _first_name(
            connection, _runs, _runs.c.id == identifier, _runs.c.status.in_(UNDONE)
        ):
            raise _still_at_work(kind)
        for each, name in gone:
            table = TABLES[each]
            connection.execute(table.delete().where(table.c.id == name))
        mark = identity.advance(connection)
    identity.keep_up(mark)
    return gone


def _contents(connection: Connection, project_id: str) -> list[tuple[Kind, str]]:
    """Return the runs and then the data sets of a project; raise while one of them is at work."""
    contents: list[tuple[Kind, str]] = []
    works: dict[Kind, tuple[str, ...]] = {"run": UNDONE, "dataset": ("importing",)}
    for kind, at_work in works.items():
        table = TABLES[kind]
        rows = connection.execute(
            select(table.c.id, table.c.status).where(table.c.project_id == project_id)
        ).all()
        if any(row.status in at_work for row in rows):
            raise _still_at_work("project")
        contents.extend((kind, row.id) for row in rows)
    return contents


def _still_at_work(kind: Kind) -> UserError:
    return UserError(
        "in-use",
        "Something of this {kind} is still at work.",
        "Stop it first; then it can go for good.",
        kind=WORDS[kind],
    )


def owners() -> list[str]:
    """Return ALL owners of projects."""
    with reading() as connection:
        return list(connection.execute(select(_projects.c.owner).distinct()).scalars())


def known_ids() -> set[str]:
    """Return the ids of the projects, data sets and runs of ALL owners, deleted ones too."""
    with reading() as connection:
        first, *others = (select(table.c.id) for table in TABLES.values())
        return set(connection.execute(first.union_all(*others)).scalars())


def note_all() -> None:
    """Note the rows of ALL owners that are not noted beside their files: those of an older Graft.

    A few at a time, so that nobody waits for their turn to write.
    """
    with reading() as connection:
        untold = row_notes.untold(connection)
    for begin in range(0, len(untold), NOTED_AT_ONCE):
        with writing() as connection:
            mark = identity.of_store(connection)
            for kind, identifier in untold[begin : begin + NOTED_AT_ONCE]:
                row_notes.write(connection, kind, identifier, mark)


# Shared by the queries


@contextmanager
def _changing(kind: Kind, identifier: str) -> Iterator[Connection]:
    """Give a connection that alone may write, and note the row that was changed beside its files.

    The note is written while nobody else can change the row; the home learns that the store has
    come further once that is certain.
    """
    with writing() as connection:
        yield connection
        mark = _noted(connection, kind, identifier)
    identity.keep_up(mark)


def _noted(connection: Connection, kind: Kind, identifier: str) -> identity.Mark:
    mark = identity.advance(connection)
    row_notes.write(connection, kind, identifier, mark)
    return mark


def _owner(owner: str | None) -> str:
    return settings.current().owner if owner is None else owner


def _name(name: str) -> str:
    # File names may hold bytes that are no text, and line breaks; a database takes neither well.
    text = name.encode("utf-8", "replace").decode("utf-8")
    shown = " ".join("".join(" " if ord(sign) < 32 else sign for sign in text).split())
    if not shown:
        raise UserError("name", "The name is empty.", "Write at least one letter.")
    return shown[:NAME_LIMIT]


def _told(error: UserError) -> dict[str, str]:
    return {"code": error.code, "message": error.message, "hint": error.hint}


def _is(table: Table, identifier: str, owner: str | None) -> ColumnElement[bool]:
    return (table.c.id == identifier) & (table.c.owner == _owner(owner))


def _queue_order() -> tuple[ColumnElement[Any], ...]:
    # Of runs queued in the same instant the id decides, so that all see one order.
    return _runs.c.created_at.asc(), _runs.c.id.asc()


def _first_name(connection: Connection, table: Table, *wanted: ColumnElement[bool]) -> str | None:
    return connection.execute(select(table.c.name).where(*wanted).limit(1)).scalar()


def _one(connection: Connection, kind: Kind, identifier: str, owner: str | None) -> dict[str, Any]:
    table = TABLES[kind]
    row = connection.execute(select(table).where(_is(table, identifier, owner))).first()
    if row is None:
        raise UserError(
            "unknown",
            "There is no {kind} {identifier!r}.",
            "It may have been deleted; choose one from the list.",
            kind=WORDS[kind],
            identifier=identifier[:80],
        )
    return dict(row._mapping)


def _require_here(connection: Connection, project_id: str, owner: str | None) -> None:
    """Refuse to put anything into a project that another tab has deleted: it would go with it.

    Raises:
        UserError: "project-deleted".
    """
    row = _one(connection, "project", project_id, owner)
    if row["deleted_at"] is not None:
        raise UserError(
            "project-deleted",
            "The project {name!r} was deleted meanwhile.",
            "Bring it back on the Settings page, or choose another project.",
            name=row["name"],
        )


def _list(
    connection: Connection,
    kind: Kind,
    owner: str | None,
    *wanted: ColumnElement[bool],
    with_deleted: bool = False,
) -> list[dict[str, Any]]:
    table = TABLES[kind]
    query = select(table).where(table.c.owner == _owner(owner), *wanted)
    if not with_deleted:
        query = query.where(table.c.deleted_at.is_(None))
    rows = connection.execute(query.order_by(table.c.created_at.desc(), table.c.id))
    return [dict(row._mapping) for row in rows]


def _set(kind: Kind, identifier: str, owner: str | None, **values: Any) -> None:
    table = TABLES[kind]
    with _changing(kind, identifier) as connection:
        _one(connection, kind, identifier, owner)
        connection.execute(update(table).where(_is(table, identifier, owner)).values(**values))


def _projects_of(connection: Connection, owner: str) -> list[Project]:
    return [Project(**row) for row in _list(connection, "project", owner)]


def _insert_project(connection: Connection, identifier: str, name: str, owner: str) -> None:
    connection.execute(
        _projects.insert().values(
            id=identifier, owner=owner, name=_name(name), created_at=time.time()
        )
    )
