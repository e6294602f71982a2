"""What the queries of all tables share: whose rows, transactions that note what they change, names."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select, update

from tl_core.base import settings
from tl_core.base.errors import UserError
from tl_core.store import identity, row_notes, schema
from tl_core.store.database import writing
from tl_core.store.rows import JOB_OF, TABLES, WORDS, JobStatus, Kind, job_id, joined, selected

NAME_LIMIT = 200


@contextmanager
def changing(kind: Kind, identifier: str) -> Iterator[Connection]:
    """Give a connection that alone may write, and note the row that was changed beside its files.

    The note is written while nobody else can change the row; the home learns that the store has
    come further once that is certain.
    """
    with writing() as connection:
        yield connection
        mark = noted(connection, kind, identifier)
    identity.keep_up(mark)


def noted(connection: Connection, kind: Kind, identifier: str) -> identity.Mark:
    """Count a change and note the row beside its files."""
    mark = identity.advance(connection)
    row_notes.write(connection, kind, identifier, mark)
    return mark


def owner_or_default(owner: str | None) -> str:
    return settings.current().owner if owner is None else owner


def plain_name(name: str) -> str:
    """Return a name that a database takes, on one line.

    Raises:
        UserError: "name" when nothing is left of it.
    """
    # File names may hold bytes that are no text, and line breaks; a database takes neither well.
    text = name.encode("utf-8", "replace").decode("utf-8")
    shown = " ".join("".join(" " if ord(sign) < 32 else sign for sign in text).split())
    if not shown:
        raise UserError("name", "The name is empty.", "Write at least one letter.")
    return shown[:NAME_LIMIT]


def in_words(error: UserError) -> dict[str, str]:
    return {"code": error.code, "message": error.message, "hint": error.hint}


def is_one(table: Table, identifier: str, owner: str | None) -> ColumnElement[bool]:
    return (table.c.id == identifier) & (table.c.owner == owner_or_default(owner))


def first_name(connection: Connection, kind: Kind, *wanted: ColumnElement[bool]) -> str | None:
    """Return the name of any row of a kind that is as wanted."""
    query = select(TABLES[kind].c.name).select_from(joined(kind)).where(*wanted)
    return connection.execute(query.limit(1)).scalar()


def one(connection: Connection, kind: Kind, identifier: str, owner: str | None) -> dict[str, Any]:
    """Return one whole row.

    Raises:
        UserError: "unknown".
    """
    query = selected(kind).where(is_one(TABLES[kind], identifier, owner))
    row = connection.execute(query).first()
    if row is None:
        raise UserError(
            "unknown",
            "There is no {kind} {identifier!r}.",
            "It may have been deleted; choose one from the list.",
            kind=WORDS[kind],
            identifier=identifier[:80],
        )
    return dict(row._mapping)


def listed(
    connection: Connection,
    kind: Kind,
    owner: str | None,
    *wanted: ColumnElement[bool],
    with_deleted: bool = False,
) -> list[dict[str, Any]]:
    """Return whole rows of an owner, newest first."""
    table = TABLES[kind]
    query = selected(kind).where(table.c.owner == owner_or_default(owner), *wanted)
    if not with_deleted:
        query = query.where(table.c.deleted_at.is_(None))
    rows = connection.execute(query.order_by(table.c.created_at.desc(), table.c.id))
    return [dict(row._mapping) for row in rows]


def set_values(kind: Kind, identifier: str, owner: str | None, **values: Any) -> None:
    """Set columns of a row that has to be there."""
    table = TABLES[kind]
    with changing(kind, identifier) as connection:
        one(connection, kind, identifier, owner)
        connection.execute(update(table).where(is_one(table, identifier, owner)).values(**values))


def require_here(connection: Connection, project_id: str, owner: str | None) -> None:
    """Refuse to put anything into a project that another tab has deleted: it would go with it.

    Raises:
        UserError: "project-deleted".
    """
    row = one(connection, "project", project_id, owner)
    if row["deleted_at"] is not None:
        raise UserError(
            "project-deleted",
            "The project {name!r} was deleted meanwhile.",
            "Bring it back on the Settings page, or choose another project.",
            name=row["name"],
        )


def add_job(
    connection: Connection,
    made: Kind,
    identifier: str,
    owner: str,
    status: JobStatus,
    **values: Any,
) -> None:
    """Add the job that makes a data set or a run, in the transaction that adds its row."""
    kind = JOB_OF[made]
    told = {"restarts": 0, "asked_at": time.time(), **values}
    connection.execute(
        schema.jobs.insert().values(
            id=job_id(kind, identifier),
            kind=kind,
            subject=identifier,
            owner=owner,
            status=status,
            **told,
        )
    )


def split(values: Mapping[str, Any], kind: Kind) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return values of a whole row as those of its own table and those of its job."""
    own = {name: value for name, value in values.items() if name in TABLES[kind].c}
    return own, {name: value for name, value in values.items() if name not in own}
