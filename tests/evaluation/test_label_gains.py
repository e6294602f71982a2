"""The gain of more pictures of one label: found where it is, one label at a time, and none claimed from noise."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from tl_core.config import TrainConfig
from tl_core.encoding.encode import StoppedError
from tl_core.evaluation import coach, label_gains
from tl_core.evaluation.accuracy_by_amount import Parts
from tl_core.evaluation.class_gains import Asked
from tl_core.tasks import multilabel, one_against_rest

PREVALENCE = (0.5, 0.4, 0.06)
LEARNT, JUDGED, WIDTH = 300, 900, 24


@dataclass
class Truths:
    shows: np.ndarray
    classes: tuple[str, ...] = ("often", "too", "seldom")


def asked(features, shows, should_stop=lambda: False):
    parts = Parts(np.arange(LEARNT), np.arange(0), np.arange(LEARNT, len(shows)))
    goal = multilabel.TASK.goal(Truths(shows), parts.learnt, TrainConfig(), None)  # pyright: ignore[reportArgumentType]
    rows = np.arange(len(shows))
    return Asked(
        goal, features, parts, rows, 0.01, 0.5, None, 0, lambda done: None, should_stop
    )  # fmt: skip


@pytest.fixture(scope="module")
def uneven():
    """Three labels in 24 dimensions, most pictures with several; the last is shown by few."""
    random = np.random.default_rng(3)
    shows = random.random((LEARNT + JUDGED, 3)) < PREVALENCE
    features = shows @ random.normal(size=(3, WIDTH)) + 2.5 * random.normal(
        size=(len(shows), WIDTH)
    )
    return features.astype(np.float32), shows


def test_the_label_that_few_pictures_show_gains_most(uneven):
    found = label_gains.of_labels(asked(*uneven))
    assert [gain.label for gain in coach.leaders(found)] == [2]
    first = found[0]
    assert first.learnt == uneven[1][:LEARNT, 2].sum() and first.is_sure and first.gain > 0.01
    assert {gain.label for gain in found} == {0, 1, 2}
    assert all(gain.low < gain.gain < gain.high for gain in found)


def test_pictures_that_do_not_count_for_one_label_go_on_counting_for_the_others(uneven):
    features, shows = (each[:LEARNT] for each in uneven)
    counted = np.ones_like(shows)
    counted[shows[:, 0].nonzero()[0][:40], 0] = False
    whole, less = (
        one_against_rest.fit(features, shows, (0.01,), counted=each)(features)
        for each in (None, counted)
    )
    assert np.abs(whole - less)[:, 1:].max() < 0.02 < np.abs(whole - less)[:, 0].max()


def test_labels_of_which_nothing_can_be_told_are_left_out(uneven):
    features, shows = uneven
    few = shows.copy()
    few[LEARNT + np.flatnonzero(few[LEARNT:, 2])[4:], 2] = False  # four test pictures show it
    assert {gain.label for gain in label_gains.of_labels(asked(features, few))} == {0, 1}


def test_where_features_tell_nothing_a_label_seldom_stands_out(uneven):
    _, shows = uneven
    stood_out = 0
    for seed in range(6):
        noise = np.random.default_rng(seed).normal(size=(len(shows), 6)).astype(np.float32)
        stood_out += bool(coach.leaders(label_gains.of_labels(asked(noise, shows))))
    assert stood_out <= 1


def test_what_belongs_together_is_left_away_together(uneven):
    units, random = np.arange(60) // 6, np.random.default_rng(0)
    shows = np.ones(60, bool)
    gone = label_gains._left_away(shows, units, random)
    assert 0 < len(gone) < 60 and len(gone) == 6 * len(np.unique(units[gone]))
    assert len(label_gains._left_away(shows, units * 0, random)) == 0


def test_a_wish_to_stop_is_heard(uneven):
    with pytest.raises(StoppedError):
        label_gains.of_labels(asked(*uneven, should_stop=lambda: True))


def test_a_perfect_label_leaves_room_for_the_next_picture(uneven):
    features, shows = uneven
    told = np.concatenate([features, 20.0 * shows.astype(np.float32)], axis=1)
    found = label_gains.of_labels(replace(asked(told, shows)))
    assert all(gain.high > 0 and not gain.is_sure for gain in found if gain.gain == 0)
