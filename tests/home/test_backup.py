"""Everything in one file and back: while others write, refusing to write over anything."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from tests.home.homes import look_anew, rows, snapshot
from tl_core import store
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets.edits import Exclude
from tl_core.home import adoption, backup, backup_lock, housekeeping, versions
from tl_core.jobs import run_actions
from tl_core.modalities.picture import bare
from tl_core.store import database, schema
from tl_core.store.claim import claim


@pytest.fixture
def new_home(tmp_path, monkeypatch):
    def move(name="new") -> Path:
        folder = tmp_path / name
        monkeypatch.setenv("GRAFT_HOME", str(folder))
        look_anew()
        return folder

    return move


def test_a_backup_holds_everything_and_comes_back_in_a_new_home(home, lived_in, new_home, tmp_path):
    before, files = rows(), snapshot(home)
    (home / "cache").mkdir(exist_ok=True)
    (home / "cache" / "big").write_bytes(b"x" * 5000)
    told = backup.write(tmp_path / "all.zip")
    assert (told["projects"], told["datasets"], told["runs"]) == (1, 3, 3)
    seen = []
    new = new_home()
    backup.restore(tmp_path / "all.zip", on_progress=lambda done, total: seen.append((done, total)))
    assert rows() == before and snapshot(new) == files
    assert not (new / "cache").exists()
    assert seen and seen[-1][0] == seen[-1][1]
    assert not adoption.is_needed()
    assert not list(new.glob(f"{backup.SCRATCH_PREFIX}*"))


def test_a_backup_is_one_moment_though_others_write_all_the_time(
    home, lived_in, new_home, tmp_path
):
    over = threading.Event()

    def work():
        while not over.is_set():
            run = run_actions.start_run(lived_in["versions"][0], TrainConfig(), ids.new())
            store.run_finished(run, {"test_accuracy": 0.5})
            store.rename("run", run, f"named {run}")

    tab = threading.Thread(target=work)
    tab.start()
    try:
        for number in range(3):
            backup.write(tmp_path / f"{number}.zip")
    finally:
        over.set()
        tab.join()
    for number in range(3):
        new_home(str(number))
        backup.restore(tmp_path / f"{number}.zip")
        with database.reading() as connection:
            for run in store.runs():
                assert (ids.run_folder(run.id) / "config.json").exists()
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert len(store.runs()) >= 2


def test_the_store_alone_comes_back_beside_the_folders_and_tells_what_is_newer(
    home, lived_in, tmp_path
):
    before = rows()
    backup.write(tmp_path / "store.db", store_only=True)
    newer = versions.edit(lived_in["versions"][0], Exclude(rows=(2,)), "later")
    (home / "graft.db").write_bytes(b"not any more" * 99)
    look_anew()
    told = backup.restore(tmp_path / "store.db")
    assert told["put_aside"] is not None and Path(str(told["put_aside"])).exists()
    assert rows() == before
    assert adoption.found() == adoption.Taken(datasets=1)
    adoption.adopt()
    assert store.dataset(newer).version == 4


def test_a_store_that_works_is_only_put_aside_when_that_is_asked_for(home, lived_in, tmp_path):
    backup.write(tmp_path / "store.db", store_only=True)
    store.rename("project", lived_in["project"], "Later")
    with pytest.raises(UserError, match="works") as refused:
        backup.restore(tmp_path / "store.db")
    assert refused.value.code == "restore-not-empty"
    assert store.project(lived_in["project"]).name == "Later"
    told = backup.restore(tmp_path / "store.db", replace=True)
    assert store.project(lived_in["project"]).name == "Räder & Formen"
    aside = sqlite3.connect(str(told["put_aside"]))
    assert aside.execute("SELECT name FROM projects").fetchall() == [("Later",)]
    aside.close()


def test_a_whole_backup_is_never_mixed_with_what_is_there(home, lived_in, tmp_path):
    backup.write(tmp_path / "all.zip")
    before, files = rows(), snapshot(home)
    for replace in (False, True):
        with pytest.raises(UserError) as refused:
            backup.restore(tmp_path / "all.zip", replace=replace)
        assert refused.value.code == "restore-not-empty"
    assert rows() == before and snapshot(home) == files


def test_a_backup_never_writes_over_a_file(home, lived_in, tmp_path):
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(UserError) as refused:
        backup.write(tmp_path / "mine")
    assert refused.value.code == "backup-exists"
    assert (tmp_path / "mine").read_text() == "precious"


def test_nothing_is_removed_while_a_backup_is_made(home, lived_in):
    project = lived_in["project"]
    store.delete("project", project)
    lock = backup_lock.take()
    orphan = home / "runs" / ids.new()
    orphan.mkdir()
    os.utime(orphan, (0, 0))
    with pytest.raises(UserError, match="backup is being made"):
        housekeeping.purge("project", project)
    housekeeping.empty_trash(0)
    assert store.project(project) and orphan.exists()
    with pytest.raises(UserError, match="making a backup already"):
        backup.write(home / "other.zip")
    lock.release()
    housekeeping.empty_trash(0)
    assert store.projects() == [] and not orphan.exists()


@pytest.mark.parametrize(
    "damage", ["cut", "flipped", "no about", "newer", "other kind", "no zip", "missing", "no store"]
)
def test_what_is_no_whole_backup_is_refused_and_changes_nothing(
    home, lived_in, new_home, tmp_path, damage
):
    file = tmp_path / "all.zip"
    backup.write(file)
    raw = bytearray(file.read_bytes())
    if damage == "cut":
        file.write_bytes(raw[: len(raw) // 2])
    elif damage == "flipped":
        at = raw.find(b"The good one")
        raw[at : at + 4] = b"BAD "
        file.write_bytes(raw)
    elif damage == "no zip":
        file.write_bytes(b"hello" * 100)
    elif damage == "missing":
        file.unlink()
    else:
        rewrite(file, damage)
    new = new_home()
    with pytest.raises(UserError) as refused:
        backup.restore(file)
    assert refused.value.code == "no-backup"
    assert not any((new / name).exists() for name in (*backup.FOLDERS, "graft.db"))


def rewrite(file: Path, damage: str):
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    about = json.loads(parts.pop(backup.ABOUT))
    if damage == "no store":
        del parts[backup.STORE]
    if damage == "newer":
        about["version"] = 2
    if damage == "other kind":
        about["kind"] = "something"
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        if damage != "no about":
            archive.writestr(backup.ABOUT, json.dumps(about))


@pytest.mark.parametrize(
    "name", ["../out", "/etc/x", "runs/../../x", "graft.db/../x", "C:\\x", "x"]
)
def test_a_backup_leads_nowhere_outside(home, lived_in, new_home, tmp_path, name):
    file = tmp_path / "all.zip"
    backup.write(file)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(name, b"mine")
    new = new_home("inner/new")
    with pytest.raises(UserError, match="not Graft's"):
        backup.restore(file)
    assert sorted(path.name for path in new.iterdir()) == ["server.lock"]


def test_a_store_of_a_newer_graft_is_not_brought_back(home, lived_in, new_home, tmp_path):
    with sqlite3.connect(home / "graft.db") as connection:
        connection.execute("INSERT INTO migrations VALUES ('9999 the future', 0)")
    connection.close()
    shutil.copy(home / "graft.db", tmp_path / "newer.db")
    new_home()
    with pytest.raises(UserError) as refused:
        backup.restore(tmp_path / "newer.db")
    assert refused.value.code == "store-newer"


def test_nothing_is_brought_back_under_a_running_server(home, lived_in, tmp_path):
    backup.write(tmp_path / "store.db", store_only=True)
    lock = claim(home)
    done = subprocess.run(
        [sys.executable, "-m", "tl_core", "restore", str(tmp_path / "store.db"), "--replace"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    lock.release()
    assert done.returncode == 2 and "server-running" in done.stderr


def test_a_store_is_copied_before_it_takes_a_step(home, lived_in, monkeypatch):
    before = rows()
    step = ("9998 a test", ("ALTER TABLE projects ADD COLUMN colour TEXT",))
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, step))
    look_anew()
    store.projects()
    (copy,) = (home / "copies").iterdir()
    assert copy.name.endswith("-before-9998.db")
    kept = sqlite3.connect(copy)
    assert len(kept.execute("SELECT * FROM runs").fetchall()) == len(before["run"])
    assert "colour" not in {row[1] for row in kept.execute("PRAGMA table_info(projects)")}
    kept.close()
    look_anew()
    store.projects()
    assert len(list((home / "copies").iterdir())) == 1


def test_a_new_store_needs_no_copy(home):
    store.default_project()
    assert not (home / "copies").exists()


def test_a_step_is_not_taken_where_no_copy_can_be_kept(home, lived_in, monkeypatch):
    (home / "copies").write_text("in the way")
    step = ("9998 a test", ("ALTER TABLE projects ADD COLUMN colour TEXT",))
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, step))
    look_anew()
    with pytest.raises(UserError):
        store.projects()
    connection = sqlite3.connect(home / "graft.db")
    assert "colour" not in {row[1] for row in connection.execute("PRAGMA table_info(projects)")}
    connection.close()


def test_a_home_that_was_only_looked_at_takes_a_whole_backup(home, lived_in, new_home, tmp_path):
    before = rows()
    backup.write(tmp_path / "all.zip")
    there = new_home()
    mine = store.default_project().id  # as the first page that is opened does
    (there / "pictures").mkdir(exist_ok=True)
    bare.go_through(there / "pictures")  # as the server does
    with pytest.raises(UserError, match="works"):
        backup.restore(tmp_path / "all.zip")
    told = backup.restore(tmp_path / "all.zip", replace=True)
    assert rows() == before
    assert told["put_aside"] is not None
    assert (there / "projects" / f"{mine}.json").exists()
    assert not adoption.is_needed()
