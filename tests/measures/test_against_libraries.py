"""Our measures are those of scikit-learn and SciPy wherever these have an answer to give."""

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as reference

from tl_core.measures import intervals, labels, metrics

CLASSES = tuple("abcde")


@pytest.fixture(scope="module", params=[np.float32, np.float64], ids=["float32", "float64"])
def judged(request):
    """Return truth int (300,) and probabilities (300, 5) of a model that is often right."""
    random = np.random.default_rng(0)
    truth = random.permutation(np.repeat(np.arange(5), (150, 80, 40, 25, 5)))
    scores = random.normal(size=(300, 5)) + 2 * np.eye(5)[truth]
    told = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return truth, told.astype(request.param)


def test_a_classifier_is_judged_as_scikit_learn_does(judged):
    truth, told = judged
    answers = told.argmax(axis=1)
    found = metrics.summary(truth, told, CLASSES)
    every = range(len(CLASSES))
    assert np.array_equal(
        metrics.confusion_of(found), reference.confusion_matrix(truth, answers, labels=every)
    )
    precision, recall, f1, support = reference.precision_recall_fscore_support(
        truth, answers, labels=every
    )
    rows = found["per_class"]
    assert [row["precision"] for row in rows] == pytest.approx(precision.tolist())
    assert [row["recall"] for row in rows] == pytest.approx(recall.tolist())
    assert [row["f1"] for row in rows] == pytest.approx(f1.tolist())
    assert [row["support"] for row in rows] == support.tolist()
    assert found["accuracy"] == pytest.approx(reference.accuracy_score(truth, answers))
    assert found["macro_f1"] == pytest.approx(np.mean(f1))
    assert found["balanced_accuracy"] == pytest.approx(
        reference.balanced_accuracy_score(truth, answers)
    )
    for k in (2, 3):
        assert found["top_k"][str(k)] == reference.top_k_accuracy_score(
            truth, told, k=k, labels=every
        )
    assert found["log_loss"] == pytest.approx(reference.log_loss(truth, told, labels=every))
    assert found["brier"] == pytest.approx(
        reference.brier_score_loss(truth, told, labels=every, scale_by_half=False)
    )


def test_of_equal_probabilities_the_first_class_is_the_answer_however_many_count():
    told = np.full((3, 3), 1 / 3)
    truth = np.array([0, 1, 2])
    assert metrics.accuracy(truth, told) == metrics.top_k(truth, told, 1) == 1 / 3
    assert metrics.top_k(truth[:2], told[:2], 2) == 1
    assert reference.top_k_accuracy_score(truth[:1], told[:1], k=1, labels=range(3)) == 0


def test_numbers_are_judged_as_scikit_learn_does():
    random = np.random.default_rng(0)
    truth = random.normal(100, 20, (200, 1))
    answers = truth + random.normal(0, 7, (200, 1))
    found = metrics.regression_summary(truth, answers, ("price",))["targets"][0]
    assert found["mae"] == pytest.approx(reference.mean_absolute_error(truth, answers))
    assert found["rmse"] == pytest.approx(reference.root_mean_squared_error(truth, answers))
    assert found["r2"] == pytest.approx(reference.r2_score(truth, answers))


def test_labels_are_judged_as_scikit_learn_does():
    random = np.random.default_rng(0)
    truth = random.random((300, 4)) < [0.6, 0.3, 0.1, 0.02]
    told = np.clip(truth * 0.3 + random.random((300, 4)) * 0.7, 0, 1)
    found = labels.summary(truth, told, "abcd")
    for name, average in (("map", "macro"), ("micro_f1", "micro"), ("macro_f1", "macro")):
        expected = (
            reference.average_precision_score(truth, told, average=average)
            if name == "map"
            else reference.f1_score(truth, told >= 0.5, average=average, zero_division=0.0)
        )
        assert found[name] == pytest.approx(expected), name
    assert found["exact"] == pytest.approx(reference.accuracy_score(truth, told >= 0.5))


@pytest.mark.parametrize(("right", "count"), [(0, 1), (3, 10), (10, 10), (81, 263), (4999, 5000)])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_the_interval_of_a_share_is_the_one_of_scipy(right, count, confidence):
    expected = stats.binomtest(right, count).proportion_ci(confidence, "wilson")
    found = intervals.wilson(right, count, confidence)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
