"""Trainings of a project go on elsewhere, where that was wanted: what they go on from travels along."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.backbones.made_own import kept
from tests.home.test_projects import on_another_computer, project, taken_in  # noqa: F401 a fixture
from tests.made import DATASET
from tl_core import store
from tl_core.backbones import own, stages, weights
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets import manifest
from tl_core.export import package
from tl_core.export.formats import unfinished_writer
from tl_core.graft_files import bundle, project_file, sealed
from tl_core.signals import events, progress, stopping
from tl_core.training import checkpoint, results

ARRAYS = {"w.00000": np.arange(4, dtype=np.float32), "o.00000": np.array([7], np.int64)}


def paused_run(**settings: object) -> str:
    """Note a run that was paused after its third epoch."""
    run_id, config = ids.new(), TrainConfig().but(epochs=9, **settings)
    folder = ids.run_folder(run_id)
    checkpoint.save(folder / checkpoint.FOLDER, 2, ARRAYS, {"steps": 20})
    checkpoint.save(folder / checkpoint.FOLDER, 3, ARRAYS, {"steps": 30})
    (folder / "plan.json").write_text(json.dumps({"keeps": "pixels", "half": True, "other": 1}))
    with events.Writer(folder) as emit:
        emit("closed_form", val_accuracy=0.5)
        emit("epoch", epoch=3, epochs=9, loss=0.25, best=True)
    told = config.model_dump(mode="json")
    store.add_run(DATASET, "Half", told, run_id, run_id=run_id, metrics={}, status="paused")
    return run_id


def saved(project_id: str, out: Path, *, with_checkpoints: bool = True) -> Path:
    told = package.package(project_id, "project", out, with_checkpoints=with_checkpoints)
    return Path(told["file"])


def of(project_id: str, name: str) -> store.RunRow:
    return next(run for run in store.runs(project_id) if run.name == name)


def test_a_paused_run_waits_elsewhere_to_go_on(project, tmp_path, monkeypatch):  # noqa: F811
    run_id = paused_run()
    first = of(project, "First try")
    checkpoint.save(ids.run_folder(first.id) / checkpoint.FOLDER, 2, ARRAYS, {"steps": 14})
    assert unfinished_writer.size_bytes(project) > 0
    file = saved(project, tmp_path / "out")

    on_another_computer(tmp_path, monkeypatch)
    there = taken_in(file)
    came = of(there, "Half")
    assert (came.status, came.setting("epochs")) == ("paused", 9)
    assert not came.metrics
    assert came.id != run_id
    folder = ids.run_folder(came.id)
    found, damaged = checkpoint.load(folder / checkpoint.FOLDER)
    assert found is not None and not damaged
    assert (found.epoch, found.state) == (3, {"steps": 30})
    assert found.arrays.keys() == ARRAYS.keys()
    assert all(np.array_equal(found.arrays[name], ARRAYS[name]) for name in ARRAYS)
    assert found.arrays["o.00000"].dtype == np.int64
    assert json.loads((folder / "plan.json").read_text()) == {"keeps": "pixels", "half": True}
    view = progress.state(folder)
    assert [epoch["loss"] for epoch in view.epochs] == [0.25]

    finished = of(there, "First try")
    assert finished.status == "finished"
    assert checkpoint.newest(ids.run_folder(finished.id) / checkpoint.FOLDER) == 2
    left = {path.name for path in (ids.run_folder(finished.id) / results.MODEL_DIR).iterdir()}
    assert not left & set(project_file.CHECKPOINT)


def test_without_the_wish_models_travel_alone(project, tmp_path, monkeypatch):  # noqa: F811
    paused_run()
    file = saved(project, tmp_path / "out", with_checkpoints=False)
    with zipfile.ZipFile(file) as archive:
        assert not [name for name in archive.namelist() if "checkpoint" in name or "pend" in name]
    on_another_computer(tmp_path, monkeypatch)
    assert [run.name for run in store.runs(taken_in(file))] == ["First try"]


def test_a_run_without_anything_to_go_on_from_stays(project, tmp_path):  # noqa: F811
    run_id = paused_run()
    for path in (ids.run_folder(run_id) / checkpoint.FOLDER).glob("*/state.json"):
        path.write_text("{")
    with zipfile.ZipFile(saved(project, tmp_path / "out")) as archive:
        assert not [name for name in archive.namelist() if name.startswith("pending/")]


def test_what_a_paused_run_stands_on_comes_along(project, tmp_path, monkeypatch):  # noqa: F811
    card = kept(tmp_path)
    paused_run(backbone=card.name)
    file = saved(project, tmp_path / "out")
    on_another_computer(tmp_path, monkeypatch)
    with pytest.raises(UserError, match="numbers of the backbone"):
        taken_in(file)  # a few numbers are no network
    assert own.cards() == []
    monkeypatch.setattr(bundle, "check_backbone", lambda file, architecture: None)
    there = taken_in(file)
    assert own.cards() == [card]
    assert of(there, "Half").setting("backbone") == card.name
    assert weights.locate(card.name).is_file()


def rewritten(file: Path, name: str, content: bytes | None) -> Path:
    """Return a sealed copy of a project file in which one part is another, or missing."""
    changed = file.with_name("changed.graft")
    with zipfile.ZipFile(file) as archive:
        parts: list[sealed.Part] = [
            (part, content if part == name and content is not None else archive.read(part))
            for part in archive.namelist()
            if part != sealed.MANIFEST and not (part == name and content is None)
        ]
    sealed.write(changed, project_file.KIND, parts)
    return changed


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("pending/0/checkpoint.safetensors", b"\x80\x04pickle"),
        ("pending/0/checkpoint.safetensors", None),
        ("pending/0/checkpoint.json", b"[1]"),
        ("pending/0/checkpoint.json", b"{"),
        ("pending/0/pending.json", b'{"name": "x"}'),
        ("pending/0/pending.json", b'{"name":"x","dataset":99,"config":{},"epoch":1}'),
        ("pending/0/pending.json", b'{"name":"x","dataset":0,"config":{"x":1},"epoch":-1}'),
    ],
)
def test_a_damaged_one_is_refused_and_leaves_nothing(project, tmp_path, monkeypatch, name, content):  # noqa: F811
    paused_run()
    file = rewritten(saved(project, tmp_path / "out"), name, content)
    on_another_computer(tmp_path, monkeypatch)
    with pytest.raises(UserError) as refusal:
        taken_in(file)
    assert refusal.value.code == "E-PROJECT"
    assert store.runs() == []


def test_an_earlier_file_opens_as_before(project, tmp_path):  # noqa: F811
    with zipfile.ZipFile(saved(project, tmp_path / "out")) as archive:
        assert "pending" not in json.loads(archive.read(project_file.CONTENTS))
        assert "checkpoint" not in json.loads(archive.read("runs/0/run.json"))


@pytest.mark.slow
@pytest.mark.exhaustive
def test_it_ends_elsewhere_in_the_same_bits(project, made_run, tmp_path, monkeypatch):  # noqa: F811
    from tl_core.training import pipeline

    chosen = {"backbone": "starter", "trainable_stages": 1, "epochs": 3, "start": "random"}
    whole = made_run(ids.new(), **chosen)
    pipeline.train(whole, lambda event, **fields: None)
    expected = weights.file_hash(whole / results.MODEL_DIR / "tail.safetensors")

    run_id = ids.new()
    broken = made_run(run_id, **chosen)

    def pausing(event, **fields):
        if event == "epoch" and fields["epoch"] == 1:
            stopping.ask(broken, stopping.PAUSE)

    assert pipeline.train(broken, pausing)["paused"]
    told = TrainConfig().but(image_size_px=32, **chosen).model_dump(mode="json")
    store.add_run(DATASET, "Half", told, run_id, run_id=run_id, metrics={}, status="paused")
    file = saved(project, tmp_path / "out")

    on_another_computer(tmp_path, monkeypatch)
    came = of(taken_in(file), "Half")
    folder, notes = ids.run_folder(came.id), []
    pipeline.train(folder, lambda event, **fields: notes.append(str(fields.get("text"))))
    assert "Resumed after epoch 1." in notes
    assert weights.file_hash(folder / results.MODEL_DIR / "tail.safetensors") == expected
    assert len(manifest.load(came.dataset_id)) == 24 and len(stages.of("starter")) > 1
