"""A quick try of two depths: short, priced, on validation pictures alone, kept for the adviser."""

from dataclasses import replace

import numpy as np
import pytest

from tests.jobs.test_gain_lessons import own
from tl_core import store
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets import manifest
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION
from tl_core.datasets.thinning import thinned
from tl_core.intake import importing
from tl_core.jobs import depth_comparer, work
from tl_core.training import pipeline
from tl_core.training.compared import Compared

CONFIGS = tuple(TrainConfig().but(backbone="starter", trainable_stages=d, epochs=4) for d in (1, 2))


def of_ten(right: int) -> np.ndarray:
    return np.arange(10) < right


@pytest.fixture
def pictures(home, picture_folder):
    """Real pictures of two classes, many enough for a try."""
    identifier = store.create_dataset(store.default_project().id, "shapes")
    importing.ingest(picture_folder(2, 36), identifier, name="shapes")
    store.dataset_ready(identifier, {"pictures": 72})
    return manifest.load(identifier)


def compared(monkeypatch, *found):
    """Let each training of a try end with what was given."""
    left = list(found)
    monkeypatch.setattr(pipeline, "compare_with_exact_head", lambda *_: left.pop(0))


def test_a_third_of_every_class_is_learnt_from_and_nothing_of_the_test_part(dataset_id):
    whole = manifest.load(dataset_id)
    few = thinned(whole, 1 / 3, 0)
    assert not (few.splits == TEST).any()
    assert (few.splits == VALIDATION).sum() == (whole.splits == VALIDATION).sum()
    assert set(few.labels[few.splits == TRAIN]) == set(whole.labels[whole.splits == TRAIN])
    assert len(few.hashes) == len(few.names) == len(few.labels) == len(few.splits)
    assert list(thinned(whole, 1 / 3, 0).hashes) == list(few.hashes)


def test_a_third_is_drawn_anew_with_another_seed(pictures):
    drawn = {tuple(thinned(pictures, 1 / 3, seed).hashes) for seed in range(4)}
    assert len(drawn) == 4
    few, count = thinned(pictures, 1 / 3, 0), (pictures.splits == TRAIN).sum()
    assert abs((few.splits == TRAIN).sum() - count / 3) <= 2


def test_two_depths_are_tried_that_differ():
    assert depth_comparer.depths(6, 3, 17) == (6, 3)
    assert depth_comparer.depths(6, 6, 17) == (6, 9)
    assert depth_comparer.depths(None, 0, 17) == (9, 17)
    assert depth_comparer.depths(0, 0, 1) == (1,)


def test_a_try_is_short_and_its_price_is_told(pictures):
    long = tuple(config.but(epochs=400, folds=5) for config in CONFIGS)
    asked = depth_comparer.priced(pictures, long)
    assert 0 < asked.seconds < 120
    for config in asked.configs:
        assert config.course.epochs < 400 and config.course.folds == config.course.patience == 0


def test_the_answer_is_kept_and_the_adviser_learns_from_it(pictures, engine, monkeypatch):
    asked = depth_comparer.priced(pictures, CONFIGS)
    depth_comparer.start(asked)
    depth_comparer.start(asked)
    assert engine.submitted == [("compare_depths", asked.key)]
    assert depth_comparer.is_working(asked.key) and depth_comparer.found(asked.key) is None
    compared(monkeypatch, Compared(of_ten(5), of_ten(7)), Compared(of_ten(5), of_ten(4)))
    assert work.do("compare_depths", asked.key) == 0
    engine.kill(asked.key)
    first, second = depth_comparer.found(asked.key) or ()
    assert (first.stages, second.stages) == (1, 2)
    assert round(first.gain, 6) == 20.0 and round(second.gain, 6) == -10.0
    assert first.low < 20 < first.high + 5 and first.judged == 10
    kept = own()
    assert [gain.judged_on for gain in kept] == ["validation"] * 2
    # A run would have handed over the exact head in place of the second.
    assert [round(gain.points, 3) for gain in kept] == [20.0, 0.0]
    assert kept[0].case.pictures == first.pictures < (pictures.splits == TRAIN).sum()
    depth_comparer.start(asked)
    assert len(engine.submitted) == 1


@pytest.mark.slow
def test_a_try_that_was_stopped_teaches_nothing_and_can_be_repeated(pictures, engine):
    asked = depth_comparer.priced(pictures, CONFIGS)
    depth_comparer.start(asked)
    depth_comparer.stop(asked.key)
    assert work.do("compare_depths", asked.key) == 0
    assert not depth_comparer.is_working(asked.key) and depth_comparer.found(asked.key) is None
    assert own() == []
    depth_comparer.start(asked)
    assert depth_comparer.is_working(asked.key)


def test_too_few_validation_pictures_tell_nothing(dataset_id, pictures):
    assert not depth_comparer.is_possible(manifest.load(dataset_id))
    assert depth_comparer.is_possible(pictures)


def test_a_data_set_that_is_not_there_is_refused(pictures, engine):
    asked = replace(depth_comparer.priced(pictures, CONFIGS), dataset_id="0" * 24)
    with pytest.raises(UserError):
        depth_comparer.start(asked)
    assert engine.submitted == []


@pytest.mark.slow
def test_a_real_try_trains_both_depths_and_ends_alike_each_time(pictures, engine):
    asked = depth_comparer.priced(pictures, tuple(c.but(epochs=1) for c in CONFIGS))
    depth_comparer.start(asked)
    assert work.do("compare_depths", asked.key) == 0
    engine.kill(asked.key)
    first = depth_comparer.found(asked.key)
    assert first and [each.stages for each in first] == [1, 2]
    again = replace(asked, key=ids.new())
    depth_comparer.start(again)
    assert work.do("compare_depths", again.key) == 0
    engine.kill(again.key)
    assert depth_comparer.found(again.key) == first
    assert all(each.judged == (pictures.splits == VALIDATION).sum() for each in first)
