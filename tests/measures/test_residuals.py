"""How widely answers are off, for low and high ones."""

import itertools

import numpy as np
import pytest

from tl_core.measures import residuals


def test_a_spread_that_grows_with_the_answer_is_seen_in_its_own_range():
    random = np.random.default_rng(0)
    said = random.permutation(np.linspace(1, 100, 400))
    off = random.normal(size=400) * said / 10
    ranges = residuals.by_answer(said, off)
    assert len(ranges) == residuals.MOST_RANGES and sum(one.count for one in ranges) == 400
    assert ranges[-1].high - ranges[-1].low > 4 * (ranges[0].high - ranges[0].low)
    assert all(one.last < other.first for one, other in itertools.pairwise(ranges))
    first = off[said <= ranges[0].last]
    assert (ranges[0].low, ranges[0].high) == pytest.approx(np.quantile(first, [0.1, 0.9]))


def test_answers_that_are_all_too_high_lie_above_the_line():
    said = np.linspace(0, 1, 60)
    assert all(one.middle == 2 for one in residuals.by_answer(said, np.full(60, 2.0)))


@pytest.mark.parametrize("count", [0, 1, 2 * residuals.PICTURES_EACH - 1])
def test_few_pictures_tell_nothing_of_a_spread(count):
    assert residuals.by_answer(np.arange(count, dtype=float), np.ones(count)) == ()


def test_answers_that_are_no_numbers_have_no_spread():
    assert residuals.by_answer(np.full(90, np.nan), np.ones(90)) == ()
