"""Answers of an export held against the app's."""

import numpy as np

from tl_core.export.parity import compare

SAID = np.array([[800_000.0, 3.0], [500_000.0, 4.0]])


def test_a_large_number_does_not_hide_a_wrong_small_one():
    found = SAID.copy()
    found[0, 1] += 0.01
    assert not compare(SAID, found, task="regress").passed


def test_numbers_may_differ_as_float_sums_do():
    told = compare(SAID, SAID * (1 + 1e-6), task="regress")
    assert told.passed and told.label_agreement == 1
