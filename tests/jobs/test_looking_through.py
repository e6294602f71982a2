"""Looking data sets through: wanted, taken up when nothing trains, told when it ends or dies."""

import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import made_picture
from tl_core import store
from tl_core.base import machine, settings
from tl_core.config import TrainConfig
from tl_core.datasets import manifest
from tl_core.datasets.edits import Exclude
from tl_core.datasets.manifest import Dataset
from tl_core.home import versions
from tl_core.jobs import looking_through, run_actions, watch, work
from tl_core.jobs.kinds import inspection
from tl_core.modalities.picture import pictures
from tl_core.quality import findings, worker
from tl_core.quality.findings import Report
from tl_core.signals import events
from tl_core.store import job_rows


def status(dataset_id: str) -> str:
    return looking_through.state(dataset_id).status


def test_it_waits_for_trainings_and_is_taken_up_after_them(dataset_id, engine):
    run_id = run_actions.start_run(dataset_id, TrainConfig(), "click")
    looking_through.ask(dataset_id)
    watch.tick()
    assert status(dataset_id) == "waiting"
    assert ("inspect", dataset_id) not in engine.submitted
    engine.kill(run_id)
    store.run_cancelled(run_id)
    watch.tick()
    assert status(dataset_id) == "working"
    assert engine.submitted[-1] == ("inspect", dataset_id)


@pytest.mark.parametrize(
    ("waited_s", "free_bytes", "kind", "taken_up"),
    [
        (inspection.TRAINING_PATIENCE_S + 60, 0, "cpu", True),
        (inspection.TRAINING_PATIENCE_S - 60, 0, "cpu", False),
        (inspection.TRAINING_PATIENCE_S + 60, 2**60, "cpu", False),
        (inspection.TRAINING_PATIENCE_S + 60, 0, "gpu", False),
    ],
)
def test_beside_a_long_training_it_begins_where_there_is_room(
    waited_s, free_bytes, kind, taken_up, dataset_id, engine, monkeypatch
):
    monkeypatch.setattr(inspection, "FREE_BYTES", free_bytes)
    monkeypatch.setattr(machine, "device", lambda: machine.Device(kind, "made"))
    run_actions.start_run(dataset_id, TrainConfig(), "click")
    looking_through.ask(dataset_id)
    job_rows.move(
        *("inspect", dataset_id, "queued"),
        only_from=("queued",),
        asked_at=time.time() - waited_s,
    )
    assert looking_through.is_under_way(dataset_id)
    watch.tick()
    assert (status(dataset_id) == "working") == taken_up
    assert (engine.submitted[-1] == ("inspect", dataset_id)) == taken_up
    assert looking_through.is_under_way(dataset_id)


def test_one_is_at_work_at_a_time_and_nobody_takes_it_up_twice(dataset_id, engine):
    looking_through.ask(dataset_id)
    other = store.create_dataset(store.default_project().id, "other")
    store.dataset_ready(other, {})
    looking_through.ask(other)
    for _ in range(3):
        watch.tick()
    assert [command for command, _ in engine.submitted] == ["inspect"]
    looking_through.ask(engine.submitted[0][1])
    assert status(engine.submitted[0][1]) == "working"


def test_the_finer_map_of_one_holds_up_no_report_on_another(dataset_id, engine):
    others = []
    for name in ("second", "third"):
        others.append(store.create_dataset(store.default_project().id, name))
        store.dataset_ready(others[-1], {})
    looking_through.ask(dataset_id)
    watch.tick()
    with events.Writer(looking_through.folder(dataset_id)) as emit:
        emit("finished")
    for other in others:
        looking_through.ask(other)
    for _ in range(3):
        watch.tick()
    assert len(engine.submitted) == 2 and engine.submitted[-1][1] in others
    assert looking_through.is_under_way(dataset_id)


def test_a_newer_version_goes_first_and_an_older_one_gives_way(dataset_id, engine):
    looking_through.ask(dataset_id)
    watch.tick()
    newer = versions.edit(dataset_id, Exclude(rows=(0,)), "click")
    looking_through.ask(newer)
    watch.tick()
    assert engine.submitted == [("inspect", dataset_id), ("inspect", newer)]
    assert (status(dataset_id), status(newer)) == ("none", "working")
    looking_through.ask(dataset_id)
    watch.tick()
    assert (status(dataset_id), status(newer)) == ("waiting", "working")


def test_one_that_died_is_told_and_may_be_wanted_again(dataset_id, engine):
    looking_through.ask(dataset_id)
    watch.tick()
    engine.kill(dataset_id)
    watch.tick()
    found = looking_through.state(dataset_id)
    assert found.status == "failed"
    assert found.view.ending is not None and found.view.ending["code"] == "process-ended"
    looking_through.ask(dataset_id)
    assert status(dataset_id) == "waiting"


def test_what_dies_after_its_report_has_not_failed(dataset_id, engine):
    looking_through.ask(dataset_id)
    watch.tick()
    with events.Writer(looking_through.folder(dataset_id)) as emit:
        emit("finished")
    findings.save(Report(dataset=dataset_id, pictures=12, backbone="", findings=()))
    assert status(dataset_id) == "done"
    engine.kill(dataset_id)
    watch.tick()
    assert status(dataset_id) == "done"


def test_the_worker_tells_why_it_failed_and_lets_go(dataset_id, engine):
    looking_through.ask(dataset_id)
    watch.tick()
    assert work.do("inspect", dataset_id) == 2, "its pictures do not exist"
    found = looking_through.state(dataset_id)
    assert found.status == "failed"
    assert found.view.ending is not None and found.view.ending["code"] == "picture-missing"
    assert not looking_through.is_under_way(dataset_id)


def test_the_worker_leaves_a_report_apart_from_the_events_of_the_import(home, engine, monkeypatch):
    identifier = store.create_dataset(store.default_project().id, "made")
    generator = np.random.default_rng(0)
    hashes = [
        pictures.store(Image.fromarray(made_picture(row % 2, generator)), _store(), 64)[0]
        for row in range(12)
    ]
    manifest.save(
        Dataset(
            id=identifier,
            name="made",
            classes=("red", "green"),
            targets=(),
            hashes=np.array(hashes),
            names=np.array([f"{row}.png" for row in range(12)], dtype=object),
            labels=np.arange(12, dtype=np.int32) % 2,
            splits=np.zeros(12, np.int8),
            facts={"width": np.full(12, 48, np.int32), "height": np.full(12, 40, np.int32)},
        )
    )
    store.dataset_ready(identifier, {})
    monkeypatch.setattr(worker, "_features", lambda *_: None)
    looking_through.ask(identifier)
    watch.tick()
    assert work.do("inspect", identifier) == 0
    assert status(identifier) == "done"
    report = findings.load(identifier)
    assert report is not None and report.of("sizes") is not None
    assert not (manifest.folder(identifier) / events.FILE).exists()


def _store() -> Path:
    return settings.current().pictures_dir
