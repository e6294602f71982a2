"""The one way into the database: an engine per URL, migrated once, and transactions.

SQLite keeps a rollback journal, not a write-ahead log: older SQLite versions can lose data when
a log is reset while two processes write, and here the pages and the workers do.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from tl_core.base import settings
from tl_core.store import copies, identity, refusals, schema, store_file

BUSY_TIMEOUT_S = 10
NEEDED = frozenset(("projects", "datasets", "runs", "jobs"))
"""Without one of these tables, once a step has made it, a store is damaged."""
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
    url = settings.current().url
    try:
        with (
            _engine(url).connect() as plain,
            plain.execution_options(graft_write=write) as connection,
            connection.begin(),
        ):
            if write and connection.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})"))
            yield connection
    except DBAPIError as error:
        raise refusals.explained(error, url) from error


def probe() -> None:
    """Write into the store for real: a disk that is full is not found out otherwise.

    Counting a change is the least that can be written; SQLite writes nothing where nothing changes.

    Raises:
        UserError: as `writing`.
    """
    with writing() as connection:
        mark = identity.advance(connection)
    identity.keep_up(mark)


def forget_engines() -> None:
    """Look at the store anew when it is needed next: its file was put aside or put back."""
    _engine.cache_clear()
    while _OPENED:
        _OPENED.pop().dispose()


# What `forget_engines` closes; a pool keeps connections open.
_OPENED: list[Engine] = []


@lru_cache(maxsize=16)
def _engine(url: str) -> Engine:
    """Return the engine for `url`; the first call in a process brings the tables up to date."""
    parsed = refusals.parsed(url)
    file = refusals.file_of(parsed)
    if file is None:
        engine = refusals.opened(parsed, pool_pre_ping=True)
        _OPENED.append(engine)
    else:
        store_file.make_home()
        if not file.exists():
            _begin_store(file)
        store_file.require_usable(file)
        engine = _sqlite(parsed, file)
    _migrate(engine, file)
    return engine


def brought_up_to_date(file: Path) -> Engine:
    """Return an engine for a copy of a store, which has taken all steps after that."""
    engine = _sqlite(URL.create("sqlite", database=str(file)), file)
    _take_steps(engine)
    return engine


def _sqlite(parsed: URL, file: Path) -> Engine:
    def connect() -> sqlite3.Connection:
        # Never makes a file: one that was moved away meanwhile is missed, not replaced by an empty one.
        return sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True, timeout=BUSY_TIMEOUT_S)

    if parsed.query:  # a person's own way of opening it
        engine = create_engine(parsed, poolclass=NullPool, connect_args={"timeout": BUSY_TIMEOUT_S})
    else:
        engine = create_engine("sqlite://", poolclass=NullPool, creator=connect)
    event.listen(engine, "connect", _take_over_transactions)
    event.listen(engine, "begin", _begin)
    return engine


def _begin_store(file: Path) -> None:
    """Make a new store, so that it is there with all its tables or not at all."""
    partial = file.with_name(f".{file.name}.{os.getpid()}-{threading.get_ident()}.new")
    try:
        partial.touch()
        brought_up_to_date(partial)
        if store_file.is_first(file):
            partial.replace(file)
    except OSError as error:
        raise refusals.unwritable(file, error) from error
    finally:
        partial.unlink(missing_ok=True)


def _take_over_transactions(dbapi_connection: Any, _record: object) -> None:
    # Python's sqlite3 begins transactions by itself, too late; `_begin` does it instead.
    dbapi_connection.isolation_level = None
    dbapi_connection.execute("PRAGMA foreign_keys = ON")


def _begin(connection: Connection) -> None:
    # IMMEDIATE waits for its turn at once. A transaction that reads first and writes later
    # could find the door closed in between, which no waiting mends.
    write = connection.get_execution_options().get("graft_write", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _migrate(engine: Engine, file: Path | None) -> None:
    """Take every step that the store has not taken yet, once a copy of it is kept; settle whose it is."""
    taken = _steps_taken(engine)
    if len(taken) < len(schema.MIGRATIONS):
        if taken:
            copies.keep(engine, file, before=schema.MIGRATIONS[len(taken)][0])
        _take_steps(engine)
    with engine.connect().execution_options(graft_write=False) as connection:
        has_identity = inspect(connection).has_table(schema.identity.name)
        if not has_identity or identity.is_settled(connection):
            return
    with engine.begin() as connection:
        identity.settle(connection)


def _take_steps(engine: Engine) -> None:
    """Take the steps that lack, all or none."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})"))
        schema.migrations.create(connection, checkfirst=True)
        taken = _taken(connection)
        for name, steps in schema.MIGRATIONS:
            if name in taken:
                continue
            schema.take(connection, steps)
            connection.execute(schema.migrations.insert().values(name=name, applied_at=time.time()))


def _steps_taken(engine: Engine) -> set[str]:
    with engine.connect().execution_options(graft_write=False) as connection:
        tables = set(inspect(connection).get_table_names())
        if schema.migrations.name not in tables:
            if tables & set(schema.metadata.tables):
                raise refusals.foreign(settings.current().url)
            return set()
        taken = _taken(connection)
    require_known(taken)
    missing = (NEEDED & schema.made_by(taken)) - tables
    if missing and len(taken) == len(schema.MIGRATIONS):
        raise refusals.incomplete(settings.current().url, min(missing))
    return taken


def require_known(steps: set[str]) -> None:
    """Refuse a store that has taken steps which this Graft does not know.

    Raises:
        UserError: "store-newer".
    """
    unknown = steps - {name for name, _ in schema.MIGRATIONS}
    if unknown:
        raise refusals.newer(min(unknown))


def _taken(connection: Connection) -> set[str]:
    return set(connection.execute(select(schema.migrations.c.name)).scalars())
