"""Do 95 % intervals hold the truth 95 times in a hundred, also where pictures come in groups?

Seeded simulations: a model with a known share of right answers (or a known error) judges many test
sets, in which pictures of one group are alike to a degree from not at all to entirely.
"""

from statistics import NormalDist

import numpy as np
import pytest

from tl_core.measures import intervals, metrics, repeated_share

LIKENESS = (0.0, 0.3, 0.7, 1.0)
LAYOUTS = {
    "each on its own": lambda random: np.ones(random.integers(12, 150), int),
    "bursts of ten": lambda random: np.full(random.integers(10, 40), 10),
    "bursts of one to twenty": lambda random: random.integers(1, 20, random.integers(12, 50)),
    "a few copies": lambda random: np.where(
        random.random(random.integers(20, 120)) < 0.15, random.integers(2, 8), 1
    ),
}


def judged(random, sizes, share, likeness):
    """Return bool: answers that are right in this share of all pictures there could be."""
    if likeness == 0:
        chance = np.full(len(sizes), share)
    elif likeness == 1:
        chance = (random.random(len(sizes)) < share).astype(float)
    else:
        strength = (1 - likeness) / likeness
        chance = random.beta(share * strength, (1 - share) * strength, len(sizes))
    return random.random(sizes.sum()) < np.repeat(chance, sizes)


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_interval_of_a_share_holds_the_truth_95_times_in_a_hundred(layout):
    random = np.random.default_rng(7)
    held, naive, runs = 0, 0, 2400
    for run in range(runs):
        sizes, share = LAYOUTS[layout](random), random.uniform(0.55, 0.97)
        right = judged(random, sizes, share, LIKENESS[run % len(LIKENESS)])
        groups = np.repeat(np.arange(len(sizes)), sizes)
        told = intervals.share(right, groups).interval
        plain = intervals.wilson(int(right.sum()), len(right))
        held += told.low <= share <= told.high
        naive += plain.low <= share <= plain.high
    assert 0.93 <= held / runs <= 0.97
    if "bursts" in layout:  # what is told without a look at groups
        assert naive / runs < 0.75


def judged_by_several(random, sizes, share, likeness, repeats, apart):
    """Return bool (repeats, pictures): models that learnt from other pictures, each right so often in the mean."""
    own, count = random.uniform(0.3, 0.9), sizes.sum()
    of_pictures = np.sqrt(likeness) * np.repeat(random.normal(size=len(sizes)), sizes)
    of_pictures += np.sqrt(1 - likeness) * random.normal(size=count)
    luck = np.sqrt(1 - own) * random.normal(size=(repeats, count))
    skill = apart * random.normal(size=(repeats, 1))
    latent = skill + np.sqrt(own) * of_pictures + luck
    return latent < np.sqrt(1 + apart**2) * NormalDist().inv_cdf(share)


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("repeats", [3, 5, 10])
def test_the_interval_of_a_share_over_repeats_holds_the_truth_95_times_in_a_hundred(
    layout, repeats
):
    random = np.random.default_rng(13)
    held, of_groups, runs = 0, 0.0, 1200
    for run in range(runs):
        sizes, share = LAYOUTS[layout](random), random.uniform(0.55, 0.97)
        likeness, apart = LIKENESS[run % len(LIKENESS)], (0.0, 0.15, 0.4)[run % 3]
        right = judged_by_several(random, sizes, share, likeness, repeats, apart)
        groups = np.repeat(np.arange(len(sizes)), sizes)
        told = repeated_share.interval(right, groups)
        held += told.low <= share <= told.high
        plain = intervals.wilson(float(right.mean()) * len(sizes), len(sizes))
        of_groups += (told.high - told.low) / (plain.high - plain.low)
    assert 0.93 <= held / runs <= 0.97
    if layout == "bursts of ten" and repeats == 10:  # what the number of groups alone would tell
        assert of_groups / runs < 0.7


def test_a_share_of_one_repeat_has_the_interval_of_any_other():
    random = np.random.default_rng(1)
    sizes = random.integers(1, 9, 20)
    groups, right = np.repeat(np.arange(20), sizes), random.random((1, sizes.sum())) < 0.8
    assert repeated_share.interval(right, groups) == intervals.share(right[0], groups).interval


def test_repeats_that_are_all_right_do_not_look_certain():
    told = repeated_share.interval(np.ones((5, 30), bool), np.repeat(np.arange(3), 10))
    assert told == intervals.wilson(3, 3)


def missed(random, sizes, likeness):
    """Return errors of a model, float (pictures,); their mean size is √(2/π)."""
    shared = np.repeat(random.normal(size=len(sizes)), sizes)
    own = random.normal(size=sizes.sum())
    return np.sqrt(likeness) * shared + np.sqrt(1 - likeness) * own


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_interval_of_an_error_holds_the_truth_95_times_in_a_hundred(layout):
    random = np.random.default_rng(11)
    held, runs = 0, 400
    for run in range(runs):
        sizes = LAYOUTS[layout](random)
        errors = np.abs(missed(random, sizes, LIKENESS[run % len(LIKENESS)]))
        groups = np.repeat(np.arange(len(sizes)), sizes)
        told = intervals.bootstrap_mean(errors, groups, draws=400, seed=run)
        held += told.low <= np.sqrt(2 / np.pi) <= told.high
    assert 0.93 <= held / runs <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("count", [8, 12, 30])
def test_intervals_of_errors_hold_the_truth_with_few_groups(count):
    random = np.random.default_rng(5)
    held, runs = {"mae": 0, "rmse": 0}, 400
    for run in range(runs):
        sizes = random.integers(1, 9, count)
        errors = missed(random, sizes, LIKENESS[run % len(LIKENESS)])
        groups = np.repeat(np.arange(count), sizes)
        mean = intervals.bootstrap_mean(np.abs(errors), groups, draws=400, seed=run)
        root = intervals.root_mean_square(errors, groups)
        held["mae"] += mean.low <= np.sqrt(2 / np.pi) <= mean.high
        held["rmse"] += root.low <= 1 <= root.high
    for name, times in held.items():
        # Of few groups an interval of squares is rather too wide than too narrow.
        assert 0.91 <= times / runs <= 0.99, (name, times / runs)


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_interval_of_r2_holds_the_truth_95_times_in_a_hundred(layout):
    random = np.random.default_rng(3)
    held, runs = 0, 2000
    for run in range(runs):
        sizes, unexplained = LAYOUTS[layout](random), random.uniform(0.1, 0.8)
        likeness = LIKENESS[run % len(LIKENESS)]
        truth = missed(random, sizes, likeness)
        answers = truth + np.sqrt(unexplained) * missed(random, sizes, likeness)
        groups = np.repeat(np.arange(len(sizes)), sizes)
        told = intervals.determination(truth, answers, groups)
        held += told.low <= 1 - unexplained <= told.high
    assert 0.93 <= held / runs <= 0.98


def test_pictures_on_their_own_have_the_plain_interval():
    right = np.array([True] * 8 + [False] * 2)
    for groups in (None, np.arange(10)):
        told = intervals.share(right, groups)
        assert told.interval == intervals.wilson(8, 10)
        assert (told.groups, told.largest, told.effective) == (10, 1, 10)


def test_copies_that_are_always_judged_alike_count_once():
    right = np.array([True, True, False, True, True])
    told = intervals.share(np.repeat(right, 10), np.repeat(np.arange(5), 10))
    assert told.effective == pytest.approx(5)
    assert told.interval.low == pytest.approx(intervals.wilson(4, 5).low, abs=1e-6)


def test_one_burst_tells_as_much_as_one_picture():
    told = intervals.share(np.ones(30, bool), np.zeros(30))
    assert told.effective == pytest.approx(1) and told.interval.low < 0.3
    errors = np.arange(5.0)
    told = intervals.bootstrap_mean(errors, np.zeros(5))
    assert (told.low, told.high) == (0, 4)
    assert intervals.determination(errors, errors + np.array([1, -1, 0, 1, 0]), np.zeros(5)) is None


def test_no_answers_know_nothing():
    told = intervals.share(np.zeros(0, bool), np.zeros(0))
    assert (told.interval.low, told.interval.high) == (0, 1)


def test_summaries_tell_what_their_interval_rests_on():
    random = np.random.default_rng(0)
    truth = np.repeat(random.integers(0, 2, 12), 10)
    groups = np.repeat(np.arange(12), 10)
    wrong = np.repeat(random.random(12) < 0.3, 10)
    answers = np.eye(2)[np.where(wrong, 1 - truth, truth)]
    told = metrics.summary(truth, answers, ("a", "b"), groups=groups)
    assert told["groups"] == {"count": 12, "largest": 10, "effective": pytest.approx(12)}
    alone = metrics.summary(truth, answers, ("a", "b"))
    assert "groups" not in alone
    assert told["accuracy_high"] - told["accuracy_low"] > 2.5 * (
        alone["accuracy_high"] - alone["accuracy_low"]
    )
    numbers = metrics.regression_summary(
        truth[:, None] * 1.0, answers[:, 1:], ("size",), groups=groups
    )
    assert numbers["groups"] == {"count": 12, "largest": 10}
