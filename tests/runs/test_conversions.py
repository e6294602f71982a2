"""Frozen parts converted while a person still chooses."""

import json

import pytest

from tests.training.conftest import made_dataset, random_weights  # noqa: F401
from tl_core.config import TrainConfig
from tl_core.models import weights
from tl_core.runs import conversions
from tl_core.training import plan, trunk
from tl_core.training.calibration import Calibration
from tl_core.training.job import resolve

MOBILE = TrainConfig(backbone="mobilenet_v2", image_size_px=96)


@pytest.fixture
def chosen(made_dataset, monkeypatch):  # noqa: F811
    """A small data set and a backbone whose weights are here, for which conversion pays."""
    monkeypatch.setattr(weights, "present", lambda name: True)
    monkeypatch.setattr(weights, "fingerprint", lambda name: "sha256:random")
    monkeypatch.setattr(plan, "converts", lambda job, known=None, stock=None: True)
    return made_dataset()


def test_choosing_a_backbone_starts_one_conversion(chosen, engine):
    assert conversions.prepare(chosen, MOBILE) == "working"
    assert conversions.prepare(chosen, MOBILE) == "working"
    key = resolve(chosen, MOBILE).trunk.key
    assert engine.submitted == [("convert", key)]
    asked = json.loads((conversions.folder_of(key) / conversions.REQUEST).read_text("utf-8"))
    assert trunk.Trunk(**asked).key == key


def test_another_backbone_waits_for_the_first(chosen, engine):
    conversions.prepare(chosen, MOBILE)
    other = MOBILE.model_copy(update={"image_size_px": 128})
    assert conversions.prepare(chosen, other) == "waiting"
    engine.kill(resolve(chosen, MOBILE).trunk.key)
    assert conversions.prepare(chosen, other) == "working"


def test_what_failed_is_not_tried_again_and_again(chosen, engine):
    folder = conversions.folder_of(resolve(chosen, MOBILE).trunk.key)
    folder.mkdir(parents=True)
    (folder / conversions.FAILED).touch()
    assert conversions.prepare(chosen, MOBILE) == "failed"
    assert engine.submitted == []


def test_the_starter_needs_no_conversion(made_dataset, engine):  # noqa: F811
    assert conversions.prepare(made_dataset(), TrainConfig(backbone="starter")) == "ready"


def test_a_backbone_without_its_weights_is_left_alone(chosen, engine, monkeypatch):
    monkeypatch.setattr(weights, "present", lambda name: False)
    assert conversions.prepare(chosen, MOBILE) == "not-needed"
    assert engine.submitted == []


def test_conversion_pays_for_many_pictures_and_not_for_few(made_dataset):  # noqa: F811
    known = Calibration(100.0)
    few = resolve(made_dataset(classes=2, each=6), MOBILE)
    assert not plan.converts(few, known)
    slow = Calibration(0.5)  # the same pictures on a machine where encoding takes long
    assert plan.converts(few, slow)
    assert plan.price(few, known).convert_s == 0.0
    assert plan.price(few, slow).convert_s > 0.0


def test_a_run_joins_a_conversion_that_is_under_way(chosen):
    job = resolve(chosen, MOBILE)
    assert not trunk.is_preparing(job.trunk)
    with trunk.preparing(job.trunk):
        assert trunk.is_preparing(job.trunk)
        asked = []
        assert trunk.joined(job.trunk, lambda: bool(asked.append(1)) or len(asked) > 2) is None
        assert len(asked) == 3
    assert not trunk.is_preparing(job.trunk)


@pytest.mark.slow
@pytest.mark.usefixtures("random_weights")
def test_the_child_converts_what_was_asked_and_leaves_only_the_trunk(made_dataset, engine):  # noqa: F811
    dataset = made_dataset()
    config = TrainConfig(backbone="mobilenet_025", image_size_px=32)
    frozen = resolve(dataset, config).trunk
    folder = conversions.folder_of(frozen.key)
    conversions._begin(folder, frozen)
    assert conversions.main(frozen.key) == 0
    assert trunk.converted(frozen) is not None
    assert not folder.exists()
