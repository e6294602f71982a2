"""The learning curve as a job: priced, done once, found again, stopped, and refused in words."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.evaluation.test_accuracy_by_amount import clouds
from tl_core import store
from tl_core.__main__ import main
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets import manifest
from tl_core.jobs import curve_drawer, next_examples, work
from tl_core.jobs.kinds.learning_curve import LEARNING_CURVE
from tl_core.quality import findings, picture_features

FEATURES, LABELS = clouds(each=60, spread=4.0)


@pytest.fixture
def dataset(home, monkeypatch):
    """A data set of three classes whose pictures are encoded already."""
    identifier, count = store.create_dataset(store.default_project().id, "made"), len(LABELS)
    made = manifest.Dataset(
        id=identifier,
        name="made",
        classes=("cup", "plate", "fork"),
        targets=(),
        hashes=np.array([f"{index:064x}" for index in range(count)]),
        names=np.array([f"{index}.png" for index in range(count)], dtype=object),
        labels=LABELS,
        splits=np.array([0, 0, 0, 0, 1, 2])[np.arange(count) // 3 % 6].astype(np.int8),
        facts={"width": np.full(count, 8, np.int32), "height": np.full(count, 8, np.int32)},
    )
    manifest.save(made)
    store.dataset_ready(identifier, {"pictures": count})
    monkeypatch.setattr(picture_features, "as_set", lambda *_: FEATURES)
    return made


def test_a_curve_is_priced_drawn_once_and_found_again(dataset, engine):
    asked = curve_drawer.priced(dataset, TrainConfig())
    assert 0 < asked.seconds < 600 and asked.config.network.trainable_stages == 0
    assert curve_drawer.found(asked.key) is None
    curve_drawer.start(asked)
    curve_drawer.start(asked)
    assert engine.submitted == [(LEARNING_CURVE.name, asked.key)]
    assert curve_drawer.is_working(asked.key)
    assert work.do(LEARNING_CURVE.name, asked.key) == 0
    engine.kill(asked.key)
    found = curve_drawer.found(asked.key)
    assert found is not None and len(found.classes) == 3 and found.curves[0].doubled
    view = curve_drawer.view(asked.key)
    assert view.phase == "curve" and view.fraction == pytest.approx(1, abs=0.1)
    curve_drawer.start(asked)
    assert len(engine.submitted) == 1


def test_what_the_quality_report_found_becomes_advice(dataset):
    assert next_examples.advice(dataset, None, None) == []
    copies = findings.Finding(
        kind="near_duplicate", severity="doubt", title="", explanation="", values={"count": 60}
    )
    report = findings.Report(
        dataset=dataset.id, pictures=len(dataset), backbone="", findings=(copies,)
    )
    findings.save(report)
    (advice,) = next_examples.advice(dataset, None, None)
    assert advice.kind == "copies" and "60 of 180" in advice.evidence


def test_the_command_line_tells_all_of_it(dataset, engine, monkeypatch, capsys):
    begin = curve_drawer.start

    def done_at_once(asked):
        begin(asked)
        assert work.do(LEARNING_CURVE.name, asked.key) == 0
        engine.kill(asked.key)

    monkeypatch.setattr(curve_drawer, "start", done_at_once)
    assert main(["curve", dataset.id, "--set", "backbone=starter"]) == 0
    words = capsys.readouterr().out
    assert "120 pictures: " in words and "twice as many: " in words and "20 more of 'cup'" in words
    assert main(["curve", dataset.id, "--set", "backbone=starter", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["learnt"] == 120 and len(told["classes"]) == 3 and told["advice"] == []


def test_runs_that_differ_only_in_their_training_share_a_curve():
    plain, deep = TrainConfig(), TrainConfig().but(trainable_stages=3, epochs=40, l2=0.1)
    assert curve_drawer.key("a", plain) == curve_drawer.key("a", deep)
    for other in (plain.but(image_size_px=96), plain.but(class_weights="balanced")):
        assert curve_drawer.key("a", plain) != curve_drawer.key("a", other)
    assert curve_drawer.key("a", plain) != curve_drawer.key("b", plain)


def test_a_curve_that_was_stopped_can_be_asked_for_again(dataset, engine):
    asked = curve_drawer.priced(dataset, TrainConfig())
    curve_drawer.start(asked)
    curve_drawer.stop(asked.key)
    assert work.do(LEARNING_CURVE.name, asked.key) == 0
    assert not curve_drawer.is_working(asked.key) and curve_drawer.found(asked.key) is None
    curve_drawer.start(asked)
    assert curve_drawer.is_working(asked.key)


def test_what_goes_wrong_is_told_in_words(dataset, engine, monkeypatch):
    def lost(*_):
        raise UserError("picture-missing", "A picture is gone.", "Import it again.")

    monkeypatch.setattr(picture_features, "as_set", lost)
    asked = curve_drawer.priced(dataset, TrainConfig())
    curve_drawer.start(asked)
    work.do(LEARNING_CURVE.name, asked.key)
    engine.kill(asked.key)
    with pytest.raises(UserError) as caught:
        curve_drawer.found(asked.key)
    assert caught.value.code == "picture-missing"


def test_a_data_set_that_is_gone_is_refused(dataset, engine):
    asked = replace(curve_drawer.priced(dataset, TrainConfig()), dataset_id="0" * 24)
    with pytest.raises(UserError):
        curve_drawer.start(asked)
    assert engine.submitted == []
