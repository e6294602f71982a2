"""Copies of the store, made by itself before it takes a step to a newer form."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from sqlalchemy import (
    Connection,
    Engine,
    column,
    create_engine,
    delete,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy import table as plain_table
from sqlalchemy.pool import NullPool

from tl_core.base import files, settings
from tl_core.store import refusals, schema

FOLDER = "copies"
KEPT = 10


def keep(engine: Engine, file: Path | None, before: str) -> Path:
    """Copy the store as it stands into `copies` in the home folder; return the copy.

    Args:
        engine: the store's.
        file: its file, None where it is none.
        before: the step that it is about to take.

    Raises:
        UserError: "disk-full", "disk-read-only" or "store-unavailable": then it takes no step.
    """
    folder = settings.current().home / FOLDER
    day = time.strftime("%Y-%m-%d-%H%M%S")
    path = folder / f"graft-{day}-before-{before.split()[0]}.db"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write(engine, file, path)
    except OSError as error:
        raise refusals.unwritable(path, error) from error
    for old in sorted(folder.glob("graft-*-before-*.db"))[:-KEPT]:
        old.unlink(missing_ok=True)
    return path


def write(engine: Engine, file: Path | None, target: Path) -> None:
    """Write the whole store into the SQLite file `target`, as it stands at one moment.

    Others may read and write it meanwhile.

    Raises:
        OSError: the copy cannot be written.
    """
    with files.whole(target, is_lasting=True) as partial:
        if file is not None:
            copy_file(file, partial)
        else:
            _copy_rows(engine, partial)


def copy_file(file: Path, target: Path) -> None:
    """Copy an SQLite database as it stands at one moment."""
    with (
        closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(target)) as copy,
    ):
        source.backup(copy)


def _copy_rows(engine: Engine, target: Path) -> None:
    """Make the tables by the steps that the store has taken, and copy every row as one transaction sees it."""
    copy = create_engine(f"sqlite:///{target}", poolclass=NullPool)
    isolated = engine.execution_options(isolation_level="REPEATABLE READ")
    with isolated.connect() as source, copy.begin() as written:
        taken = set(source.execute(select(schema.migrations.c.name)).scalars())
        schema.migrations.create(written)
        for name, steps in schema.MIGRATIONS:
            schema.take(written, steps if name in taken else ())
        for name in inspect(written).get_table_names():
            _copy_table(name, source, written)
    copy.dispose()


def fill(source: Engine, connection: Connection) -> None:
    """Copy all rows into the tables of an empty store; those of its own first settling make room."""
    tables = [
        table.name for table in schema.metadata.sorted_tables if table is not schema.migrations
    ]
    for name in reversed(tables):
        connection.execute(delete(plain_table(name)))
    with source.connect() as opened:
        there = inspect(opened).get_table_names()
        for name in tables:
            if name in there:
                _copy_table(name, opened, connection)


def _copy_table(name: str, source: Connection, target: Connection) -> None:
    """Copy rows as they stand in the database."""
    rows = [
        dict(row._mapping)
        for row in source.execute(select(text("*")).select_from(plain_table(name)))
    ]
    if rows:
        target.execute(insert(plain_table(name, *map(column, rows[0]))), rows)
