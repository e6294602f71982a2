"""A run that has ended is gone on with by a child; the parent stays as it is."""

import json

import numpy as np
import pytest

from tl_core import store
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.jobs import continuing, run_actions
from tl_core.signals import events, progress
from tl_core.training import checkpoint


@pytest.fixture
def ended(dataset_id, engine):
    """A run of four epochs, stopped early after three."""
    run_id = run_actions.start_run(dataset_id, TrainConfig(epochs=4, patience=2), "click")
    folder = ids.run_folder(run_id)
    for epoch in range(4):
        checkpoint.save(folder / "checkpoints", epoch, {"w": np.ones(2)}, {"best_epoch": 1})
    (folder / "closed_form.npz").write_bytes(b"kept")
    with events.Writer(folder) as writer:
        writer.emit("started", pid=1, epochs=4)
        for epoch in range(4):
            writer.emit("epoch", epoch=epoch, epochs=4, loss=1.0, best=epoch == 1)
        writer.emit("finished", metrics={}, seconds={})
    store.run_finished(run_id, {"test_accuracy": 0.5})
    return run_id


def test_a_child_trains_the_epochs_asked_for_from_the_last_checkpoint(ended, engine):
    child = continuing.train_more(ended, 5, "more")
    config = TrainConfig.model_validate(store.run(child).config)
    assert config.course.epochs == 3 + 5 and config.course.patience == 0
    folder = ids.run_folder(child)
    found, _ = checkpoint.load(folder / "checkpoints")
    assert found.epoch == 3 and (folder / "closed_form.npz").read_bytes() == b"kept"
    assert engine.submitted[-1] == ("train", child)
    about = json.loads((folder / "run.json").read_text("utf-8"))
    assert about["parent"] == ended and continuing.parent_of(child).id == ended
    assert continuing.parent_of(ended) is None


def test_the_childs_curves_begin_at_the_beginning_and_it_has_not_ended(ended):
    child = continuing.train_more(ended, 5, "more")
    view = progress.state(ids.run_folder(child))
    assert [event["epoch"] for event in view.epochs] == [0, 1, 2, 3] and view.best_epoch == 1
    assert view.ending is None and view.starts == 0
    assert progress.state(ids.run_folder(ended)).ending is not None


def test_the_same_click_makes_one_child(ended, home):
    assert continuing.train_more(ended, 5, "more") == continuing.train_more(ended, 5, "more")
    assert len(list((home / "runs").iterdir())) == 2


def test_a_run_at_work_or_without_a_checkpoint_cannot_be_gone_on_with(dataset_id, engine):
    run_id = run_actions.start_run(dataset_id, TrainConfig(epochs=4), "click")
    for _ in range(2):
        with pytest.raises(UserError) as caught:
            continuing.train_more(run_id, 5, "more")
        assert caught.value.code == "not-resumable"
        assert not continuing.can_train_more(store.run(run_id))
        store.run_finished(run_id, {})


def test_too_many_epochs_are_refused_and_nothing_is_left(ended, home):
    with pytest.raises(UserError) as caught:
        continuing.train_more(ended, 500, "more")
    assert caught.value.code == "setting"
    assert len(list((home / "runs").iterdir())) == 1
