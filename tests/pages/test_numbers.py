"""Numbers as people read them."""

import pytest

from pages.parts import numbers


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (264232.18, "264\u202f000"),
        (4.0, "4"),
        (4.254, "4.25"),
        (-0.00123, "-0.00123"),
        (0.0, "0"),
        (float("nan"), "–"),
        (None, "–"),
    ],
)
def test_a_measured_value_keeps_the_digits_that_count(number, shown):
    assert numbers.value(number) == shown
