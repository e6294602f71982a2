"""Labels that are taken for a sign of one another are found, and those that chance mixes up are not."""

import numpy as np
import pytest

from tl_core.measures.label_pairs import mixed_up


def made(count=400, seed=0):
    random = np.random.default_rng(seed)
    truth = random.random((count, 4)) < 0.4
    given = truth ^ (random.random((count, 4)) < 0.08)
    return random, truth, given


def test_a_label_that_is_given_because_of_another_one_is_told_with_its_rates():
    random, truth, given = made()
    alone = truth[:, 1] & ~truth[:, 0]
    given[:, 0] |= alone & (random.random(len(truth)) < 0.4)
    first = mixed_up(truth, given)[0]
    assert (first["label"], first["beside"], first["fault"]) == (0, 1, "given")
    assert first["count"] == (given[:, 0] & alone).sum() and first["of"] == alone.sum()
    assert first["low"] < first["count"] / first["of"] < first["high"]
    neither = ~truth[:, 0] & ~truth[:, 1]
    assert first["else_count"] == (given[:, 0] & neither).sum()
    assert first["else_of"] == neither.sum()


def test_a_label_that_is_missed_without_another_one_is_told():
    random, truth, given = made()
    lonely = truth[:, 2] & ~truth[:, 3]
    given[:, 2] &= ~(lonely & (random.random(len(truth)) < 0.5))
    first = mixed_up(truth, given)[0]
    assert (first["label"], first["beside"], first["fault"]) == (2, 3, "missed")
    assert first["of"] == lonely.sum()


def test_labels_that_are_wrong_by_chance_are_seldom_said_to_be_mixed_up():
    told = [bool(mixed_up(*made(seed=seed)[1:])) for seed in range(60)]
    assert np.mean(told) <= 0.05


def test_one_burst_does_not_prove_that_labels_are_mixed_up():
    _, truth, given = made()
    given = truth.copy()
    burst = np.flatnonzero(truth[:, 1] & ~truth[:, 0])[:12]
    given[burst, 0] = True
    groups = np.arange(len(truth))
    assert mixed_up(truth, given, groups)
    groups[burst] = burst[0]
    assert mixed_up(truth, given, groups) == []


@pytest.mark.parametrize("labels", [1, 300])
def test_one_label_and_very_many_are_no_trouble(labels):
    random = np.random.default_rng(0)
    truth = random.random((60, labels)) < 0.1
    assert mixed_up(truth, truth) == []
    mixed_up(truth, ~truth)
