"""Curves of a ranking are scikit-learn's, and the intervals of their areas hold the truth."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from sklearn import metrics

from tl_core.measures import ranking_curves
from tl_core.measures.ranking_curves import ranking


def ranked(positives: int, others: int, apart: float, seed: int, decimals: int = 12):
    random = np.random.default_rng(seed)
    shows = np.arange(positives + others) < positives
    return shows, np.round(random.normal(apart * shows), decimals)


@pytest.mark.parametrize("decimals", [12, 1], ids=["all apart", "many alike"])
def test_the_curves_and_their_areas_are_those_of_scikit_learn(decimals):
    shows, scores = ranked(30, 90, 1.0, 0, decimals)
    ours = ranking(shows, scores)
    alarms, found, _ = metrics.roc_curve(shows, scores, drop_intermediate=False)
    np.testing.assert_allclose(ours.roc(), np.stack([alarms, found], axis=1))
    precision, recall, levels = metrics.precision_recall_curve(shows, scores)
    theirs = np.stack([recall, precision], axis=1)[:-1][::-1]
    np.testing.assert_allclose(ours.precision_recall()[1:], theirs)
    np.testing.assert_allclose(ours.thresholds, levels[::-1])
    assert ours.auroc().value == pytest.approx(metrics.roc_auc_score(shows, scores))
    average = metrics.average_precision_score(shows, scores)
    assert ours.average_precision().value == pytest.approx(average)


def test_alike_probabilities_are_one_point_whatever_their_order():
    shows = np.array([True, False, True, False])
    for order in ([0, 1, 2, 3], [1, 0, 3, 2]):
        alike = ranking(shows[order], np.full(4, 0.5))
        assert alike.roc().tolist() == [[0, 0], [1, 1]]
        assert alike.auroc().value == 0.5
        assert alike.average_precision().value == 0.5


def test_a_threshold_lies_where_the_class_is_given_from_it_on():
    shows = np.array([True, False, True, False])
    each = ranking(shows, np.array([0.9, 0.6, 0.6, 0.1]))
    assert each.at(0.95) == 0
    assert each.at(0.6) == 2
    assert each.roc()[each.at(0.6)].tolist() == [0.5, 1.0]
    assert each.precision_recall()[each.at(0.7)].tolist() == [0.5, 1.0]


def test_answers_that_are_no_numbers_rank_last():
    each = ranking(np.array([True, False]), np.array([-np.inf, 0.2]))
    assert each.auroc().value == 0


@pytest.mark.parametrize("shows", [[True, True], [False, False], []])
def test_without_the_class_or_without_others_there_is_no_ranking(shows):
    with pytest.raises(ValueError, match="examples of the class and others"):
        ranking(np.array(shows, bool), np.zeros(len(shows)))


def test_a_thinned_curve_keeps_its_ends_and_its_shape():
    points = ranking(*ranked(5000, 5000, 1.0, 0)).roc()
    thin = ranking_curves.thinned(points)
    assert len(thin) <= ranking_curves.MOST_POINTS
    assert thin[0].tolist() == [0, 0]
    assert thin[-1].tolist() == [1, 1]
    heights = np.interp(points[:, 0], thin[:, 0], thin[:, 1])
    assert np.abs(heights - points[:, 1]).max() < 0.02
    assert ranking_curves.thinned(thin) is thin


@pytest.mark.parametrize(("apart", "area"), [(9.0, 1.0), (-9.0, 0.0)])
def test_a_perfect_ranking_of_few_pictures_keeps_a_wide_interval(apart, area):
    told = ranking(*ranked(5, 15, apart, 0)).auroc()
    assert told.value == area
    assert 0.1 < told.interval.high - told.interval.low < 0.5
    assert told.interval.low <= area <= told.interval.high


def test_the_interval_of_a_perfect_average_precision_knows_how_few_pictures_there_were():
    few, many = (
        ranking(*ranked(count, 3 * count, 99.0, 0)).average_precision() for count in (5, 50)
    )
    assert few.value == many.value == 1
    assert few.interval.low < 0.6 < 0.9 < many.interval.low


@pytest.mark.slow
@pytest.mark.parametrize("apart", [0.5, 2.0])
def test_the_intervals_hold_the_truth_about_as_often_as_they_say(apart):
    whole = ranking(*ranked(40_000, 120_000, apart, 1))
    true = whole.auroc().value, whole.average_precision().value
    held = []
    for seed in range(300):
        each = ranking(*ranked(12, 36, apart, 100 + seed))
        areas = each.auroc(), each.average_precision()
        held.append(
            [a.interval.low <= t <= a.interval.high for a, t in zip(areas, true, strict=True)]
        )
    area, precision = np.mean(held, axis=0)
    assert 0.92 <= area <= 0.99
    assert precision >= 0.94  # rather too wide: pictures of other classes vary less


def in_bursts(seed, each, alike):
    """Return examples in groups of `each`, of the class or of others, whose scores have so much in common."""
    random = np.random.default_rng(seed)
    shows = np.repeat(random.random(30) < 0.4, each)
    if shows.all() or not shows.any():
        shows[:each] = ~shows[:each]
    common = np.repeat(random.normal(size=30), each)
    own = random.normal(size=30 * each)
    scores = math.sqrt(alike) * common + math.sqrt(1 - alike) * own + shows
    return shows, scores, np.repeat(np.arange(30), each)


@pytest.mark.slow
@pytest.mark.parametrize("alike", [0.0, 0.5, 1.0])
def test_areas_of_pictures_that_belong_together_hold_the_truth(alike):
    truth = NormalDist().cdf(1 / math.sqrt(2))
    held, narrow = [], []
    for seed in range(300):
        shows, scores, groups = in_bursts(seed, 6, alike)
        told, alone = ranking(shows, scores, groups).auroc(), ranking(shows, scores).auroc()
        held.append(told.interval.low <= truth <= told.interval.high)
        narrow.append(alone.interval.low <= truth <= alone.interval.high)
    assert np.mean(held) >= 0.92
    if alike:
        assert np.mean(narrow) < np.mean(held) - 0.05, "as if each were on its own"


def test_a_faultless_ranking_of_groups_tells_no_more_than_as_many_examples():
    shows = np.repeat([True, False], 20)
    scores, groups = shows.astype(float), np.repeat(np.arange(8), 5)
    told = ranking(shows, scores, groups).auroc()
    four = ranking(shows[::5], scores[::5]).auroc()
    assert (told.value, told.interval) == (1.0, four.interval)


def test_groups_of_one_change_nothing():
    shows, scores = ranked(12, 36, 1.0, 0)
    assert ranking(shows, scores, np.arange(48)).worth == ranking(shows, scores).worth
