"""Frozen parts converted and pictures decoded while a person still chooses."""

from dataclasses import asdict

import numpy as np
import pytest

from tl_core import __main__ as command_line
from tl_core import store
from tl_core.backbones import weights
from tl_core.base import accelerator
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets.splits import TRAIN
from tl_core.encoding import cache, trunk
from tl_core.encoding.decoded import Decoder
from tl_core.encoding.job import resolve
from tl_core.jobs import ahead, looking_through, priority, work
from tl_core.jobs.kinds import preparation
from tl_core.jobs.kinds.preparation import PrepareArguments
from tl_core.modalities import registry
from tl_core.modalities.modality import Entry
from tl_core.modalities.picture import pictures
from tl_core.pricing import calibration, costs, job_price, storage
from tl_core.pricing.calibration import Calibration
from tl_core.pricing.stock import Stock
from tl_core.store import job_rows

MOBILE = TrainConfig(backbone="mobilenet_v2", image_size_px=96)


@pytest.fixture
def chosen(made_dataset, monkeypatch):
    """A small data set and a backbone whose weights are here, for which conversion pays."""
    monkeypatch.setattr(weights, "present", lambda name: True)
    monkeypatch.setattr(weights, "fingerprint", lambda name: "sha256:random")
    monkeypatch.setattr(job_price, "converts", lambda job, known=None, stock=None: True)
    return made_dataset()


def test_choosing_a_backbone_starts_one_conversion(chosen, engine):
    assert ahead.prepare(chosen, MOBILE) == "converting"
    assert ahead.prepare(chosen, MOBILE) == "converting"
    key = resolve(chosen, MOBILE).trunk.key
    assert engine.submitted == [("prepare", key)]
    found = job_rows.job("prepare", key)
    assert found is not None and found.arguments is not None
    assert trunk.Trunk(**found.arguments["trunk"]).key == key


def test_another_backbone_waits_for_the_first(chosen, engine):
    ahead.prepare(chosen, MOBILE)
    other = MOBILE.but(image_size_px=128)
    assert ahead.prepare(chosen, other) == "waiting"
    engine.kill(resolve(chosen, MOBILE).trunk.key)
    assert ahead.prepare(chosen, other) == "converting"


def test_what_failed_is_not_tried_again_and_again(chosen, engine):
    key = resolve(chosen, MOBILE).trunk.key
    job_rows.ask("prepare", key)
    job_rows.fail("prepare", key, UserError("bug", "It failed."))
    assert ahead.prepare(chosen, MOBILE) == "failed"
    assert engine.submitted == []


def test_what_failed_is_tried_again_when_the_reason_may_be_gone(chosen, engine, monkeypatch):
    key = resolve(chosen, MOBILE).trunk.key
    job_rows.ask("prepare", key)
    job_rows.fail("prepare", key, UserError("disk-full", "The disk is full."))
    monkeypatch.setattr(ahead, "AGAIN_AFTER_S", -1.0)
    assert ahead.prepare(chosen, MOBILE) == "converting"
    assert engine.submitted == [("prepare", key)]


def test_the_starter_needs_no_conversion(made_dataset, engine):
    assert ahead.prepare(made_dataset(), TrainConfig(backbone="starter")) == "ready"


def test_a_backbone_without_its_weights_is_left_alone(chosen, engine, monkeypatch):
    monkeypatch.setattr(weights, "present", lambda name: False)
    assert ahead.prepare(chosen, MOBILE) == "not-needed"
    assert engine.submitted == []


def test_conversion_pays_for_many_pictures_and_not_for_few(made_dataset):
    known = Calibration(100.0)
    few = resolve(made_dataset(classes=2, each=6), MOBILE)
    assert not job_price.converts(few, known)
    slow = Calibration(0.5)  # the same pictures on a machine where encoding takes long
    assert job_price.converts(few, slow)
    assert job_price.price(few, known).convert_s == 0.0
    assert job_price.price(few, slow).convert_s > 0.0


@pytest.fixture(params=["jax", "a card"])
def without_conversion(request, monkeypatch):
    """A machine on which the frozen part always runs in Keras."""
    if request.param == "jax":
        monkeypatch.setenv("KERAS_BACKEND", "jax")
    else:
        monkeypatch.setattr(accelerator, "gpu", lambda: "NVIDIA H100")


def test_nothing_is_converted_or_priced_where_keras_runs_the_frozen_part(
    made_dataset,
    engine,
    monkeypatch,
    without_conversion,
):
    monkeypatch.setattr(weights, "present", lambda name: True)
    dataset, slow = made_dataset(), Calibration(0.5)
    calibration.keep(slow)  # conversion would pay at once
    assert ahead.prepare(dataset, MOBILE) == "not-needed" and engine.submitted == []
    for settings in ({}, {"flip": True, "views": 0}):
        job = storage.keeping(resolve(dataset, MOBILE.but(**settings)), slow)
        told = job_price.price(job, slow)
        in_keras = costs.frozen_s(job, slow, "encode-keras")
        assert told.convert_s == 0.0 and told.encode_s >= len(dataset) * in_keras
        assert not settings or told.epoch_s >= len(job.members(TRAIN)) * in_keras


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
def test_the_child_converts_what_was_asked_and_leaves_only_the_trunk(made_dataset, engine):
    dataset = made_dataset()
    config = TrainConfig(backbone="mobilenet_025", image_size_px=32)
    frozen = resolve(dataset, config).trunk
    folder = ahead.folder_of(frozen.key)
    ahead._make(frozen.key, PrepareArguments(trunk=asdict(frozen)), "converting")
    assert work.do("prepare", frozen.key) == 0
    assert trunk.converted(frozen) is not None
    assert not folder.exists()


@pytest.fixture
def many(chosen, monkeypatch):
    """The same where a process is worth its start for a few pictures, and nothing is to be converted."""
    monkeypatch.setattr(ahead, "FEW", 4)
    monkeypatch.setattr(job_price, "converts", lambda job, known=None, stock=None: False)
    return chosen


def decoded(dataset, config=MOBILE):
    job = resolve(dataset, config)
    return Stock().decoded_share(job)


def test_pictures_are_decoded_while_a_person_chooses(many, engine):
    assert ahead.prepare(many, MOBILE) == "reading"
    assert ahead.prepare(many, MOBILE) == "reading"
    ((command, key),) = engine.submitted
    assert command == "prepare"
    assert work.do("prepare", key) == 0
    assert decoded(many) == 1 and not ahead.folder_of(key).exists()
    assert ahead.prepare(many, MOBILE) == "not-needed"
    # What was decoded is what a run reads.
    reader = Decoder(registry.USUAL, Entry(96, "squash"))
    some = [str(name) for name in many.hashes[:3]]
    assert np.array_equal(reader(some), pictures.pixels(some, 96, "squash"))
    assert reader.decoded == 0


def test_only_what_no_run_waits_for_gives_way_to_all_others(many, engine, monkeypatch):
    lowered = []
    monkeypatch.setattr(priority, "lower", lowered.append)
    monkeypatch.setattr(work, "do", lambda kind, subject: 0)
    assert ahead.prepare(many, MOBILE) == "reading"
    assert command_line.main(["job", "prepare", engine.submitted[-1][1]]) == 0
    assert lowered == [priority.NOBODY_WAITS]
    job_rows.ask("prepare", "b" * 32, {"trunk": {"backbone": "any"}})
    assert command_line.main(["job", "prepare", "b" * 32]) == 0
    assert lowered == [priority.NOBODY_WAITS]


def test_reading_ahead_gives_way_to_a_training(many, engine, monkeypatch):
    monkeypatch.setattr(preparation, "READ_AT_ONCE", 4)
    ahead.prepare(many, MOBILE)
    trains = iter([[], [], ["a run"]])
    monkeypatch.setattr(store, "undone_runs", lambda: next(trains))
    assert work.do("prepare", engine.submitted[0][1]) == 0
    assert 0 < decoded(many) < 1


def test_reading_ahead_drives_nothing_out_of_the_cache(many, engine, monkeypatch):
    monkeypatch.setattr(cache, "spare_bytes", lambda: 1000)
    assert ahead.prepare(many, MOBILE) == "not-needed"
    assert engine.submitted == []


def test_reading_ahead_waits_while_the_same_pictures_are_looked_through(many, engine):
    looking_through.ask(many.id)
    assert ahead.prepare(many, MOBILE) == "waiting"


def test_a_picture_that_is_gone_ends_reading_ahead_and_is_left_to_the_run(many, engine):
    pictures.picture_path(str(many.hashes[0])).unlink()
    ahead.prepare(many, MOBILE)
    key = engine.submitted[0][1]
    assert work.do("prepare", key) == work.REFUSED
    engine.kill(key)
    assert ahead.prepare(many, MOBILE) == "failed"
