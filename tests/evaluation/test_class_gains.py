"""The gain of more pictures of one class: found where it is, and claimed of none where chance explains it."""

import numpy as np
import pytest

from tests.evaluation.test_accuracy_by_amount import goal_of
from tl_core.encoding.encode import StoppedError
from tl_core.evaluation import class_gains, coach
from tl_core.evaluation.accuracy_by_amount import Parts


@pytest.mark.parametrize("classes", [2, 3, 7, 8, 40])
def test_no_class_counts_for_another_in_the_design(classes):
    signs = class_gains.design(classes, np.random.default_rng(0))
    assert signs.shape == (class_gains.trainings(classes), classes)
    assert set(np.unique(signs)) == {-1.0, 1.0}
    assert (signs.T @ signs == len(signs) * np.eye(classes)).all()
    assert (signs.sum(axis=0) == 0).all()
    assert len(signs) >= class_gains.TRAININGS and len(signs) - 1 > classes


def test_further_pictures_bring_less_than_as_many_cost():
    assert class_gains.taken(100) == class_gains.MORE and class_gains.taken(12) == 6
    assert 0.5 < class_gains.further(100, 0.5) < 1
    assert class_gains.further(1000, 0.5) > class_gains.further(40, 0.5)


def gains(features, labels, learnt, judged, should_stop=lambda: False):
    parts, rows = Parts(learnt, learnt[:0], judged), np.arange(len(labels))
    asked = class_gains.Asked(
        goal_of(labels, learnt), features, parts, rows, 0.03, 0.5, None, 0,
        lambda done: None, should_stop,
    )  # fmt: skip
    return class_gains.of_classes(asked, labels)


@pytest.fixture(scope="module")
def uneven():
    """Four classes in 24 dimensions; of the last there are few pictures, of the others many."""
    random = np.random.default_rng(3)
    labels = np.concatenate(
        [np.repeat(np.arange(4), [120, 120, 120, 12]), np.repeat(np.arange(4), 200)]
    )
    centres = random.normal(size=(4, 24))
    features = (centres[labels] + 2.2 * random.normal(size=(len(labels), 24))).astype(np.float32)
    return features, labels.astype(np.int32), np.arange(372), np.arange(372, len(labels))


def test_the_class_with_few_pictures_gains_most_and_is_not_tied(uneven):
    found = gains(*uneven)
    assert found[0].label == 3
    assert found[0].learnt == 12 and found[0].is_sure
    assert [gain.label for gain in coach.leaders(found)] == [3]
    assert (found[0].recall_gain or 0) > found[0].gain
    assert all(gain.low < gain.gain < gain.high for gain in found)


def test_where_features_tell_nothing_a_class_seldom_stands_out(uneven):
    _, labels, learnt, judged = uneven
    stood_out = 0
    for seed in range(8):
        random = np.random.default_rng(seed)
        noise = random.normal(size=(len(labels), 8)).astype(np.float32)
        shuffled = random.permutation(np.arange(len(labels)) % 4).astype(np.int32)
        found = gains(noise, shuffled, learnt, judged)
        assert len(found) == 4
        stood_out += bool(coach.leaders(found))
    assert stood_out <= 2


def test_one_training_is_less_sure_than_the_mean_of_many(uneven):
    first = gains(*uneven)[0]
    assert first.is_sure and first.high - first.low > 0.01
    few = uneven[3][::20]
    features, labels, learnt, _ = uneven
    unsure = next(gain for gain in gains(features, labels, learnt, few) if gain.label == 3)
    assert unsure.high - unsure.low > 2 * (first.high - first.low)


def test_a_wish_to_stop_is_heard(uneven):
    with pytest.raises(StoppedError):
        gains(*uneven, should_stop=lambda: True)
