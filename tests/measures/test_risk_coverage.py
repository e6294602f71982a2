"""Refusing what is strangest: what is left is counted, with its interval."""

import numpy as np

from tl_core.measures import risk_coverage


def test_refusing_the_strangest_leaves_those_that_are_right():
    shares = np.linspace(0, 1, 100)
    right = np.arange(100) >= 10
    points = {each["refused"]: each for each in risk_coverage.curve(shares, right)}
    assert points[0.0]["accuracy"] == 0.9
    assert points[0.1] == points[0.1] | {"answered": 90, "accuracy": 1.0, "high": 1.0}
    assert points[0.05]["low"] < 90 / 95 < points[0.05]["high"]


def test_few_examples_have_few_points_and_none_have_none():
    assert [each["answered"] for each in risk_coverage.curve(np.zeros(2), np.ones(2, bool))] == [2, 1]  # fmt: skip
    assert risk_coverage.curve(np.zeros(0), np.zeros(0, bool)) == []


def test_copies_of_one_example_are_one():
    right, shares = np.arange(40) >= 8, np.zeros(40)
    alone = risk_coverage.curve(shares, right)[0]
    copies = risk_coverage.curve(shares, right, np.arange(40) // 8)[0]
    assert copies["accuracy"] == alone["accuracy"] == 0.8
    assert copies["low"] < alone["low"] and copies["high"] > alone["high"]
