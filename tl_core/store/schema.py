"""The tables of the store, and the migrations that lead to them.

Migrations are append-only: a released one is never edited, so that every store, however old,
takes the same steps. A test holds the tables against a store that took them all.
Times are seconds since 1970 (UTC); free-form values are JSON text.
"""

import json
import re
from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from tl_core.base.said import Said, packed, unpacked
from tl_core.store import first_edition


class JsonText(TypeDecorator[Any]):
    """A JSON value kept as text, the same in every database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        ready = packed(value) if isinstance(value, dict) else value
        return None if value is None else json.dumps(ready, ensure_ascii=False, allow_nan=False)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        read = None if value is None else json.loads(value)
        return unpacked(read) if isinstance(read, dict) else read


class SaidText(TypeDecorator[str]):
    """A text, kept with its source as JSON if it is `Said`; any other, as older rows, as it is."""

    impl = Text
    cache_ok = True
    _BEGINS = '{"said": '

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        is_plain = not isinstance(value, Said)
        # A text that only looks like a kept one, from a file of somebody else, stays a text.
        if value is None or (is_plain and not value.startswith(self._BEGINS)):
            return value
        return json.dumps(packed({"said": value}), ensure_ascii=False)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or not value.startswith(self._BEGINS):
            return value
        return unpacked(json.loads(value))["said"]


metadata = MetaData()

migrations = Table(
    "migrations",
    metadata,
    Column("name", String, primary_key=True),
    Column("applied_at", Float, nullable=False),
)

projects = Table(
    "projects",
    metadata,
    Column("id", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("name", String, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("deleted_at", Float),
)

datasets = Table(
    "datasets",
    metadata,
    Column("id", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("project_id", String, ForeignKey("projects.id"), nullable=False),
    Column("name", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("parent_id", String),
    Column("root_id", String),
    Column("token", String),
    Column("history", SaidText, nullable=False),
    Column("request", JsonText),
    Column("counts", JsonText),
    Column("further", JsonText),
    Column("created_at", Float, nullable=False),
    Column("deleted_at", Float),
)

runs = Table(
    "runs",
    metadata,
    Column("id", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("project_id", String, ForeignKey("projects.id"), nullable=False),
    Column("dataset_id", String, ForeignKey("datasets.id"), nullable=False),
    Column("name", String, nullable=False),
    Column("config", JsonText, nullable=False),
    Column("token", String, nullable=False),
    Column("inputs", JsonText),
    Column("metrics", JsonText),
    Column("created_at", Float, nullable=False),
    Column("deleted_at", Float),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("status", String, nullable=False),
    Column("arguments", JsonText),
    Column("handle", String),
    Column("restarts", Integer, nullable=False),
    Column("error", JsonText),
    Column("asked_at", Float, nullable=False),
    Column("claimed_at", Float),
    Column("started_at", Float),
    Column("finished_at", Float),
)

identity = Table(
    "identity",
    metadata,
    Column("id", String, primary_key=True),
    Column("changes", Integer, nullable=False),
)

Step = str | Callable[[Connection], None]
"""A statement, or what no statement can tell because it lies in files."""
_MADE = re.compile(r"CREATE TABLE (\w+)")

MIGRATIONS: tuple[tuple[str, tuple[Step, ...]], ...] = (
    (
        "0001 projects, datasets and runs",
        (
            """CREATE TABLE projects (
                id TEXT PRIMARY KEY,
                owner TEXT NOT NULL,
                name TEXT NOT NULL,
                created_at DOUBLE PRECISION NOT NULL,
                deleted_at DOUBLE PRECISION
            )""",
            "CREATE INDEX projects_by_owner ON projects (owner)",
            """CREATE TABLE datasets (
                id TEXT PRIMARY KEY,
                owner TEXT NOT NULL,
                project_id TEXT NOT NULL REFERENCES projects (id),
                name TEXT NOT NULL,
                status TEXT NOT NULL CHECK (status IN ('importing', 'ready', 'failed')),
                version INTEGER NOT NULL,
                parent_id TEXT,
                history TEXT NOT NULL,
                request TEXT,
                counts TEXT,
                error TEXT,
                pid INTEGER,
                claimed_at DOUBLE PRECISION,
                created_at DOUBLE PRECISION NOT NULL,
                finished_at DOUBLE PRECISION,
                deleted_at DOUBLE PRECISION
            )""",
            "CREATE INDEX datasets_by_project ON datasets (project_id)",
            """CREATE TABLE runs (
                id TEXT PRIMARY KEY,
                owner TEXT NOT NULL,
                project_id TEXT NOT NULL REFERENCES projects (id),
                dataset_id TEXT NOT NULL REFERENCES datasets (id),
                name TEXT NOT NULL,
                status TEXT NOT NULL CHECK (status IN (
                    'queued', 'running', 'stopping', 'finished', 'cancelled', 'failed')),
                config TEXT NOT NULL,
                token TEXT NOT NULL,
                restarts INTEGER NOT NULL,
                metrics TEXT,
                error TEXT,
                pid INTEGER,
                claimed_at DOUBLE PRECISION,
                created_at DOUBLE PRECISION NOT NULL,
                started_at DOUBLE PRECISION,
                finished_at DOUBLE PRECISION,
                deleted_at DOUBLE PRECISION
            )""",
            "CREATE UNIQUE INDEX runs_by_token ON runs (owner, token)",
            "CREATE INDEX runs_by_project ON runs (project_id)",
            "CREATE INDEX runs_by_status ON runs (status)",
        ),
    ),
    (
        "0002 versions of a data set have a family, and each click makes one",
        (
            "ALTER TABLE datasets ADD COLUMN root_id TEXT",
            "ALTER TABLE datasets ADD COLUMN token TEXT",
            """WITH RECURSIVE family (id, root_id) AS (
                SELECT id, id FROM datasets WHERE parent_id IS NULL
                UNION ALL
                SELECT child.id, family.root_id
                FROM datasets AS child JOIN family ON child.parent_id = family.id
            )
            UPDATE datasets
            SET root_id = (SELECT family.root_id FROM family WHERE family.id = datasets.id)""",
            # A version whose first parent is gone for good begins a family of its own.
            "UPDATE datasets SET root_id = id WHERE root_id IS NULL",
            "CREATE UNIQUE INDEX datasets_by_token ON datasets (owner, token)",
            "CREATE INDEX datasets_by_root ON datasets (root_id)",
        ),
    ),
    (
        "0003 the store has an identity and counts its changes",
        ("CREATE TABLE identity (id TEXT PRIMARY KEY, changes INTEGER NOT NULL)",),
    ),
    (
        "0004 a run names what else it learns from, by role",
        ("ALTER TABLE runs ADD COLUMN inputs TEXT",),
    ),
    (
        "0005 work of every kind is a job with one status",
        (
            """CREATE TABLE jobs (
                id TEXT PRIMARY KEY,
                kind TEXT NOT NULL,
                subject TEXT NOT NULL,
                owner TEXT NOT NULL,
                status TEXT NOT NULL CHECK (status IN (
                    'queued', 'running', 'stopping', 'waiting', 'paused', 'judging',
                    'finished', 'cancelled', 'failed')),
                arguments TEXT,
                handle TEXT,
                restarts INTEGER NOT NULL,
                error TEXT,
                asked_at DOUBLE PRECISION NOT NULL,
                claimed_at DOUBLE PRECISION,
                started_at DOUBLE PRECISION,
                finished_at DOUBLE PRECISION
            )""",
            "CREATE UNIQUE INDEX jobs_by_subject ON jobs (subject, kind)",
            "CREATE INDEX jobs_by_status ON jobs (status)",
            """INSERT INTO jobs
                SELECT 'train:' || id, 'train', id, owner, status, NULL,
                    CAST(pid AS TEXT) || '/' || id, restarts, error, created_at, claimed_at,
                    started_at, finished_at
                FROM runs""",
            """INSERT INTO jobs
                SELECT 'import:' || id, 'import', id, owner,
                    CASE
                        WHEN status = 'ready' THEN 'finished'
                        WHEN status = 'failed' THEN 'failed'
                        WHEN counts IS NOT NULL THEN 'waiting'
                        WHEN claimed_at IS NULL THEN 'queued'
                        ELSE 'running'
                    END,
                    NULL, CAST(pid AS TEXT) || '/' || id, 0, error, created_at, claimed_at,
                    claimed_at, finished_at
                FROM datasets""",
            "UPDATE datasets SET counts = NULL WHERE status = 'importing'",
            "DROP INDEX runs_by_status",
            *(
                f"ALTER TABLE runs DROP COLUMN {name}"
                for name in (
                    *("status", "restarts", "error", "pid", "claimed_at", "started_at"),
                    "finished_at",
                )
            ),
            *(
                f"ALTER TABLE datasets DROP COLUMN {name}"
                for name in ("status", "error", "pid", "claimed_at", "finished_at")
            ),
            first_edition.take_over,
        ),
    ),
    (
        "0006 a data set names what else there is to learn from, by role",
        ("ALTER TABLE datasets ADD COLUMN further TEXT",),
    ),
)


def made_by(taken: Collection[str]) -> set[str]:
    """Return the tables that the migrations called `taken` have made."""
    steps = [step for name, steps in MIGRATIONS if name in taken for step in steps]
    return {found[1] for step in steps if isinstance(step, str) and (found := _MADE.match(step))}


def take(connection: Connection, steps: tuple[Step, ...]) -> None:
    """Take the steps of a migration."""
    for step in steps:
        if isinstance(step, str):
            connection.execute(text(step))
        else:
            step(connection)
