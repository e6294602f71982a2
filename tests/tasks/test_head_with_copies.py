"""The exact head on changed copies: those of examples that are learnt from, and no others."""

import numpy as np
import pytest

from tl_core.config import TrainConfig
from tl_core.datasets import goals, manifest
from tl_core.tasks import task
from tl_core.tasks.closed_form import fit_softmax
from tl_core.tasks.head_with_copies import HeadWithCopies

LEARNT, CHOOSING = np.arange(8), np.arange(8, 12)


@pytest.fixture
def goal(dataset_id):
    return goals.of(manifest.load(dataset_id), LEARNT, TrainConfig())


def tables(seed=0):
    random = np.random.default_rng(seed)
    return random.normal(size=(12, 5)).astype(np.float32), random.normal(size=(16, 5)).astype(
        np.float32
    )


def test_it_solves_on_examples_and_copies_together(goal):
    features, copies = tables()
    origin = np.tile(LEARNT, 2)
    found = HeadWithCopies(copies, origin)(goal, features, LEARNT, CHOOSING[:0], 0.1)
    rows = np.concatenate([features[LEARNT], copies])
    expected = fit_softmax(rows, goal.answers(np.concatenate([LEARNT, origin])), 2, (0.1,))
    assert np.allclose(found.weights, expected.weights, atol=1e-5)


def test_copies_of_what_is_not_learnt_from_change_nothing(goal):
    features, copies = tables()
    few = LEARNT[:6]
    known = np.isin(np.tile(LEARNT, 2), few)
    with_others = HeadWithCopies(copies, np.tile(LEARNT, 2))(goal, features, few, CHOOSING)
    without = HeadWithCopies(copies[known], np.tile(LEARNT, 2)[known])(
        goal, features, few, CHOOSING
    )
    assert np.array_equal(with_others.weights, without.weights)


def test_without_copies_it_is_the_exact_head(goal):
    features, copies = tables()
    none = HeadWithCopies(copies[:0], LEARNT[:0])(goal, features, LEARNT, CHOOSING)
    assert np.array_equal(none.weights, task.exact_head(goal, features, LEARNT, CHOOSING).weights)
