"""Paired comparison: only the pictures tell on which the two disagree."""

import numpy as np
import pytest

from tl_core.training.compared import CONFIDENCE, Compared


def right(count: int, of: int = 100) -> np.ndarray:
    return np.arange(of) < count


def test_the_gain_is_the_difference_of_the_shares_and_lies_within_its_interval():
    found = Compared(right(80), right(84))
    low, high = found.interval()
    assert round(found.gain, 9) == 0.04 and low < 0.04 < high


def test_the_more_they_disagree_the_less_is_known():
    flipped = right(80)[::-1].copy()
    calm, wild = Compared(right(80), right(80)), Compared(right(80), flipped)
    assert calm.gain == wild.gain == 0
    assert np.diff(wild.interval()) > 3 * np.diff(calm.interval()) > 0


@pytest.mark.slow
@pytest.mark.parametrize("count", [20, 200])
def test_intervals_hold_as_often_as_they_should(count):
    random, held, repeats = np.random.default_rng(0), 0, 2000
    for _ in range(repeats):
        kinds = random.choice(4, count, p=[0.7, 0.12, 0.06, 0.12])
        low, high = Compared(np.isin(kinds, (0, 2)), np.isin(kinds, (0, 1))).interval()
        held += low <= 0.06 <= high
    assert abs(held / repeats - CONFIDENCE) < 0.06
