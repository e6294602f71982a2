"""The scores of transferability against their definitions, worked out another way."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import multivariate_normal
from sklearn.covariance import LedoitWolf

from tl_core.measures import transferability as scores


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(3)


def features_of(random, labels, apart, width=12):
    centres = random.normal(size=(labels.max() + 1, width)) * apart
    return centres[labels] + random.normal(size=(len(labels), width))


@pytest.fixture
def labels() -> np.ndarray:
    return np.repeat(np.arange(3), [20, 14, 10])


@pytest.mark.parametrize("width", [6, 90], ids=["fewer features than examples", "more features"])
def test_log_me_is_the_greatest_likelihood_of_a_gaussian_process(random, labels, width):
    features = features_of(random, labels, 0.8, width)
    target = (labels == 1).astype(float)

    def less_likely(logs):
        weights, noise = np.exp(-logs)  # variances
        spread = weights * features @ features.T + noise * np.eye(len(target))
        return -multivariate_normal.logpdf(target, cov=spread) / len(target)

    best = min(
        minimize(
            less_likely, start, method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-9}
        ).fun
        for start in ([0.0, 0.0], [3.0, 2.0])
    )
    assert scores.log_me(features, target[:, None]) == pytest.approx(-best, abs=1e-5)


def test_log_me_averages_over_targets_and_leaves_out_what_does_not_vary(random, labels):
    features = features_of(random, labels, 1.0)
    table = np.eye(3)[labels]
    each = [scores.log_me(features, table[:, [k]]) for k in range(3)]
    padded = np.column_stack([table, np.zeros(len(labels))])
    assert scores.log_me(features, padded) == pytest.approx(np.mean(each))
    with pytest.raises(ValueError, match="varies"):
        scores.log_me(features, np.ones((len(labels), 2)))


def test_the_h_score_is_what_scikit_learns_shrunk_covariance_gives(random, labels):
    features = features_of(random, labels, 1.0, 60)
    centred = features - features.mean(axis=0)
    shrunk = LedoitWolf().fit(centred)
    means = np.stack([centred[labels == k].mean(axis=0) for k in range(3)])
    between = (means.T * (np.bincount(labels) / len(labels))) @ means
    expected = np.trace(np.linalg.inv(shrunk.covariance_) @ between) * (1 - shrunk.shrinkage_)
    assert scores.h_score(features, labels) == pytest.approx(expected, rel=1e-6)
    assert 0 < expected < 2  # classes less one


def test_trans_rate_is_the_difference_of_volumes_of_features(random, labels):
    features = features_of(random, labels, 1.0, 5)
    centred = features - features.mean(axis=0)
    centred /= np.sqrt(np.mean(np.sum(centred**2, axis=1)))

    def rate(rows):
        volume = np.linalg.det(np.eye(5) + rows.T @ rows / (len(rows) * 0.1))
        return np.log(volume) / 2

    classes = [centred[labels == k] for k in range(3)]
    expected = rate(centred) - sum(len(rows) / len(labels) * rate(rows) for rows in classes)
    assert scores.trans_rate(features, labels, 0.1) == pytest.approx(expected)
    assert scores.trans_rate(1000 * features, labels, 0.1) == pytest.approx(expected)


def test_leep_is_what_the_paper_defines_worked_out_by_hand():
    told = np.array([[0.8, 0.2], [0.6, 0.4], [0.1, 0.9]])
    labels = np.array([0, 0, 1])
    # P(y=0, z) = (1.4, 0.6) / 3 and P(y=1, z) = (0.1, 0.9) / 3, so P(y=0 | z) = 1.4/1.5 and 0.6/1.5.
    first = 0.8 * 1.4 / 1.5 + 0.2 * 0.6 / 1.5
    second = 0.6 * 1.4 / 1.5 + 0.4 * 0.6 / 1.5
    third = 0.1 * 0.1 / 1.5 + 0.9 * 0.9 / 1.5
    assert scores.leep(told, labels) == pytest.approx(np.log([first, second, third]).mean())
    certain = np.eye(2)[labels]
    assert scores.leep(certain, labels) == pytest.approx(0)


def test_every_score_is_higher_for_true_classes_than_for_shuffled_ones(random, labels):
    features = features_of(random, labels, 2.0)
    shuffled = random.permutation(labels)
    for told in (scores.h_score, scores.trans_rate):
        assert told(features, labels) > told(features, shuffled)
    true, other = (scores.log_me(features, np.eye(3)[which]) for which in (labels, shuffled))
    assert true > other


def test_features_that_do_not_vary_tell_nothing_and_break_nothing(labels):
    flat = np.ones((len(labels), 7), np.float32)
    assert scores.h_score(flat, labels) == 0
    assert scores.trans_rate(flat, labels) == 0
    assert np.isfinite(scores.log_me(flat, np.eye(3)[labels]))
    assert np.isfinite(scores.log_me(0 * flat, np.eye(3)[labels]))


def test_two_examples_of_a_class_are_enough_for_a_finite_score(random):
    labels = np.array([0, 0, 1, 1])
    features = random.normal(size=(4, 30))
    for told in (scores.h_score, scores.trans_rate):
        assert np.isfinite(told(features, labels))
    assert np.isfinite(scores.log_me(features, np.eye(2)[labels]))
