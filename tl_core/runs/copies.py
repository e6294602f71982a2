"""Copies of the store, made by itself before it takes a step to a newer form."""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, column, create_engine, insert
from sqlalchemy import table as plain_table
from sqlalchemy.pool import NullPool

from tl_core import settings
from tl_core.runs import refusals, schema

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
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    partial.unlink(missing_ok=True)
    try:
        if file is not None:
            copy_file(file, partial)
        else:
            _copy_rows(engine, partial)
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def copy_file(file: Path, target: Path) -> None:
    """Copy an SQLite database as it stands at one moment."""
    with (
        closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(target)) as copy,
    ):
        source.backup(copy)


def _copy_rows(engine: Engine, target: Path) -> None:
    """Copy every table, row by row, as one transaction sees them."""
    found = MetaData()
    copy = create_engine(f"sqlite:///{target}", poolclass=NullPool)
    isolated = engine.execution_options(isolation_level="REPEATABLE READ")
    with isolated.connect() as source, copy.begin() as written:
        found.reflect(source)
        found.create_all(written)
        for table in found.sorted_tables:
            rows = [dict(row._mapping) for row in source.execute(table.select())]
            if rows:
                written.execute(table.insert(), rows)
    copy.dispose()


def fill(source: Engine, connection: Connection) -> None:
    """Copy all rows into the tables of an empty store; those of its own first settling make room."""
    tables = [table for table in schema.metadata.sorted_tables if table is not schema.migrations]
    for table in reversed(tables):
        connection.execute(table.delete())
    with source.connect() as opened:
        there = MetaData()
        there.reflect(opened)
        for table in tables:
            if table.name not in there.tables:  # an older copy
                continue
            rows = [dict(row._mapping) for row in opened.execute(there.tables[table.name].select())]
            if rows:
                plain = [column(about.name) for about in there.tables[table.name].columns]
                connection.execute(insert(plain_table(table.name, *plain)), rows)
