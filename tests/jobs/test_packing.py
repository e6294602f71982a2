"""Packing a model: one job however often it is asked for, and an end in words when the disk fills."""

import errno
import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.export import made
from tl_core import store
from tl_core.base import ids, limits
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets.edits import Rename
from tl_core.export import package
from tl_core.export.formats import registry
from tl_core.export.formats.format import Subject, Written
from tl_core.home import versions
from tl_core.jobs import exporter, work
from tl_core.jobs.kinds.packing import PACK, exports
from tl_core.models import persist
from tl_core.store import job_rows
from tl_core.training.results import MODEL_DIR

KIND = "plain"


def names_in(subject: Subject) -> list[str]:
    described = persist.describe(subject.folder / MODEL_DIR)
    return [subject.language, *described.classes]


def write(subject: Subject, folder: Path) -> Written:
    (folder / "model.txt").write_text(json.dumps(names_in(subject)))
    return Written(folder / "model.txt")


@pytest.fixture
def run(dataset_id, engine, monkeypatch) -> str:
    """A run with a model that is only described, and a format that writes its names."""
    config = TrainConfig().model_dump(mode="json")
    run_id = store.add_run(dataset_id, "first", config, "click", metrics={"task": "classify"})
    folder = ids.run_folder(run_id)
    made.described_only(folder / MODEL_DIR, ("round", "square"), 2)
    plain = replace(registry.get("bundle"), name=KIND, ending=".txt", write=write, builds=False)
    monkeypatch.setattr(registry, "FORMATS", (*registry.FORMATS, plain))
    monkeypatch.setattr(limits, "memory", lambda _: None)
    return run_id


def pack(run_id: str) -> int:
    return work.do(PACK.name, f"{run_id}-{KIND}")


def test_two_clicks_make_one_packing_which_another_tab_finds(run):
    exporter.start(run, KIND, "de")
    exporter.start(run, KIND)
    assert exporter.is_working(run, KIND)
    assert len(job_rows.jobs(PACK.name)) == 1
    assert pack(run) == 0
    found = exporter.made(run, KIND)
    assert found is not None
    assert json.loads(found.file.read_text()) == ["de", "round", "square"]


def test_a_disk_that_fills_is_told_and_leaves_nothing_and_the_next_try_works(run, monkeypatch):
    def full(subject, folder):
        (folder / "half").write_bytes(b"x")
        raise OSError(errno.ENOSPC, "no space")

    plain = registry.get(KIND)
    usual = registry.FORMATS
    monkeypatch.setattr(registry, "FORMATS", (*usual[:-1], replace(plain, write=full)))
    exporter.start(run, KIND)
    assert pack(run) != 0
    with pytest.raises(UserError) as refusal:
        exporter.made(run, KIND)
    assert refusal.value.code == "disk-full"
    assert [path.name for path in exports(run, KIND).iterdir()] == [f".{KIND}"]
    monkeypatch.setattr(registry, "FORMATS", usual)
    exporter.start(run, KIND)
    assert pack(run) == 0 and exporter.made(run, KIND) is not None


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        (MemoryError(), "export-failed", "memory ran out"),
        (ValueError("an operation"), "bug", "ValueError"),
        (OSError(errno.ENOSPC, "no space"), "disk-full", "full"),
    ],
)
def test_memory_is_blamed_for_what_memory_did_alone(fault, code, words):
    assert PACK.explain is not None
    told = PACK.explain(fault)
    assert told.code == code and words in told.message


def test_a_class_renamed_after_training_has_todays_name_in_the_file(run):
    exporter.start(run, KIND)
    pack(run)
    before = exporter.made(run, KIND)
    assert before is not None and not before.renamed and not before.is_outdated
    versions.edit(store.run(run).dataset_id, Rename(label=0, name="ball"), "rename")
    outdated = exporter.made(run, KIND)
    assert outdated is not None and outdated.is_outdated
    exporter.start(run, KIND)
    pack(run)
    found = exporter.made(run, KIND)
    assert found is not None and not found.is_outdated and found.renamed == {"round": "ball"}
    assert json.loads(found.file.read_text()) == ["en", "ball", "square"]
    own = persist.describe(ids.run_folder(run) / MODEL_DIR)
    assert own.classes == ("round", "square"), "what the run keeps must stay as it is"
    assert package.package(run, KIND, exports(run, KIND))["renamed"] == {"round": "ball"}
