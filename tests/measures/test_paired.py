import numpy as np
import pytest

from tl_core.measures import paired

HELD = (0.93, 0.985)


def drawn(generator, count, first, second):
    """Return which pictures two models have right that often, half of the time by the same luck."""
    same, luck = generator.random(count) < 0.6, generator.random((2, count))
    luck[1] = np.where(same, luck[0], luck[1])
    return luck[0] < first, luck[1] < second


def test_the_exact_test_is_that_of_a_fair_coin():
    first = np.array([True] * 9 + [False] * 1 + [True] * 20)
    second = np.array([False] * 9 + [True] * 1 + [True] * 20)
    assert paired.mcnemar(first, second) == pytest.approx(2 * 11 / 2**10)
    assert paired.mcnemar(first, first) == 1.0


@pytest.mark.slow
@pytest.mark.parametrize("count", [60, 400])
@pytest.mark.parametrize(("first", "second"), [(0.8, 0.8), (0.75, 0.85), (0.5, 0.9)])
def test_the_interval_of_two_shares_holds_what_is_true(count, first, second):
    generator = np.random.default_rng(6)
    held = 0
    for _ in range(2000):
        found = paired.share_difference(*drawn(generator, count, first, second))
        held += found.low <= first - second <= found.high
    assert 0.935 <= held / 2000 <= 0.97


@pytest.mark.slow
def test_two_models_that_are_as_good_are_seldom_told_apart():
    generator = np.random.default_rng(2)
    alarms = sum(paired.mcnemar(*drawn(generator, 120, 0.8, 0.8)) < 0.05 for _ in range(600))
    assert alarms / 600 <= 0.055


@pytest.mark.slow
@pytest.mark.parametrize("groups", [12, 60])
def test_the_interval_of_a_mean_holds_what_is_true_where_pictures_belong_together(groups):
    generator = np.random.default_rng(3)
    held = 0
    for _ in range(400):
        sizes = generator.integers(1, 9, groups)
        of = np.repeat(np.arange(groups), sizes)
        apart = 0.3 + generator.normal(0, 1, groups)[of] + generator.normal(0, 1, len(of))
        found = paired.mean_difference(apart, of)
        held += found.low <= 0.3 <= found.high
    assert HELD[0] <= held / 400 <= HELD[1]


def test_whichever_model_is_called_the_first_the_same_is_found():
    apart = np.random.default_rng(4).exponential(1, 40)
    found, turned = paired.mean_difference(apart), paired.mean_difference(-apart)
    assert (found.low, found.high) == pytest.approx((-turned.high, -turned.low))


def test_one_group_tells_nothing():
    assert paired.mean_difference(np.ones(5), np.zeros(5)) is None


@pytest.mark.slow
@pytest.mark.parametrize(("luck", "repeats", "pictures"), [(0.05, 10, 120), (0.0, 10, 60)])
def test_the_interval_over_repeats_holds_what_is_true_of_other_draws_and_other_pictures(
    luck, repeats, pictures
):
    generator, held, width = np.random.default_rng(8), 0, 0.0
    for _ in range(400):
        of_draw = generator.normal(0, luck, (repeats, 1))
        of_picture = generator.normal(0, 0.4, pictures)
        apart = 0.1 + of_draw + of_picture + generator.normal(0, 0.4, (repeats, pictures))
        found = paired.repeated_difference(apart)
        held += found.low <= 0.1 <= found.high
        width += found.high - found.low
    assert 0.935 <= held / 400 <= 0.985
    assert width / 400 < 0.3


def test_repeats_that_all_tell_the_same_prove_no_more_than_their_pictures():
    apart = np.random.default_rng(9).choice([-1.0, 0.0, 1.0], 40, p=[0.1, 0.6, 0.3])
    once, often = (paired.repeated_difference(np.tile(apart, (k, 1))) for k in (1, 50))
    assert often.high - often.low == pytest.approx(once.high - once.low, rel=0.02)


def test_equal_answers_do_not_prove_that_there_is_no_difference():
    found = paired.repeated_difference(np.zeros((5, 30)))
    assert found.low < 0 < found.high
    assert paired.repeated_difference(np.zeros((5, 30)), np.zeros(30)) is None
