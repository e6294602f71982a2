"""The maximum mean discrepancy against its definition, and its p-value against what chance does."""

from itertools import combinations

import numpy as np
import pytest

from tl_core.measures import discrepancy


def by_definition(own, others):
    """Return the unbiased estimate, pair by pair, as equation 3 of Gretton et al. 2012 writes it."""
    both = np.concatenate([own, others])
    lengths = [
        np.linalg.norm(both[i] - both[j]) for i in range(len(both)) for j in range(i + 1, len(both))
    ]
    width = np.median(np.square(lengths)) ** 0.5

    def kernel(x, y):
        return np.exp(-np.sum((x - y) ** 2) / (2 * width**2))

    def within(rows):
        count = len(rows)
        pairs = [(i, j) for i in range(count) for j in range(count) if i != j]
        return sum(kernel(rows[i], rows[j]) for i, j in pairs) / (count * (count - 1))

    across = np.mean([[kernel(x, y) for y in others] for x in own])
    return within(own) + within(others) - 2 * across, width


def test_it_is_what_its_definition_says():
    random = np.random.default_rng(1)
    own, others = random.normal(size=(7, 3)), random.normal(0.5, 2, size=(11, 3))
    found = discrepancy.mmd(own, others, draws=19)
    squared, width = by_definition(own, others)
    assert found.squared == pytest.approx(squared, rel=1e-9)
    assert found.bandwidth == pytest.approx(width, rel=1e-9) and found.draws == 19


def test_a_spread_that_no_straight_line_tells_is_seen():
    random = np.random.default_rng(2)
    found = discrepancy.mmd(random.normal(size=(80, 4)), random.normal(0, 2, size=(80, 4)))
    assert found.chance == pytest.approx(1 / 1000) and found.squared > 0.02


def test_by_chance_alone_the_p_value_is_small_no_more_often_than_it_says():
    found = [
        discrepancy.mmd(*np.random.default_rng(seed).normal(size=(2, 15, 5)), draws=99, seed=seed)
        for seed in range(200)
    ]
    assert np.mean([each.chance <= 0.1 for each in found]) == pytest.approx(0.1, abs=0.06)


def test_over_all_ways_to_divide_the_same_rows_it_is_nothing_in_the_mean():
    """That is what makes it unbiased; the plain estimate would lie above."""
    rows = np.random.default_rng(4).normal(size=(8, 3))
    ways = [np.isin(np.arange(8), chosen) for chosen in combinations(range(8), 3)]
    found = [discrepancy.mmd(rows[way], rows[~way], draws=1).squared for way in ways]
    assert len(found) == 56 and np.mean(found) == pytest.approx(0, abs=1e-12)
    assert np.std(found) > 0.01


def test_equal_samples_and_copies_only_are_not_apart():
    same = np.random.default_rng(3).normal(size=(20, 4))
    found = discrepancy.mmd(same, same)
    assert found.squared < 0 and found.chance > 0.5
    copies = discrepancy.mmd(np.ones((5, 2)), np.ones((6, 2)), draws=9)
    assert copies.squared == pytest.approx(0) and copies.chance == 1


def test_one_row_is_no_sample():
    with pytest.raises(ValueError, match="two rows"):
        discrepancy.mmd(np.ones((1, 2)), np.ones((5, 2)))
