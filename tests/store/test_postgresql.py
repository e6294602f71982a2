"""The store in PostgreSQL: kept, copied, put back. Needs an empty database, named by GRAFT_TEST_POSTGRESQL.

For example: GRAFT_TEST_POSTGRESQL=postgresql+psycopg://me@localhost/empty
"""

import os
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.home.homes import look_anew, rows, snapshot
from tests.store.test_first_edition import FIXTURE
from tl_core import store
from tl_core.base.errors import UserError
from tl_core.home import adoption, backup
from tl_core.jobs import run_actions, watch
from tl_core.store import database, job_rows, schema
from tl_core.store.rows import STATUSES

ADDRESS = os.environ.get("GRAFT_TEST_POSTGRESQL", "")


@pytest.fixture
def postgresql(monkeypatch):
    """The address of a database that is empty; skipped without one."""
    if not ADDRESS:
        pytest.skip("PostgreSQL: set GRAFT_TEST_POSTGRESQL to the address of an empty database")
    engine = create_engine(ADDRESS)
    with engine.begin() as connection:
        for table in (*schema.metadata.tables, "migrations"):
            connection.execute(text(f"DROP TABLE IF EXISTS {table} CASCADE"))
    engine.dispose()
    look_anew()
    yield ADDRESS
    look_anew()


def test_a_home_moves_into_postgresql_and_back(home, lived_in, postgresql, tmp_path, monkeypatch):
    before, files = rows(), snapshot(home)
    monkeypatch.setenv("GRAFT_DATABASE_URL", postgresql)
    assert adoption.is_needed()
    assert adoption.adopt().runs == 3
    assert rows() == before and not adoption.is_needed()
    store.rename("project", lived_in["project"], "In PostgreSQL")
    before = rows()
    backup.write(tmp_path / "all.zip")
    with pytest.raises(UserError) as refused:
        backup.restore(tmp_path / "all.zip")
    assert refused.value.code == "restore-not-empty"
    monkeypatch.delenv("GRAFT_DATABASE_URL")
    monkeypatch.setenv("GRAFT_HOME", str(tmp_path / "new"))
    look_anew()
    backup.restore(tmp_path / "all.zip")
    assert rows() == before and snapshot(tmp_path / "new") == files


def test_a_backup_comes_back_in_postgresql(home, lived_in, postgresql, tmp_path, monkeypatch):
    before = rows()
    backup.write(tmp_path / "all.zip")
    monkeypatch.setenv("GRAFT_DATABASE_URL", postgresql)
    monkeypatch.setenv("GRAFT_HOME", str(tmp_path / "new"))
    backup.restore(tmp_path / "all.zip")
    assert rows() == before and not adoption.is_needed()


def test_a_store_in_postgresql_is_copied_before_it_takes_a_step(home, postgresql, monkeypatch):
    monkeypatch.setenv("GRAFT_DATABASE_URL", postgresql)
    store.create_project("kept")
    step = ("9998 a test", ("ALTER TABLE projects ADD COLUMN colour TEXT",))
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, step))
    look_anew()
    with database.reading():
        pass
    (copy,) = (home / "copies").iterdir()
    kept = sqlite3.connect(copy)
    assert kept.execute("SELECT name FROM projects").fetchall() == [("kept",)]
    kept.close()


def test_a_store_of_the_first_edition_takes_all_steps_in_postgresql(
    home, engine, postgresql, monkeypatch
):
    with tarfile.open(FIXTURE) as archive:
        archive.extractall(home.parent, filter="data")
    _fill_as_once(home / "graft.db", postgresql)
    monkeypatch.setenv("GRAFT_DATABASE_URL", postgresql)
    monkeypatch.setenv("GRAFT_OWNER", "ada")
    stands = {(job.kind, job.status) for job in job_rows.jobs(statuses=STATUSES)}
    assert {("train", "paused"), ("import", "waiting"), ("inspect", "queued")} <= stands
    assert {("prepare", "running"), ("fetch", "running"), ("answer", "running")} <= stands
    watch.tick()  # what died is seen to, what waited is taken up
    assert {kind for kind, _ in engine.submitted} == {"train", "import"}
    paused = next(run for run in store.runs() if run.status == "paused")
    run_actions.resume(paused.id)
    assert store.run(paused.id).status == "queued"


def _fill_as_once(file: Path, address: str) -> None:
    """Make the tables of the first edition in an empty database, and copy the rows of a file there."""
    made = create_engine(address)
    with closing(sqlite3.connect(file)) as source, made.begin() as connection:
        source.row_factory = sqlite3.Row
        taken = {name for (name,) in source.execute("SELECT name FROM migrations")}
        schema.migrations.create(connection)
        for name, steps in schema.MIGRATIONS:
            schema.take(connection, steps if name in taken else ())
        for table in ("migrations", "projects", "datasets", "runs", "identity"):
            for row in map(dict, source.execute(f"SELECT * FROM {table}")):
                places = ", ".join(f":{name}" for name in row)
                insertion = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})"
                connection.execute(text(insertion), row)
    made.dispose()
