"""Shares of the training part: every class in its proportion, groups whole, and the work bounded."""

from dataclasses import dataclass

import numpy as np
import pytest

from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.encoding.encode import StoppedError
from tl_core.evaluation import accuracy_by_amount
from tl_core.evaluation.accuracy_by_amount import Amounts, Parts
from tl_core.tasks import classify

FEW = Amounts((0.1, 0.3, 1.0), (4, 3, 1))


@dataclass
class Truths:
    labels: np.ndarray
    classes: tuple[str, ...]


def clouds(classes=3, each=60, width=12, spread=3.0, seed=0):
    """Features of overlapping classes, and their labels."""
    random = np.random.default_rng(seed)
    labels = np.arange(classes * each) % classes
    centres = random.normal(size=(classes, width))
    features = centres[labels] + spread / 2 * random.normal(size=(len(labels), width))
    return features.astype(np.float32), labels.astype(np.int32)


def goal_of(labels, train):
    truths = Truths(labels, tuple(f"class {k}" for k in range(labels.max() + 1)))
    return classify.TASK.goal(truths, train, TrainConfig(), None)  # pyright: ignore[reportArgumentType]


def parts_of(count):
    part = np.arange(count) // 3 % 4
    return Parts(*(np.flatnonzero(np.isin(part, own)) for own in ((0, 1), (2,), (3,))))


def measure(features, labels, parts, amounts=FEW, **more):
    told = {"seed": 0, "on_progress": lambda done: None, "should_stop": lambda: False} | more
    rows = np.arange(len(labels))
    goal = goal_of(labels, parts.learnt)
    return accuracy_by_amount.measure(goal, features, parts, labels, rows, amounts, **told)


def test_every_class_has_its_share_and_never_none():
    labels = np.repeat([0, 1, 2], [100, 40, 3])
    rows = np.arange(len(labels))
    drawn = accuracy_by_amount.drawn(labels, rows, rows, 0.1, np.random.default_rng(0))
    assert np.bincount(labels[drawn]).tolist() == [10, 4, 1]
    assert (np.diff(drawn) > 0).all()


def test_what_belongs_together_is_drawn_all_or_none():
    labels, together = np.repeat([0, 1], 60), np.arange(120) // 6
    rows = np.arange(120)
    for seed in range(5):
        drawn = accuracy_by_amount.drawn(labels, together, rows, 0.3, np.random.default_rng(seed))
        _, sizes = np.unique(together[drawn], return_counts=True)
        assert set(sizes) == {6} and len(drawn) == 36


def test_only_the_training_part_is_drawn_from():
    labels, learnt = np.zeros(50, int), np.arange(10, 30)
    drawn = accuracy_by_amount.drawn(labels, np.arange(50), learnt, 0.5, np.random.default_rng(0))
    assert set(drawn) < set(learnt) and len(drawn) == 10


def test_the_error_falls_and_the_same_seed_gives_the_same():
    features, labels = clouds()
    parts, done = parts_of(len(labels)), []
    (points,), strength = measure(features, labels, parts, on_progress=done.append)
    assert [point.amount for point in points] == [9, 27, 90]
    assert [len(point.errors) for point in points] == [4, 3, 1]
    assert points[0].errors.mean() > points[-1].errors.mean() and strength > 0
    assert done == sorted(done) and done[-1] == pytest.approx(FEW.work, rel=0.1)
    (again,), _ = measure(features, labels, parts)
    assert [p.errors.tolist() for p in again] == [p.errors.tolist() for p in points]


def test_a_wish_to_stop_is_heard():
    features, labels = clouds()
    with pytest.raises(StoppedError):
        measure(features, labels, parts_of(len(labels)), should_stop=lambda: True)


def test_shares_that_come_to_the_same_pictures_are_refused_in_words():
    features, labels = clouds(classes=20, each=4)
    with pytest.raises(UserError) as caught:
        measure(features, labels, parts_of(len(labels)))
    assert caught.value.code == "too-few-to-draw" and "from, 42," in caught.value.message


def test_work_is_bounded_by_fewer_repeats_and_then_by_smaller_shares():
    plenty, less, least = (accuracy_by_amount.within(work) for work in (100.0, 2.9, 0.2))
    assert plenty.repeats == accuracy_by_amount.REPEATS and plenty.shares[-1] == 1
    assert less.shares[-1] == 1 and max(less.repeats) == accuracy_by_amount.FEWEST_REPEATS
    assert least.shares[-1] < 1 and least.work <= 0.25
