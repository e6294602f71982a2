"""Nothing is left of an import that was stopped or killed."""

import os
import time
from pathlib import Path

import pytest
from PIL import Image

from tl_core import store
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.base.settings import current
from tl_core.home import backup_lock, housekeeping, leftovers
from tl_core.intake import arrival, making
from tl_core.jobs import imports, watch, work


def begun(*, remove_source: bool = True) -> tuple[str, Path, Path]:
    """Begin an import and leave what it would have on disk: its upload, and half of it unpacked."""
    upload = current().uploads_dir / "abc.upload"
    upload.mkdir(parents=True)
    (upload / "000000").write_bytes(b"PK")
    dataset_id = imports.start_intake(
        store.default_project().id, upload / "000000", "mine", remove_source=remove_source
    )
    scratch = ids.dataset_folder(dataset_id) / f"{arrival.SCRATCH_PREFIX}x1"
    scratch.mkdir(parents=True)
    (scratch / "000001").write_bytes(b"x")
    return dataset_id, upload, scratch


def test_stopping_an_import_removes_its_upload_and_what_was_unpacked(home, engine):
    dataset_id, upload, scratch = begun()
    imports.stop_intake(dataset_id)
    assert not upload.exists()
    assert not scratch.exists()


def test_so_does_noticing_that_one_died(home, engine):
    dataset_id, upload, scratch = begun()
    watch.tick()
    assert upload.exists()
    engine.kill(dataset_id)
    watch.tick()
    assert store.dataset(dataset_id).status == "failed"
    assert not upload.exists()
    assert not scratch.exists()


def test_what_a_person_named_on_this_computer_stays(home, engine):
    dataset_id, upload, _ = begun(remove_source=False)
    imports.stop_intake(dataset_id)
    assert (upload / "000000").exists()


@pytest.mark.parametrize("status", ["importing", "failed"])
def test_housekeeping_removes_what_was_forgotten_but_nothing_at_work(home, engine, status):
    dataset_id, _, scratch = begun()
    if status == "failed":
        imports.stop_intake(dataset_id)
        scratch.mkdir(parents=True)
    before = time.time() - 2 * housekeeping.ORPHAN_AFTER_S
    os.utime(scratch, (before, before))
    housekeeping.collect_garbage()
    assert scratch.exists() == (status == "importing")


def test_removing_twice_is_no_fault(home, engine):
    dataset_id, _, _ = begun()
    row = store.dataset(dataset_id)
    leftovers.remove(row)
    leftovers.remove(row)


def test_what_had_been_taken_in_goes_too_and_holds_no_picture_any_more(home, engine, tmp_path):
    for name in ("a", "b"):
        (tmp_path / "in" / name).mkdir(parents=True)
        for number in range(3):
            picture = Image.new("RGB", (8, 8), (number * 40, len(name), 200 if name == "a" else 0))
            picture.save(tmp_path / "in" / name / f"{number}.png")
    dataset_id = imports.start_intake(store.default_project().id, tmp_path / "in", "mine")
    arrival.arrive(tmp_path / "in", dataset_id)
    assert len(housekeeping.needed_pictures() or ()) == 6
    imports.stop_intake(dataset_id)
    assert housekeeping.needed_pictures() == set()


def test_so_it_does_when_the_import_fails(home, engine, tmp_path, monkeypatch):
    (tmp_path / "in" / "a").mkdir(parents=True)
    (tmp_path / "in" / "b").mkdir()
    for name in ("a", "b"):
        Image.new("RGB", (8, 8), "red" if name == "a" else "blue").save(
            tmp_path / "in" / name / "1.png"
        )
    dataset_id = imports.start_intake(store.default_project().id, tmp_path / "in", "mine")

    def refuse(*given, **how):
        raise UserError("no-classes", "No.", "")

    monkeypatch.setattr(making, "make", refuse)
    assert work.do("import", dataset_id) == 2
    assert housekeeping.needed_pictures() == set()


def test_an_import_is_put_away_while_a_backup_is_made_and_goes_afterwards(home, engine):
    dataset_id, _, _ = begun()
    imports.stop_intake(dataset_id)
    lock = backup_lock.take()
    housekeeping.remove("dataset", dataset_id)
    lock.release()
    assert [found for found, *_ in store.deleted("dataset")] == [dataset_id]
    housekeeping.empty_trash(0)
    assert dataset_id not in store.known_ids()
