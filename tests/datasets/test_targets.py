import numpy as np
import pytest

from tl_core.datasets import targets


@pytest.fixture
def prices() -> np.ndarray:
    return np.exp(np.random.default_rng(0).normal(12, 1, 400))


def test_prices_suggest_the_logarithm(prices):
    found = targets.spread(prices)
    assert found.skewness > targets.SKEWED
    assert found.suggests_log
    assert found.lowest < found.middle < found.highest


@pytest.mark.parametrize(
    ("change", "is_skewed"),
    [(lambda p: np.log(p), False), (lambda p: p - p.min(), True), (lambda p: -p, True)],
)
def test_numbers_that_are_even_or_reach_zero_do_not(prices, change, is_skewed):
    found = targets.spread(change(prices))
    assert not found.suggests_log
    assert found.is_skewed == is_skewed


def test_numbers_that_never_vary_have_no_skew():
    assert targets.spread(np.full(5, 3.0)).skewness == 0
    counts, edges = targets.histogram(np.full(5, 3.0))
    assert counts.sum() == 5 and len(edges) == len(counts) + 1


def test_every_number_is_in_one_bar_and_there_are_not_too_many(prices):
    counts, _ = targets.histogram(np.concatenate([prices, [1e12]]))
    assert counts.sum() == 401 and len(counts) <= targets.MOST_BARS


@pytest.mark.parametrize(
    ("values", "each"),
    [
        (np.array([1, 2, 2, 3, 3, 3, 5]), 1),
        (np.array([7, 7, 7]), 1),
        (np.arange(1900, 2026).repeat(3), None),
        (np.array([0, 10_000_000]), None),
    ],
    ids=["few", "one", "years", "far apart"],
)
def test_bars_of_whole_numbers_stand_over_whole_numbers(values, each):
    counts, edges = targets.histogram(values.astype(float))
    widths = np.diff(edges)
    assert counts.sum() == len(values) and len(counts) <= targets.MOST_BARS
    assert np.allclose(edges % 1, 0.5) and np.allclose(widths, widths[0])
    assert each is None or widths[0] == each
    assert not targets.are_whole(values + 0.5)
