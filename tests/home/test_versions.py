"""Versions of a data set: numbered in one family, one per click, nothing lost."""

import sqlite3
from dataclasses import replace

import numpy as np
import pytest

from tl_core import store
from tl_core.base.errors import UserError
from tl_core.datasets import manifest, naming
from tl_core.datasets.edits import Exclude, Merge, Rename, Reread
from tl_core.datasets.manifest import SetAside
from tl_core.home import versions
from tl_core.store import database, schema


def test_an_edit_makes_a_version_that_is_ready_with_its_history_and_counts(dataset_id):
    store.rename("dataset", dataset_id, "Forms")
    aside = [SetAside("x.txt", "picture-format", "no picture")]
    manifest.save(manifest.load(dataset_id), aside)
    new = versions.edit(dataset_id, Exclude(rows=(0, 1, 2)), "click")
    row = store.dataset(new)
    assert (row.status, row.version, row.parent_id, row.name) == ("ready", 2, dataset_id, "Forms")
    assert row.history == "Left out 3 pictures."
    assert row.counts is not None
    assert row.counts["pictures"] == 9
    assert row.counts["classes"] == {"round": 4, "square": 5}
    assert row.counts["set_aside"] == 1
    assert manifest.set_aside(new) == aside
    assert len(manifest.load(dataset_id)) == 12


def test_what_names_were_read_as_goes_along_and_is_read_again(dataset_id):
    raw = "猫".encode("gbk")
    wrong = raw.decode("cp1252")
    parent = replace(manifest.load(dataset_id), classes=(wrong, "square"))
    manifest.save(parent)
    naming.save(dataset_id, naming.Reading("cp1252", ("gb18030",), {wrong: raw}))
    fewer = versions.edit(dataset_id, Exclude(rows=(0,)), "one")
    assert naming.load(fewer) == naming.load(dataset_id)
    read = versions.edit(fewer, Reread(codec="gb18030", old=(wrong,), new=("猫",)), "two")
    assert manifest.load(read).classes == ("猫", "square")
    assert naming.load(read) == naming.Reading("gb18030", ("cp1252",), {"猫": raw})
    assert store.dataset(read).counts["classes"] == {"猫": 5, "square": 6}


def test_two_edits_of_one_parent_have_two_numbers(dataset_id):
    one = versions.edit(dataset_id, Exclude(rows=(0,)), "one")
    two = versions.edit(dataset_id, Exclude(rows=(1,)), "two")
    three = versions.edit(one, Rename(label=0, name="ball"), "three")
    assert [store.dataset(new).version for new in (one, two, three)] == [2, 3, 4]
    assert [row.version for row in store.versions(dataset_id)] == [4, 3, 2, 1]


def test_a_double_click_makes_one_version(dataset_id):
    first = versions.edit(dataset_id, Exclude(rows=(0,)), "click")
    assert versions.edit(dataset_id, Exclude(rows=(0,)), "click") == first
    assert len(store.versions(dataset_id)) == 2
    folders = [path.name for path in manifest.folder(first).parent.iterdir()]
    assert sorted(folders) == sorted([dataset_id, first])


def test_the_same_edit_brings_a_deleted_version_back(dataset_id):
    first = versions.edit(dataset_id, Exclude(rows=(0,)), "click")
    store.delete("dataset", first)
    assert versions.edit(dataset_id, Exclude(rows=(0,)), "click") == first
    assert store.dataset(first).deleted_at is None


def test_an_edit_that_cannot_be_made_leaves_nothing(dataset_id):
    with pytest.raises(UserError):
        versions.edit(dataset_id, Merge(labels=(5,), into=0), "click")
    assert len(store.versions(dataset_id)) == 1
    assert len(list(manifest.folder(dataset_id).parent.iterdir())) == 1


def test_runs_of_all_versions_are_found_by_their_root(dataset_id):
    new = versions.edit(dataset_id, Exclude(rows=(0,)), "click")
    old_run = store.add_run(dataset_id, "", {}, "a")
    new_run = store.add_run(new, "", {}, "b")
    assert {run.id for run in store.runs(root_id=dataset_id)} == {old_run, new_run}
    assert [run.id for run in store.runs(dataset_id=new)] == [new_run]


def test_versions_of_an_older_store_find_their_family(home, monkeypatch):
    monkeypatch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:1])
    with database.reading():
        pass
    with sqlite3.connect(home / "graft.db") as connection:
        connection.execute("INSERT INTO projects VALUES ('p', '', 'P', 0, NULL)")
        for name, parent in (("a", None), ("b", "a"), ("c", "b"), ("d", "gone"), ("e", None)):
            connection.execute(
                "INSERT INTO datasets (id, owner, project_id, name, status, version, parent_id,"
                " history, created_at) VALUES (?, '', 'p', 'D', 'ready', 1, ?, '', 0)",
                (name, parent),
            )
    connection.close()
    monkeypatch.undo()
    monkeypatch.setenv("GRAFT_HOME", str(home))
    database._engine.cache_clear()
    with database.reading() as connection:
        found = connection.exec_driver_sql("SELECT id, root_id FROM datasets ORDER BY id")
        roots = {row[0]: row[1] for row in found}
    assert roots == {"a": "a", "b": "a", "c": "a", "d": "d", "e": "e"}


def test_what_is_not_ready_is_not_edited(home):
    importing = store.create_dataset(store.default_project().id, "coming")
    with pytest.raises(UserError) as refused:
        versions.edit(importing, Exclude(rows=(0,)), "click")
    assert refused.value.code == "dataset-not-ready"


def test_pictures_keep_their_part(dataset_id):
    before = manifest.load(dataset_id)
    after = manifest.load(versions.edit(dataset_id, Exclude(rows=(0,)), "click"))
    assert np.array_equal(after.splits, before.splits[1:])
