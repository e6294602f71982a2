"""The app and a file are measured on the same pictures, each with its interval."""

import json
from typing import Any

import numpy as np
import pytest

from tl_core.export import parity
from tl_core.export.clean_room import Answers
from tl_core.export.parity import Expected
from tl_core.export.scores import compare
from tl_core.measures import intervals
from tl_core.tasks import registry
from tl_core.tasks.task import Rules

TRUTH = np.array([0, 1, 1, 0])
APP = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.3, 0.7]], np.float32)


def certified(found: np.ndarray, **more) -> parity.Certificate:
    expected = Expected((), APP, ("a", "b"), truth=TRUTH, **more)
    return parity.certify(lambda _: Answers(found, 0.004, {"Python": "3"}), expected)


def test_accuracy_of_both_stands_beside_each_other_with_intervals():
    worse = APP[:, ::-1].copy()
    worse[:2] = APP[:2]
    accuracy = certified(worse).scores[0]
    assert (accuracy.key, accuracy.pictures) == ("accuracy", 4)
    assert (accuracy.app.mean, accuracy.export.mean) == (0.75, 0.75)
    told = intervals.wilson(3, 4)
    assert (accuracy.app.low, accuracy.app.high) == pytest.approx((told.low, told.high))
    worse[:] = APP[:, ::-1]
    assert certified(worse).scores[0].export.mean == 0.25


def test_pictures_that_belong_together_make_the_interval_wider():
    truth, told = np.tile(TRUTH, 20), np.tile(APP, (20, 1))
    how: dict[str, Any] = {"outputs": ("a", "b"), "rules": Rules()}
    task = registry.USUAL
    alone = compare(task, truth, (told, told), **how)[0].app
    groups = np.tile(np.arange(4), 20)
    together = compare(task, truth, (told, told), **how, groups=groups)[0].app
    assert together.high - together.low > 1.5 * (alone.high - alone.low)


def test_numbers_are_measured_where_they_are_known():
    truth = np.array([[1.0], [np.nan], [3.0]])
    told = np.array([[1.5], [2.0], [3.5]])
    (error,) = compare(
        registry.get("regress"), truth, (told, told), outputs=("age",), rules=Rules()
    )
    assert (error.pictures, error.app.mean, error.is_share) == (2, 0.5, False)


def test_a_certificate_tells_speed_versions_and_the_mean_difference_in_json_and_words():
    certificate = certified(APP + np.float32(2e-5))
    told = json.loads(certificate.as_json())
    assert told["seconds_each"] == 0.004 and told["versions"]["Python"] == "3"
    assert told["versions"]["Graft"] and told["machine"]
    assert told["mean_difference"] == pytest.approx(2e-5, rel=0.1)
    assert told["scores"][0]["app"]["mean"] == 0.75
    text = certificate.as_text()
    assert "One answer takes 4 milliseconds" in text and "Checked with Python 3" in text
    assert "log loss" not in text
    assert "in the app: 75" in text and "Mean difference: below 0.0001" in text


def test_a_runner_that_measures_nothing_makes_a_certificate_without_speed():
    expected = Expected((), APP, ("a", "b"))
    certificate = parity.certify(lambda _: APP, expected)
    assert certificate.passed and certificate.seconds_each is None and certificate.scores == ()
    assert "milliseconds" not in certificate.as_text()


def test_shares_of_labels_have_an_interval_that_no_share_leaves():
    random = np.random.default_rng(0)
    truth = np.ones((30, 3), np.int8)
    told = (random.random((30, 3)) < 0.97).astype(np.float32)
    task = registry.get("multilabel")
    for score in compare(task, truth, (told, told), outputs=tuple("abc"), rules=Rules()):
        assert 0 <= score.app.low < score.app.mean < score.app.high <= 1
