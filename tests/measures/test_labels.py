"""Numbers about several labels a picture."""

import tracemalloc

import numpy as np
import pytest

from tl_core.measures import intervals, labels
from tl_core.measures.average_precision import average_precision, moves, without_each


def test_average_precision_is_the_mean_precision_at_every_true_picture():
    truth = np.array([True, False, True, False])
    scores = np.array([0.9, 0.8, 0.7, 0.1])
    assert average_precision(truth, scores) == pytest.approx((1 / 1 + 2 / 3) / 2)
    assert average_precision(truth & False, scores) is None


def test_what_each_picture_moves_is_what_counting_it_more_would_change():
    random = np.random.default_rng(4)
    truth, scores = random.random(30) < 0.4, random.permutation(30)
    moved, order = moves(truth, scores), np.argsort(-scores)

    def counted(weights):
        hits = (weights * truth)[order]
        return (hits * np.cumsum(hits) / np.cumsum(weights[order])).sum() / hits.sum()

    assert moved.sum() == pytest.approx(0)
    assert counted(np.ones(30)) == pytest.approx(average_precision(truth, scores))
    for row in range(30):
        more = np.ones(30)
        more[row] += 1e-6
        change = (counted(more) - counted(np.ones(30))) / 1e-6
        assert change == pytest.approx(moved[row], abs=1e-5)


def test_without_a_group_the_average_precision_is_that_of_the_others(monkeypatch):
    random = np.random.default_rng(5)
    truth, scores, place = random.random(40) < 0.4, random.random(40), np.arange(40) // 3
    told = without_each(truth, scores, place)
    monkeypatch.setattr("tl_core.measures.average_precision.AT_ONCE", 100)
    assert (without_each(truth, scores, place) == told).all()
    for group in (0, 5, 13):
        stays = place != group
        assert told[group] == pytest.approx(average_precision(truth[stays], scores[stays]))


def test_no_order_among_equal_scores_flatters():
    truth = np.array([True, False, False, True])
    assert average_precision(truth, np.full(4, 0.5)) == pytest.approx((1 / 3 + 2 / 4) / 2)


def test_each_threshold_is_the_one_with_the_highest_f1():
    random = np.random.default_rng(0)
    truth = random.random((80, 3)) < [0.5, 0.2, 0.05]
    truth[:, 2] = False  # a label that validation does not know
    told = np.clip(0.3 * truth + random.random((80, 3)) * 0.6, 0, 1)
    chosen = labels.thresholds(truth, told)
    assert chosen[2] == 0.5
    for label in (0, 1):
        true = truth[:, label]
        reached = [
            2 * (true & (told[:, label] >= level)).sum()
            / ((told[:, label] >= level).sum() + true.sum())
            for level in (chosen[label], *np.linspace(0, 1, 101))
        ]  # fmt: skip
        assert reached[0] == pytest.approx(max(reached))


def test_thresholds_of_many_pictures_take_little_memory():
    random = np.random.default_rng(0)
    truth, probabilities = random.random((20_000, 2)) < 0.1, random.random((20_000, 2))
    tracemalloc.start()
    try:
        labels.thresholds(truth, probabilities)
        assert tracemalloc.get_traced_memory()[1] < 16 * 1024**2
    finally:
        tracemalloc.stop()


def test_micro_counts_every_label_given_alike_and_macro_every_label():
    truth = np.array([[1, 0], [1, 0], [1, 0], [1, 1]], bool)
    told = np.array([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.9, 0.1]])
    found = labels.summary(truth, told, ("often", "rare"))
    assert found["micro_f1"] == pytest.approx(2 * 4 / (4 + 5))
    assert found["macro_f1"] == pytest.approx((1 + 0) / 2)
    assert found["exact"] == 0.75
    assert [row["support"] for row in found["per_label"]] == [4, 1]
    often, rare = found["per_label"]
    assert rare["precision"] is None and rare["precision_low"] is None
    assert often["recall_low"] == pytest.approx(intervals.wilson(4, 4).low)
    assert rare["recall_high"] == pytest.approx(intervals.wilson(0, 1).high)


def test_intervals_hold_the_value_and_are_wider_where_pictures_belong_together():
    random = np.random.default_rng(1)
    truth = random.random((120, 3)) < 0.4
    told = np.clip(truth * 0.3 + random.random((120, 3)) * 0.7, 0, 1)
    truth, told = np.repeat(truth, 4, axis=0), np.repeat(told, 4, axis=0)
    alone = labels.summary(truth, told, "abc")
    together = labels.summary(truth, told, "abc", groups=np.repeat(np.arange(120), 4))
    for name in ("map", "micro_f1", "macro_f1"):
        assert alone[f"{name}_low"] <= alone[name] <= alone[f"{name}_high"]
        wide = together[f"{name}_high"] - together[f"{name}_low"]
        assert wide > 1.5 * (alone[f"{name}_high"] - alone[f"{name}_low"])
    assert together["groups"] == {"count": 120, "largest": 4}


def test_a_label_that_few_pictures_show_leaves_means_over_labels_without_an_interval():
    random = np.random.default_rng(3)
    truth = random.random((60, 3)) < 0.5
    truth[:, 2] = np.arange(60) < 4
    told = random.random((60, 3))
    found = labels.summary(truth, told, "abc")
    assert found["map_low"] is None and found["macro_f1_high"] is None
    assert found["micro_f1_low"] < found["micro_f1"] < found["micro_f1_high"]
    assert found["exact_low"] <= found["exact"] <= found["exact_high"]
    truth[4:6, 2] = True
    assert labels.summary(truth, told, "abc")["map_low"] is not None
    copies = labels.summary(truth, told, "abc", groups=np.maximum(np.arange(60), 3))
    assert copies["map_low"] is None, "copies count once"


def test_a_guess_gives_the_labels_that_reach_most_when_always_given():
    truth = np.array([[1, 1, 0], [1, 1, 0], [1, 0, 0], [1, 0, 1]], bool)
    assert labels.usual_labels(truth).tolist() == [True, True, False]
    found = labels.summary(truth, truth * 1.0, "abc", usual=labels.usual_labels(truth))
    assert found["baseline_labels"] == ["a", "b"]
    assert found["micro_f1_baseline"] == pytest.approx(2 * 6 / (8 + 7))
    assert found["micro_f1"] == found["map"] == 1


def test_few_pictures_that_are_all_right_leave_room_for_the_next():
    truth = np.array([[1, 0], [0, 1], [1, 1]] * 3, bool)
    told = labels.summary(truth, truth * 1.0, "ab")
    for name in ("map", "micro_f1", "macro_f1"):
        assert told[name] == told[f"{name}_high"] == 1
        assert told[f"{name}_low"] == pytest.approx(0.70, abs=0.01)  # as 9 of 9 have it
    twice = labels.summary(truth, truth * 1.0, "ab", groups=np.arange(9) // 3)
    assert twice["micro_f1_low"] < told["micro_f1_low"]


def test_without_pictures_nothing_is_claimed():
    assert labels.summary(np.zeros((0, 2), bool), np.zeros((0, 2)), "ab")["map"] is None
