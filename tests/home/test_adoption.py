"""A store that was lost, swapped or put back from an older copy: nothing goes, all comes back."""

import json
import os
import shutil
import sqlite3
import time
from dataclasses import replace

import pytest

from tests.home.homes import METRICS, age, age_all, look_anew, rows, snapshot
from tl_core import store
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.config import TrainConfig
from tl_core.datasets import manifest
from tl_core.datasets.edits import Exclude
from tl_core.home import adoption, housekeeping, repairing, trash, versions
from tl_core.jobs import watch
from tl_core.store import database, identity, row_notes


def test_a_store_that_was_moved_away_loses_nothing_and_all_of_it_comes_back(home, lived_in):
    before, files = rows(), snapshot(home)
    (home / "graft.db").rename(home / "away.db")
    look_anew()
    age_all(home)
    assert store.default_project().name == "My first project"
    housekeeping.empty_trash()
    housekeeping.empty_trash(0)
    housekeeping.collect_garbage()
    assert snapshot(home) == files
    assert adoption.is_needed()
    assert adoption.found() == adoption.Taken(datasets=3, runs=3)
    taken = adoption.adopt()
    assert (taken.projects, taken.datasets, taken.runs) == (1, 3, 3)
    assert rows() == before
    assert not adoption.is_needed()
    housekeeping.collect_garbage()
    assert snapshot(home) == files


def test_another_database_on_the_same_home_takes_nothing_and_neither_does_the_first_one_after_it(
    home, lived_in, tmp_path, monkeypatch
):
    first, files = rows(), snapshot(home)
    monkeypatch.setenv("GRAFT_DATABASE_URL", f"sqlite:///{tmp_path / 'other.db'}")
    age_all(home)
    housekeeping.empty_trash()
    assert snapshot(home) == files
    other = store.create_dataset(store.default_project().id, "made in the other")
    manifest.save(replace(manifest.load(lived_in["versions"][0]), id=other))
    store.dataset_ready(other, {"pictures": 12})
    monkeypatch.delenv("GRAFT_DATABASE_URL")
    age_all(home)
    housekeeping.empty_trash()
    assert (home / "datasets" / other).exists()
    assert rows() == first
    assert adoption.found().datasets == 1
    adoption.adopt()
    assert store.dataset(other).name == "made in the other"
    assert not adoption.is_needed()


def test_an_older_copy_knows_that_it_is_older_even_when_it_has_seen_as_much_since(home, lived_in):
    copy = home / "copy.db"
    shutil.copy2(home / "graft.db", copy)
    newer = versions.edit(lived_in["versions"][2], Exclude(rows=(1,)), "click-3")
    store.rename("run", lived_in["runs"][0], "Renamed later")
    store.restore("run", lived_in["runs"][2])
    want = rows()
    copy.replace(home / "graft.db")
    look_anew()
    age_all(home)
    assert adoption.is_needed()
    for number in range(20):
        store.rename("project", lived_in["project"], f"On the old copy {number}")
    store.rename("project", lived_in["project"], "Räder & Formen")
    housekeeping.empty_trash(0)
    assert (home / "datasets" / newer).exists()
    assert store.run(lived_in["runs"][2]).deleted_at is not None
    taken = adoption.adopt()
    assert (taken.datasets, taken.runs) == (1, 0)
    assert rows()["dataset"] == want["dataset"]
    assert store.dataset(newer).parent_id == lived_in["versions"][2]
    assert {row.version for row in store.versions(lived_in["versions"][0])} == {1, 2, 3, 4}


def test_what_an_older_copy_had_otherwise_is_brought_up_to_date(home, lived_in):
    shutil.copy2(home / "graft.db", home / "copy.db")
    newer = versions.edit(lived_in["versions"][2], Exclude(rows=(1,)), "click-3")
    store.rename("run", lived_in["runs"][0], "Renamed later")
    store.restore("run", lived_in["runs"][2])
    want = rows()
    (home / "copy.db").replace(home / "graft.db")
    look_anew()
    taken = adoption.adopt()
    assert (taken.datasets, taken.renewed) == (1, 2)
    assert rows() == want
    assert isinstance(store.dataset(newer).history, Said)


def test_a_home_of_an_older_graft_without_notes_comes_back_as_far_as_its_folders_tell(
    home, lived_in, monkeypatch
):
    for path in (*home.rglob(row_notes.FILE), *(home / "projects").glob("*.json")):
        path.unlink()
    (home / identity.FILE).unlink()
    (home / "graft.db").rename(home / "away.db")
    look_anew()
    age_all(home)
    housekeeping.collect_garbage()
    taken = adoption.adopt()
    assert (taken.projects, taken.datasets, taken.runs) == (1, 3, 3)
    first, second, third = (store.dataset(one) for one in lived_in["versions"])
    assert {row.name for row in (first, second, third)} == {"shapes"}
    assert {row.root_id for row in (first, second, third)} == {first.id}
    assert [row.version for row in (first, second, third)] == [1, 2, 3]
    assert first.counts is not None and first.counts["pictures"] == 12
    done, failed, other = (store.run(one) for one in lived_in["runs"])
    assert (done.status, done.metrics) == ("finished", METRICS)
    assert done.config == TrainConfig(epochs=2).model_dump(mode="json")
    assert failed.status == "failed" and failed.error is not None
    assert failed.error["code"] == "diverged" and failed.dataset_id == third.id
    assert other.status == "running"  # it told no end: `jobs.watch` sees to it
    assert len({row.name for row in (done, failed, other)}) == 3
    assert store.project(done.project_id).name == adoption.FOUND_AGAIN
    monkeypatch.setattr(watch, "CLAIM_PATIENCE_S", -1.0)
    watch.tick()
    assert store.run(other.id).restarts == 1
    assert not adoption.is_needed()


def test_a_run_whose_data_set_is_gone_comes_back_with_its_numbers(home, lived_in):
    done = lived_in["runs"][0]
    shutil.rmtree(home / "datasets")
    (home / "graft.db").unlink()
    look_anew()
    adoption.adopt()
    row = store.run(done)
    assert (row.status, row.metrics, row.name) == ("finished", METRICS, "The good one")
    lost = store.dataset(row.dataset_id)
    assert lost.status == "failed" and lost.error is not None
    assert store.project(row.project_id).name == "Räder & Formen"


@pytest.mark.parametrize(
    "note", [b"", b"{", b"[]", b"null", b'{"row": 5}', b"\xff\xfe", b"[" * 9999]
)
def test_a_damaged_note_is_passed_over_and_the_folder_tells_instead(home, lived_in, note):
    (ids.run_folder(lived_in["runs"][0]) / row_notes.FILE).write_bytes(note)
    (home / "graft.db").unlink()
    look_anew()
    assert adoption.adopt().runs == 3
    assert store.run(lived_in["runs"][0]).metrics == METRICS


def test_a_note_about_something_else_gives_nobody_else_a_row(home, lived_in):
    one, other = (ids.run_folder(run) for run in lived_in["runs"][:2])
    shutil.copy(one / row_notes.FILE, other / row_notes.FILE)
    (home / "graft.db").unlink()
    look_anew()
    adoption.adopt()
    assert store.run(lived_in["runs"][1]).status == "failed"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("status", "golden"),
        ("config", "no json"),
        ("created_at", "x"),
        ("owner", None),
        ("name", 7),
    ],
)
def test_a_note_that_the_table_cannot_take_is_no_note(home, lived_in, column, value):
    path = ids.run_folder(lived_in["runs"][0]) / row_notes.FILE
    note = json.loads(path.read_text())
    note["row"][column] = value
    path.write_text(json.dumps(note))
    (home / "graft.db").unlink()
    look_anew()
    assert adoption.adopt().runs == 3
    assert store.run(lived_in["runs"][0]).metrics == METRICS


def test_two_that_were_made_by_the_same_click_both_come_back(home, lived_in):
    folder = ids.run_folder(lived_in["runs"][0])
    note = json.loads((folder / row_notes.FILE).read_text())
    (home / "graft.db").unlink()
    look_anew()
    twin = ids.run_folder(ids.new())
    shutil.copytree(folder, twin)
    note["row"]["id"] = twin.name
    (twin / row_notes.FILE).write_text(json.dumps(note))
    assert adoption.adopt().runs == 4
    assert store.run(twin.name).metrics == METRICS


def test_what_has_no_row_lies_in_the_trash_for_a_week_and_can_be_taken_out_again(home, lived_in):
    done = lived_in["runs"][0]
    with database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM runs WHERE id = ?", (done,))
    age_all(home)
    housekeeping.empty_trash()
    assert not ids.run_folder(done).exists()
    assert (trash.folder("runs") / done / "config.json").exists()
    housekeeping.empty_trash(0)
    assert adoption.found() == adoption.Taken(runs=1)
    adoption.adopt()
    assert store.run(done).metrics == METRICS and ids.run_folder(done).exists()


def test_a_week_later_the_trash_is_empty(home, lived_in):
    orphan = home / "runs" / ids.new()
    orphan.mkdir()
    age(orphan)
    housekeeping.empty_trash()
    kept = trash.folder("runs") / orphan.name
    assert kept.exists()
    week = time.time() - housekeeping.KEPT_IN_TRASH_S - 1
    os.utime(kept, (week, week))
    housekeeping.empty_trash()
    assert not kept.exists()


def test_pictures_of_a_data_set_in_the_trash_stay(home, lived_in):
    lost = lived_in["versions"][0]
    with database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM runs")
        connection.exec_driver_sql("DELETE FROM datasets")
    age_all(home)
    pictures = len(list((home / "pictures").rglob("*.webp")))
    housekeeping.empty_trash(0)
    assert (trash.folder("datasets") / lost).exists()
    assert len(list((home / "pictures").rglob("*.webp"))) == pictures > 0


def test_nothing_is_made_of_the_empty_project_of_a_new_store(home, lived_in):
    (home / "graft.db").unlink()
    look_anew()
    store.default_project()
    adoption.adopt()
    assert [project.name for project in store.projects()] == ["Räder & Formen"]


@pytest.mark.parametrize("content", [b"", b"this is no database" * 400])
def test_a_store_that_cannot_be_read_is_put_aside_and_made_anew(home, lived_in, content):
    before = rows()
    (home / "graft.db").write_bytes(content)
    look_anew()
    with pytest.raises(UserError) as refused:
        store.projects()
    assert refused.value.code == ("store-damaged" if content else "store-empty")
    assert (home / "graft.db").read_bytes() == content
    done = repairing.repair()
    assert done.aside is not None and done.aside.read_bytes() == content
    assert rows() == before


def test_a_store_with_damaged_pages_is_found_out_and_made_anew(home, lived_in):
    before = rows()
    raw = bytearray((home / "graft.db").read_bytes())
    raw[4096:] = b"\x5a" * (len(raw) - 4096)
    (home / "graft.db").write_bytes(raw)
    look_anew()
    done = repairing.repair()
    assert done.aside is not None
    assert rows() == before


def test_repairing_a_store_that_is_well_changes_nothing(home, lived_in):
    before = rows()
    done = repairing.repair()
    assert done.aside is None and done.taken.total == 0
    assert rows() == before


def test_rows_of_an_older_graft_are_noted_when_a_server_starts(home, lived_in):
    for path in (*home.rglob(row_notes.FILE), *(home / "projects").glob("*.json")):
        path.unlink()
    store.note_all()
    assert len(list(home.rglob(row_notes.FILE))) == 6
    assert len(list((home / "projects").glob("*.json"))) == 1


def test_a_store_from_before_identities_belongs_to_its_home(home, lived_in):
    with sqlite3.connect(home / "graft.db") as connection:
        connection.execute("DROP TABLE identity")
        connection.execute("DELETE FROM migrations WHERE name LIKE '%identity%'")
    connection.close()
    (home / identity.FILE).unlink()
    look_anew()
    store.projects()
    assert not adoption.is_needed()
    assert identity.of_home() is not None


def test_a_project_that_is_gone_for_good_leaves_no_note(home, lived_in):
    project = lived_in["project"]
    store.delete("project", project)
    housekeeping.purge("project", project)
    assert list((home / "projects").glob("*.json")) == []
    assert not any((home / "runs").iterdir()) and not any((home / "datasets").iterdir())
