import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tl_core.measures import intervals, metrics

TRUTH = np.array([0, 0, 0, 1, 1, 2])
PROBABILITIES = np.array(
    [
        [0.8, 0.1, 0.1],
        [0.6, 0.3, 0.1],
        [0.2, 0.5, 0.3],
        [0.1, 0.7, 0.2],
        [0.5, 0.4, 0.1],
        [0.1, 0.1, 0.8],
    ]
)
CLASSES = ("cat", "dog", "owl")


def test_summary_counts_right_answers_and_stands_beside_the_baseline():
    told = metrics.summary(TRUTH, PROBABILITIES, CLASSES)
    assert told["accuracy"] == pytest.approx(4 / 6)
    assert told["right"] == 4
    assert told["baseline"] == pytest.approx(0.5)
    assert told["baseline_class"] == "cat"
    assert told["top_k"] == {"2": pytest.approx(5 / 6)}
    assert metrics.confusion_of(told).tolist() == [[2, 1, 0], [1, 1, 0], [0, 0, 1]]


def test_the_baseline_answers_the_commonest_class_of_training_not_of_the_test():
    told = metrics.summary(TRUTH, PROBABILITIES, CLASSES, majority=2)
    assert told["baseline"] == pytest.approx(1 / 6)
    assert told["baseline_class"] == "owl"


def test_rows_per_class_hold_precision_recall_and_f1():
    cat, dog, owl = metrics.summary(TRUTH, PROBABILITIES, CLASSES)["per_class"]
    assert (cat["precision"], cat["recall"], cat["support"]) == pytest.approx((2 / 3, 2 / 3, 3))
    assert (dog["precision"], dog["recall"], dog["f1"]) == pytest.approx((0.5, 0.5, 0.5))
    assert (owl["precision"], owl["recall"], owl["f1"]) == (1.0, 1.0, 1.0)


def test_a_class_nobody_answered_has_no_precision_and_no_f1():
    confusion = np.array([[3, 0], [2, 0]])
    assert metrics.per_class(confusion, ("a", "b"))[1] == {
        "class": "b",
        "support": 2,
        "predicted": 0,
        "right": 0,
        "precision": None,
        "recall": 0.0,
        "f1": 0.0,
    }


def test_log_loss_and_brier_match_their_definitions():
    expected = -np.mean(np.log([0.8, 0.6, 0.2, 0.7, 0.4, 0.8]))
    assert metrics.log_loss(TRUTH, PROBABILITIES) == pytest.approx(expected)
    right = np.eye(3)[TRUTH]
    brier = ((PROBABILITIES - right) ** 2).sum(axis=1).mean()
    assert metrics.brier_score(TRUTH, PROBABILITIES) == pytest.approx(brier)


def test_log_loss_stays_finite_when_the_model_is_sure_and_wrong():
    assert metrics.log_loss(np.array([1]), np.array([[1.0, 0.0]])) == pytest.approx(
        16.118, abs=1e-3
    )


def test_brier_leaves_the_probabilities_as_they_were():
    before = PROBABILITIES.copy()
    metrics.brier_score(TRUTH, PROBABILITIES)
    np.testing.assert_array_equal(before, PROBABILITIES)


def test_calibration_error_is_zero_when_confidence_tells_the_truth():
    probabilities = np.tile([0.75, 0.25], (4, 1))
    assert metrics.calibration_error(np.array([0, 0, 0, 1]), probabilities) == pytest.approx(0)
    assert metrics.calibration_error(np.array([1, 1, 1, 1]), probabilities) == pytest.approx(0.75)


def test_calibration_error_weighs_each_bin_by_its_pictures():
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.4, 0.6]])
    told = metrics.calibration_error(np.array([0, 0, 1, 1]), probabilities)
    assert told == pytest.approx((3 * abs(2 / 3 - 0.9) + abs(1 - 0.6)) / 4)


def test_summary_can_be_written_as_json_even_when_the_model_broke():
    broken = np.full((2, 2), np.nan)
    told = metrics.summary(np.array([0, 1]), broken, ("a", "b"))
    assert told["log_loss"] is None
    assert told["brier"] is None
    assert told["ece"] is None
    json.dumps(told, allow_nan=False)
    json.dumps(metrics.summary(TRUTH, PROBABILITIES, CLASSES), allow_nan=False)


def test_no_pictures_give_no_accuracy_and_an_interval_that_knows_nothing():
    told = metrics.summary(np.empty(0, int), np.empty((0, 2)), ("a", "b"))
    assert told == {"count": 0, "accuracy": None, "accuracy_low": 0.0, "accuracy_high": 1.0}


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"\(6, 2\).*received \(6, 3\)"):
        metrics.summary(TRUTH, PROBABILITIES, ("a", "b"))


def test_wilson_agrees_with_published_values():
    # Newcombe 1998, Table I, method 3.
    for successes, trials, low, high in [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ]:
        interval = intervals.wilson(successes, trials)
        assert (interval.low, interval.high) == pytest.approx((low, high), abs=6e-5)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 500), st.integers(1, 500))
def test_wilson_always_holds_the_measured_share_and_stays_a_share(successes, trials):
    successes = min(successes, trials)
    interval = intervals.wilson(successes, trials)
    assert 0 <= interval.low <= successes / trials <= interval.high <= 1


def test_wilson_refuses_more_successes_than_trials():
    with pytest.raises(ValueError, match="between 0 and 3; received 4"):
        intervals.wilson(4, 3)


def test_regression_summary_speaks_in_the_targets_own_unit():
    truth = np.array([[10.0, 1.0], [20.0, 1.0], [30.0, 1.0]])
    predicted = truth + np.array([[1.0, 0.0], [-2.0, 0.0], [3.0, 0.0]])
    price, flat = metrics.regression_summary(truth, predicted, ("price", "flat"))["targets"]
    assert price["target"] == "price"
    assert price["mae"] == pytest.approx(2.0)
    assert price["rmse"] == pytest.approx(np.sqrt(14 / 3))
    assert price["r2"] == pytest.approx(1 - 14 / 200)
    assert price["baseline_mae"] == pytest.approx(20 / 3)
    assert price["mae_low"] <= 2.0 <= price["mae_high"]
    assert flat["r2"] is None


def test_regression_that_is_not_finite_is_not_given_as_a_number():
    told = metrics.regression_summary(np.ones((2, 1)), np.full((2, 1), np.inf), ("price",))
    assert told["targets"] == [{"target": "price", "mae": None}]


def test_a_thousand_classes_make_a_small_summary_and_an_older_one_is_still_read():
    random = np.random.default_rng(0)
    truth = np.repeat(np.arange(1000), 2)
    told = metrics.summary(
        truth, random.dirichlet(np.ones(1000), 2000), tuple(map(str, range(1000)))
    )
    assert len(told["confusion_cells"]) <= 2000
    counts = metrics.confusion_of(told)
    assert counts.sum() == 2000 and (counts.sum(axis=1) == 2).all()
    assert np.array_equal(metrics.confusion_of({"confusion": counts.tolist()}), counts)


def test_the_guess_of_numbers_is_what_training_pictures_tell_not_the_test():
    truth = np.array([[10.0], [20.0], [90.0]])
    told = metrics.regression_summary(truth, truth, ("price",), guesses=np.array([50.0]))
    assert told["targets"][0]["baseline_mae"] == pytest.approx((40 + 30 + 40) / 3)


def test_the_calibration_error_of_a_perfect_model_is_its_floor():
    random = np.random.default_rng(0)
    found, floors = [], []
    for _ in range(40):
        sure = random.uniform(0.5, 1, 100)
        probabilities = np.stack([sure, 1 - sure], axis=1)
        truth = (random.random(100) > sure).astype(int)
        found.append(metrics.calibration_error(truth, probabilities))
        floors.append(metrics.calibration_floor(probabilities))
    assert np.mean(found) > 0.06  # though every confidence tells the truth
    assert np.mean(floors) == pytest.approx(np.mean(found), rel=0.1)
    assert metrics.summary(truth, probabilities, ("a", "b"))["ece_floor"] == floors[-1]


def test_the_floor_of_the_calibration_error_sinks_with_the_number_of_pictures():
    probabilities = np.tile([0.7, 0.3], (20000, 1))
    assert metrics.calibration_floor(probabilities) < 0.01
    assert metrics.calibration_floor(probabilities[:50]) > 0.03
