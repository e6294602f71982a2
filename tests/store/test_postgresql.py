"""The store in PostgreSQL: kept, copied, put back. Needs an empty database, named by GRAFT_TEST_POSTGRESQL.

For example: GRAFT_TEST_POSTGRESQL=postgresql+psycopg://me@localhost/empty
"""

import os
import sqlite3

import pytest
from sqlalchemy import create_engine, text

from tests.home.homes import look_anew, rows, snapshot
from tl_core.base.errors import UserError
from tl_core.home import adoption, backup
from tl_core.store import database, schema, store

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
