"""Nothing is left of an import that was stopped or killed."""

import os
import time
from pathlib import Path

import pytest

from tl_core.data import intake
from tl_core.runs import dispatcher, housekeeping, ids, leftovers, store
from tl_core.settings import current


def begun(*, remove_source: bool = True) -> tuple[str, Path, Path]:
    """Begin an import and leave what it would have on disk: its upload, and half of it unpacked."""
    upload = current().uploads_dir / "abc.upload"
    upload.mkdir(parents=True)
    (upload / "000000").write_bytes(b"PK")
    dataset_id = dispatcher.start_intake(
        store.default_project().id, upload / "000000", "mine", remove_source=remove_source
    )
    scratch = ids.dataset_folder(dataset_id) / f"{intake.SCRATCH_PREFIX}x1"
    scratch.mkdir(parents=True)
    (scratch / "000001").write_bytes(b"x")
    return dataset_id, upload, scratch


def test_stopping_an_import_removes_its_upload_and_what_was_unpacked(home, engine):
    dataset_id, upload, scratch = begun()
    dispatcher.stop_intake(dataset_id)
    assert not upload.exists()
    assert not scratch.exists()


def test_so_does_noticing_that_one_died(home, engine):
    dataset_id, upload, scratch = begun()
    dispatcher.tick()
    assert upload.exists()
    engine.kill(dataset_id)
    dispatcher.tick()
    assert store.dataset(dataset_id).status == "failed"
    assert not upload.exists()
    assert not scratch.exists()


def test_what_a_person_named_on_this_computer_stays(home, engine):
    dataset_id, upload, _ = begun(remove_source=False)
    dispatcher.stop_intake(dataset_id)
    assert (upload / "000000").exists()


@pytest.mark.parametrize("status", ["importing", "failed"])
def test_housekeeping_removes_what_was_forgotten_but_nothing_at_work(home, engine, status):
    dataset_id, _, scratch = begun()
    if status == "failed":
        dispatcher.stop_intake(dataset_id)
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
