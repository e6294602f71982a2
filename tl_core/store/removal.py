"""Names, deletion and undo, the same for projects, data sets and runs."""

import time

from sqlalchemy import ColumnElement, Connection, select, update

from tl_core.base.errors import UserError
from tl_core.store import identity, job_rows, row_notes, schema
from tl_core.store.changing import (
    changing,
    first_name,
    is_one,
    one,
    owner_or_default,
    plain_name,
    set_values,
)
from tl_core.store.database import reading, writing
from tl_core.store.dataset_rows import UNDER_WAY
from tl_core.store.rows import TABLES, UNDONE, WORDS, JobStatus, Kind, joined
from tl_core.store.run_rows import names

NOTED_AT_ONCE = 100
_runs, _datasets = schema.runs, schema.datasets
_status = schema.jobs.c.status


def rename(kind: Kind, identifier: str, name: str, *, owner: str | None = None) -> None:
    """Give a project, a data set or a run another name."""
    set_values(kind, identifier, owner, name=plain_name(name))


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
        UserError: "in-use" while a run on it, or one that names it as an input, waits or works, or
            pictures come in.
    """
    runs = {"project": _runs.c.project_id, "dataset": _runs.c.dataset_id, "run": _runs.c.id}
    imports = {"project": _datasets.c.project_id, "dataset": _datasets.c.id}
    with changing(kind, identifier) as connection:
        one(connection, kind, identifier, owner)
        is_its = (runs[kind] == identifier) | names(identifier)
        name = first_name(connection, "run", is_its, _status.in_(UNDONE))
        if name is not None:
            raise UserError(
                "in-use",
                "The run {name!r} is not over yet.",
                "Stop it first, then delete this {kind}.",
                name=name,
                kind=WORDS[kind],
            )
        if kind in imports and not while_arriving:
            is_coming = _status.in_(UNDER_WAY)
            name = first_name(connection, "dataset", imports[kind] == identifier, is_coming)
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
            update(table).where(is_one(table, identifier, owner)).values(deleted_at=time.time())
        )


def restore(kind: Kind, identifier: str, *, owner: str | None = None) -> None:
    """Undo `delete`."""
    set_values(kind, identifier, owner, deleted_at=None)


def deleted(kind: Kind, *, owner: str | None = None) -> list[tuple[str, str, float]]:
    """Return what can be restored as (id, name, when it was deleted), latest first."""
    table = TABLES[kind]
    with reading() as connection:
        rows = connection.execute(
            select(table.c.id, table.c.name, table.c.deleted_at)
            .where(table.c.owner == owner_or_default(owner), table.c.deleted_at.is_not(None))
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
        UserError: "in-use" while runs need it (also as an input), wait or work, or pictures come
            in, "not-deleted" if it was not deleted first.
    """
    with writing() as connection:
        if one(connection, kind, identifier, owner)["deleted_at"] is None:
            raise UserError(
                "not-deleted",
                "This {kind} is still in its place.",
                "Delete this {kind} first; only then can it go for good.",
                kind=WORDS[kind],
            )
        gone: list[tuple[Kind, str]] = [(kind, identifier)]
        if kind == "project":
            gone = _contents(connection, identifier) + gone
        elif first_name(connection, "run", _needs(kind, identifier)):
            raise UserError(
                "in-use",
                "This {kind} is still needed by what was made from it.",
                "Delete that first.",
                kind=WORDS[kind],
            )
        elif kind == "run" and first_name(
            connection, "run", _runs.c.id == identifier, _status.in_(UNDONE)
        ):
            raise _still_at_work(kind)
        for each, name in gone:
            table = TABLES[each]
            connection.execute(table.delete().where(table.c.id == name))
            job_rows.forget_about(connection, name)
        mark = identity.advance(connection)
    identity.keep_up(mark)
    return gone


def _needs(kind: Kind, identifier: str) -> ColumnElement[bool]:
    """Return the condition for runs that were made from something, or name it as an input."""
    if kind == "dataset":
        return (_runs.c.dataset_id == identifier) | names(identifier)
    return (_runs.c.id != identifier) & names(identifier)


def _contents(connection: Connection, project_id: str) -> list[tuple[Kind, str]]:
    """Return the runs and then the data sets of a project; raise while one of them is at work."""
    contents: list[tuple[Kind, str]] = []
    works: dict[Kind, tuple[JobStatus, ...]] = {"run": UNDONE, "dataset": UNDER_WAY}
    for kind, at_work in works.items():
        table = TABLES[kind]
        query = select(table.c.id, _status).select_from(joined(kind))
        rows = connection.execute(query.where(table.c.project_id == project_id)).all()
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
        return list(connection.execute(select(schema.projects.c.owner).distinct()).scalars())


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
