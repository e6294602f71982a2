import os
import time
from pathlib import Path

import numpy as np
import pytest

from tl_core import store
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets import manifest
from tl_core.datasets.edits import Exclude
from tl_core.home import housekeeping, versions
from tl_core.intake import unlabelled
from tl_core.jobs import run_actions
from tl_core.modalities.picture import pictures


@pytest.fixture
def run_id(dataset_id, engine):
    run_id = run_actions.start_run(dataset_id, TrainConfig(), "click")
    store.run_finished(run_id, {})
    return run_id


def store_picture(home: Path, digest: str, size: int = 100) -> Path:
    path = pictures.picture_path(digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    return path


def test_every_kind_of_file_is_counted_once(run_id, dataset_id, home):
    (home / "cache").mkdir()
    (home / "cache" / "features").write_bytes(b"x" * 1000)
    store_picture(home, "0" * 64, size=300)
    use = housekeeping.disk_use()
    assert (use.cache, use.pictures, use.uploads) == (1000, 300, 0)
    assert use.runs == housekeeping.folder_bytes(ids.run_folder(run_id)) > 0
    assert use.datasets > 0
    assert use.total == use.cache + use.pictures + use.runs + use.datasets
    assert use.free > 0


def test_a_purged_run_leaves_neither_row_nor_files(run_id):
    store.delete("run", run_id)
    housekeeping.purge("run", run_id)
    assert not ids.run_folder(run_id).exists()
    with pytest.raises(UserError, match="There is no run"):
        store.run(run_id)


def test_a_run_that_was_not_deleted_is_not_purged(run_id):
    with pytest.raises(UserError, match="Delete this run first"):
        housekeeping.purge("run", run_id)
    assert ids.run_folder(run_id).exists()


def test_a_data_set_keeps_its_files_while_a_run_needs_it(run_id, dataset_id):
    store.delete("dataset", dataset_id)
    with pytest.raises(UserError, match="still needed"):
        housekeeping.purge("dataset", dataset_id)
    assert len(manifest.load(dataset_id)) == 12


def test_a_purged_project_takes_all_that_is_in_it(run_id, dataset_id):
    project = store.default_project().id
    store.delete("project", project)
    housekeeping.purge("project", project)
    assert not ids.run_folder(run_id).exists()
    assert not ids.dataset_folder(dataset_id).exists()
    assert store.projects() == []


def test_the_trash_is_emptied_of_what_lies_there_long_enough(run_id, dataset_id, home):
    needed = store_picture(home, f"{0:064x}")
    store.delete("dataset", dataset_id)
    housekeeping.empty_trash(older_than_s=0)
    assert needed.exists()
    store.delete("run", run_id)
    housekeeping.empty_trash()
    assert ids.run_folder(run_id).exists()
    housekeeping.empty_trash(older_than_s=0)
    assert not ids.run_folder(run_id).exists()
    assert not ids.dataset_folder(dataset_id).exists()
    assert not needed.exists()


def test_garbage_is_what_nothing_names_and_is_not_new(run_id, dataset_id, home):
    needed, loose = store_picture(home, f"{0:064x}"), store_picture(home, "f" * 64)
    orphan, fresh = home / "runs" / ids.new(), home / "runs" / ids.new()
    theirs = home / "runs" / "not ours"
    for folder in (orphan, fresh, theirs):
        folder.mkdir()
    long_ago = time.time() - housekeeping.ORPHAN_AFTER_S - 1
    for folder in (orphan, theirs, ids.run_folder(run_id)):
        os.utime(folder, (long_ago, long_ago))
    housekeeping.collect_garbage()
    assert needed.exists()
    assert not loose.exists()
    assert not orphan.exists()
    assert all(folder.exists() for folder in (fresh, theirs, ids.run_folder(run_id)))


def test_pictures_to_be_answered_stay_as_long_as_a_version_names_them(dataset_id, home):
    waiting = store_picture(home, "e" * 64)
    kept = unlabelled.Unlabelled(np.array(["e" * 64]), np.array(["test/1.png"], dtype=object))
    unlabelled.save(dataset_id, kept)
    version = versions.edit(dataset_id, Exclude(rows=(0,)), "click")
    housekeeping.collect_garbage()
    assert waiting.exists()
    assert unlabelled.load(version).names.tolist() == ["test/1.png"]
    store.delete("dataset", dataset_id)
    housekeeping.empty_trash(0)
    assert waiting.exists()
    store.delete("dataset", version)
    housekeeping.empty_trash(0)
    assert not waiting.exists()


def test_a_damaged_list_of_pictures_to_be_answered_costs_no_picture(dataset_id, home):
    picture = store_picture(home, "e" * 64)
    (ids.dataset_folder(dataset_id) / unlabelled.FILE).write_bytes(b"no parquet")
    housekeeping.collect_garbage()
    assert picture.exists()


def test_no_picture_is_collected_while_an_import_runs(dataset_id, home):
    loose = store_picture(home, "f" * 64)
    store.create_dataset(store.default_project().id, "on its way")
    housekeeping.collect_garbage()
    assert loose.exists()


def test_a_damaged_data_set_stops_no_cleaning_and_its_pictures_stay_until_it_is_deleted(
    dataset_id, home
):
    picture = store_picture(home, "f" * 64)
    orphan = home / "runs" / ids.new()
    orphan.mkdir(parents=True)
    long_ago = time.time() - housekeeping.ORPHAN_AFTER_S - 1
    os.utime(orphan, (long_ago, long_ago))
    (ids.dataset_folder(dataset_id) / manifest.MANIFEST).write_bytes(b"no parquet")
    housekeeping.collect_garbage()
    assert not orphan.exists()
    assert picture.exists()
    store.delete("dataset", dataset_id)
    housekeeping.empty_trash(0)
    assert not picture.exists()


def test_a_thing_tells_what_it_takes_and_a_project_counts_shared_pictures_once(
    home, dataset_id, run_id
):
    names = set(manifest.load(dataset_id).hashes.tolist())
    for digest in names:
        store_picture(home, digest, 1000)
    (ids.run_folder(run_id) / "log.txt").write_bytes(b"x" * 500)
    pictures = sum(path.stat().st_size for path in (home / "pictures").rglob("*") if path.is_file())
    folder = housekeeping.folder_bytes(ids.dataset_folder(dataset_id))
    taken = housekeeping.bytes_of("dataset", dataset_id)
    assert taken == folder + pictures
    of_run = housekeeping.bytes_of("run", run_id)
    assert of_run >= 500
    project = store.dataset(dataset_id).project_id
    assert housekeeping.bytes_of("project", project) == taken + of_run
