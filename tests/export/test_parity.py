"""Answers of an export held against the app's."""

import numpy as np
import pytest

from tl_core.export import certificate_text, parity
from tl_core.export.parity import compare

SAID = np.array([[800_000.0, 3.0], [500_000.0, 4.0]])


def test_a_large_number_does_not_hide_a_wrong_small_one():
    found = SAID.copy()
    found[0, 1] += 0.01
    assert not compare(SAID, found, task="regress").passed


def test_numbers_may_differ_as_float_sums_do():
    told = compare(SAID, SAID * (1 + 1e-6), task="regress")
    assert told.passed and told.label_agreement == 1


@pytest.mark.parametrize(
    ("number", "shown"),
    [(8e-7, "0.000001"), (1e-6, "0.00001"), (0.02, "0.1"), (0.0, "0"), (3.0, "10")],
)
def test_a_tiny_number_is_told_by_a_decimal_that_it_stays_below(number, shown):
    assert certificate_text.bound(number) == shown and (number == 0 or number < float(shown))


def test_a_small_difference_of_photos_made_smaller_is_written_out() -> None:
    certificate = parity.Certificate(
        3, 1.0, 0.0, parity.TOLERANCE, True, made_smaller=2, made_smaller_difference=8.4e-7
    )
    assert "up to 0.00000084.\n" in certificate.as_text()
