"""The one way into the database: an engine per URL, migrated once, and transactions.

SQLite keeps a rollback journal, not a write-ahead log: older SQLite versions can lose data when
a log is reset while two processes write, and here the pages and the workers do.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from tl_core import settings
from tl_core.errors import UserError
from tl_core.runs import schema

BUSY_TIMEOUT_S = 10
# Any constant will do, as long as every Graft on the same PostgreSQL uses the same one.
WRITER_LOCK = 4_712_260_011


@contextmanager
def reading() -> Iterator[Connection]:
    """Give a connection that sees one state of the store and changes nothing."""
    with _transaction(write=False) as connection:
        yield connection


@contextmanager
def writing() -> Iterator[Connection]:
    """Give a connection that alone may write until the block ends, then commit.

    Raises:
        UserError: "store-locked" when another program writes for longer than 10 s,
            "store-read-only", "store-damaged", "store-unavailable" or "disk-full".
    """
    with _transaction(write=True) as connection:
        yield connection


@contextmanager
def _transaction(*, write: bool) -> Iterator[Connection]:
    try:
        with (
            _engine(settings.current().url).connect() as plain,
            plain.execution_options(graft_write=write) as connection,
            connection.begin(),
        ):
            if write and connection.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})"))
            yield connection
    except DBAPIError as error:
        raise _explained(error) from error


@lru_cache(maxsize=16)
def _engine(url: str) -> Engine:
    """Return the engine for `url`; the first call in a process brings the tables up to date."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        _make_home()
        engine = create_engine(parsed, poolclass=NullPool, connect_args={"timeout": BUSY_TIMEOUT_S})
        event.listen(engine, "connect", _take_over_transactions)
        event.listen(engine, "begin", _begin)
    else:
        engine = create_engine(parsed, pool_pre_ping=True)
    _migrate(engine)
    return engine


def _make_home() -> None:
    home = settings.current().home
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            "store-unavailable",
            "The folder {home} cannot be made: {fault}.",
            "Set GRAFT_HOME to a folder that you may write to.",
            home=home,
            fault=error.strerror,
        ) from error


def _take_over_transactions(dbapi_connection: Any, _record: object) -> None:
    # Python's sqlite3 begins transactions by itself, too late; `_begin` does it instead.
    dbapi_connection.isolation_level = None
    dbapi_connection.execute("PRAGMA foreign_keys = ON")


def _begin(connection: Connection) -> None:
    # IMMEDIATE waits for its turn at once. A transaction that reads first and writes later
    # could find the door closed in between, which no waiting mends.
    write = connection.get_execution_options().get("graft_write", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _migrate(engine: Engine) -> None:
    """Take every step that the store has not taken yet, all or none."""
    if _is_current(engine):
        return
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})"))
        schema.migrations.create(connection, checkfirst=True)
        taken = _taken(connection)
        for name, statements in schema.MIGRATIONS:
            if name in taken:
                continue
            for statement in statements:
                connection.execute(text(statement))
            connection.execute(schema.migrations.insert().values(name=name, applied_at=time.time()))


def _is_current(engine: Engine) -> bool:
    with engine.connect().execution_options(graft_write=False) as connection:
        if not inspect(connection).has_table(schema.migrations.name):
            return False
        taken = _taken(connection)
    unknown = taken - {name for name, _ in schema.MIGRATIONS}
    if unknown:
        raise UserError(
            "store-newer",
            "The store was made by a newer Graft (it has {name!r}).",
            "Update Graft, or set GRAFT_HOME to another folder.",
            name=min(unknown),
        )
    return len(taken) == len(schema.MIGRATIONS)


def _taken(connection: Connection) -> set[str]:
    return set(connection.execute(select(schema.migrations.c.name)).scalars())


def _explained(error: DBAPIError) -> Exception:
    """Turn what the database says into words; what has none stays as it is."""
    said = str(error.orig).lower()
    place = settings.current().home
    if "locked" in said:
        return UserError(
            "store-locked",
            "Another program has been writing to the store for more than 10 seconds.",
            "Close it, or try again in a moment.",
        )
    if "readonly" in said or "read-only" in said:
        return UserError(
            "store-read-only",
            "Nothing can be written in {place}.",
            "Make the folder writable, or set GRAFT_HOME to another one.",
            place=place,
        )
    if "disk is full" in said or "no space left" in said:
        return UserError(
            "disk-full",
            "The disk that holds {place} is full.",
            "Free some space, for example by deleting old runs, and try again.",
            place=place,
        )
    if "unable to open" in said or "disk i/o" in said or "could not connect" in said:
        return UserError(
            "store-unavailable",
            "The store cannot be opened: {fault}.",
            "Check that the folder exists and that you may write to it, or set GRAFT_HOME.",
            fault=error.orig,
        )
    if "malformed" in said or "not a database" in said:
        return UserError(
            "store-damaged",
            "The store's file in {place} is damaged.",
            "Put back a copy, or move graft.db away to begin a new one.",
            place=place,
        )
    return error
