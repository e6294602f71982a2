"""An import in its own process: what it leaves in the store, and the run that was promised."""

import numpy as np

from tests.quality.planting import saved_again, scene
from tl_core import store
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets import guard, manifest
from tl_core.encoding import cache
from tl_core.jobs import imports, run_actions, run_queue, watch, work
from tl_core.modalities.picture import fingerprints
from tl_core.signals import events


def imported(source, config):
    project = store.default_project().id
    dataset_id = imports.start_intake(project, source, "shapes", then_train=config)
    assert work.do("import", dataset_id) == 0
    watch.tick()
    return dataset_id


def test_the_promised_run_starts_with_its_settings_though_nobody_watches(
    home, engine, picture_folder
):
    dataset_id = imported(picture_folder(each=12), TrainConfig(epochs=3))
    (run,) = store.runs(dataset_id=dataset_id)
    assert run.status == "running"
    assert ("train", run.id) in engine.submitted
    assert run_actions.settings_of(run.id).course.epochs == 3


def test_who_watches_the_import_gets_the_same_run(home, engine, picture_folder):
    dataset_id = imported(picture_folder(each=12), TrainConfig())
    again = run_queue.add_first(store.dataset(dataset_id))
    assert [run.id for run in store.runs(dataset_id=dataset_id)] == [again]


def test_without_a_promise_nothing_is_trained(home, engine, picture_folder):
    dataset_id = imported(picture_folder(), None)
    assert store.runs(dataset_id=dataset_id) == []
    assert run_queue.add_first(store.dataset(dataset_id)) is None


def test_a_run_that_cannot_start_leaves_the_pictures_ready_and_the_reason_told(
    home, engine, picture_folder, monkeypatch
):
    def refused(*_, **__):
        raise UserError("disk-full", "The disk is full.", "Free some space.")

    monkeypatch.setattr(run_queue, "add", refused)
    dataset_id = imported(picture_folder(), TrainConfig())
    assert store.dataset(dataset_id).status == "ready"
    told = events.read(ids.dataset_folder(dataset_id))[0]
    assert [event["event"] for event in told][-2:] == ["note", "finished"]
    assert told[-2]["text"] == "The disk is full. Free some space."


def test_near_copies_share_a_part_and_what_a_naive_split_would_have_torn_is_kept(
    home, engine, tmp_path
):
    random = np.random.default_rng(4)
    for row in range(80):
        folder = tmp_path / "scenes" / ("near", "far")[row % 2]
        folder.mkdir(parents=True, exist_ok=True)
        picture = scene(random)
        picture.save(folder / f"scene {row}.png")
        if row < 40:
            saved_again(picture, 60).save(folder / f"again {row}.png")
    dataset_id = store.create_dataset(
        store.default_project().id, "s", request={"source": str(tmp_path / "scenes")}
    )
    assert work.do("import", dataset_id) == 0
    dataset = manifest.load(dataset_id)
    assert dataset.twins is not None and dataset.naive is not None
    pairs = guard.members(dataset.twins)
    assert len(pairs) >= 38
    for rows in pairs:
        assert len({str(name).split()[-1] for name in dataset.names[rows]}) == 1
    assert guard.torn(dataset.splits, dataset.twins) == []
    assert dataset.torn == len(guard.torn(dataset.naive, dataset.twins)) > 0
    told = events.read(ids.dataset_folder(dataset_id))[0]
    phases = [event["phase"] for event in told if event["event"] == "phase"]
    assert phases == ["look", "pictures", "copies"]


def test_pictures_are_measured_once_while_they_are_open(home, engine, picture_folder, monkeypatch):
    dataset_id = imported(picture_folder(), None)
    hashes = manifest.load(dataset_id).hashes.tolist()
    kept = fingerprints.of(hashes)
    monkeypatch.setattr(fingerprints, "_measure_stored", None)  # calling it would fail
    assert np.array_equal(fingerprints.of(hashes), kept)
    monkeypatch.undo()
    monkeypatch.setenv("GRAFT_HOME", str(home))
    cache.clear()
    assert np.array_equal(fingerprints.of(hashes), kept)
