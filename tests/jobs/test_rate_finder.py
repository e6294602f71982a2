"""The search for a learning rate: a process of its own, found again by what was asked."""

import json

import numpy as np
import pytest

from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.jobs import rate_finder, work
from tl_core.signals import events
from tl_core.training import pipeline
from tl_core.training.rates import Sweep

SWEPT = Sweep(tuple(np.geomspace(1e-6, 1, 40).tolist()), (1.0,) * 30 + (9.0,) * 10)


def end(key, engine, **fields):
    with events.Writer(rate_finder.folder_of(key)) as writer:
        writer.emit(**fields)
    engine.kill(key)


def test_a_search_is_one_process_however_often_it_is_asked_for(dataset_id, engine):
    key = rate_finder.start(dataset_id, TrainConfig())
    assert rate_finder.start(dataset_id, TrainConfig()) == key
    assert engine.submitted == [("find_rate", key)] and rate_finder.is_working(key)
    assert rate_finder.found(key) is None


def test_what_was_found_is_there_at_once_when_only_the_rate_has_changed(dataset_id, engine):
    key = rate_finder.start(dataset_id, TrainConfig())
    told = {"rates": SWEPT.rates, "losses": SWEPT.losses}
    end(key, engine, event="finished", metrics=told)
    again = rate_finder.start(dataset_id, TrainConfig(learning_rate=0.5, epochs=99))
    assert again == key and len(engine.submitted) == 1
    assert rate_finder.found(key) == SWEPT
    other = rate_finder.start(dataset_id, TrainConfig(optimizer="sgd"))
    assert other != key and rate_finder.found(key) == SWEPT


def test_a_search_that_failed_says_why_and_can_be_repeated(dataset_id, engine):
    key = rate_finder.start(dataset_id, TrainConfig())
    end(key, engine, event="failed", code="memory", message="Too much.", hint="Less.")
    with pytest.raises(UserError) as caught:
        rate_finder.found(key)
    assert caught.value.code == "memory"
    rate_finder.start(dataset_id, TrainConfig())
    assert len(engine.submitted) == 2 and rate_finder.found(key) is None


def test_a_search_that_died_is_told(dataset_id, engine):
    key = rate_finder.start(dataset_id, TrainConfig())
    engine.kill(key)
    with pytest.raises(UserError) as caught:
        rate_finder.found(key)
    assert caught.value.code == "process-ended"


def test_the_process_tells_what_it_found(dataset_id, engine, monkeypatch):
    key = rate_finder.start(dataset_id, TrainConfig(seed=3))
    monkeypatch.setattr(pipeline, "find_rate", lambda folder, emit: SWEPT)
    assert work.do("find_rate", key) == 0
    engine.kill(key)
    assert rate_finder.found(key) == SWEPT
    asked = json.loads((rate_finder.folder_of(key) / "config.json").read_text("utf-8"))
    assert asked["course"]["seed"] == 3


def test_a_data_set_that_is_not_there_is_refused(home, engine):
    with pytest.raises(UserError):
        rate_finder.start("0" * 24, TrainConfig())
    assert engine.submitted == []


def test_a_search_that_was_stopped_is_no_failure_and_can_be_repeated(
    dataset_id, engine, monkeypatch
):
    def stopped(*_):
        raise UserError("stopped", "The search was stopped.")

    monkeypatch.setattr(pipeline, "find_rate", stopped)
    key = rate_finder.start(dataset_id, TrainConfig())
    rate_finder.stop(key)
    assert work.do("find_rate", key) == 0
    assert not rate_finder.is_working(key) and rate_finder.found(key) is None
    assert rate_finder.start(dataset_id, TrainConfig()) == key and rate_finder.is_working(key)
