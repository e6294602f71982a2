"""Numbers as people read them."""

import pytest

from pages.parts.shared import numbers, words
from tl_core.measures import intervals


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (264232.18, "264\u202f000"),
        (4.0, "4"),
        (4.254, "4.25"),
        (-0.00123, "\u22120.00123"),
        (0.0, "0"),
        (float("nan"), "–"),
        (None, "–"),
    ],
)
def test_a_measured_value_keeps_the_digits_that_count(number, shown):
    assert numbers.value(number) == shown


@pytest.mark.parametrize(
    ("share", "low", "high", "shown"),
    [
        (0.81, 0.77, 0.85, "81\u202f% ±\u202f4"),
        (1.0, 0.886, 1.0, "100\u202f% (89–\u2060100\u202f%)"),
        (0.8, 0.7059, 0.8696, "80\u202f% (71–\u206087\u202f%)"),
        (0.0, 0.0, 0.08, "0\u202f% (0–\u20608\u202f%)"),
        (0.8101, 0.8081, 0.8121, "81.0\u202f% ±\u202f0.2"),
        (0.9995, 0.999, 0.9998, "100.0\u202f% (99.9–\u2060100.0\u202f%)"),
        (None, 0.0, 1.0, "–"),
    ],
)
def test_a_lopsided_interval_is_a_range_and_an_even_one_a_half_width(share, low, high, shown):
    assert numbers.percent_within(share, low, high) == shown


def test_a_half_width_never_contradicts_the_ends_that_stand_beside_it():
    for right in range(301):
        found = intervals.wilson(right, 300)
        about = numbers.spread(right / 300, found.low, found.high)
        if about.startswith("±"):
            at, low, high = (round(100 * n) for n in (right / 300, found.low, found.high))
            assert (at - int(about[2:]), at + int(about[2:])) == (low, high)


@pytest.mark.parametrize(
    ("number", "low", "high", "shown"),
    [
        (11.048, 8.11, 14.48, ("11.0", "8.1–\u206014.5")),
        (11.048, 9.9, 12.2, ("11.0", "±\u202f1.1")),
        (264_232.0, 251_000.0, 277_400.0, ("264\u202f000", "±\u202f13\u202f000")),
        (0.0, 0.0, 0.0, ("0", "")),
    ],
)
def test_a_measured_value_is_rounded_to_what_its_interval_can_bear(number, low, high, shown):
    assert numbers.value_within(number, low, high) == shown


def test_a_rough_time_is_about_so_long_but_never_about_under_a_second():
    assert numbers.about(0.4) == "under a second"
    assert numbers.about(42) == "about 42 s"
    assert numbers.hundredths(-0.001) == "0.00"


@pytest.mark.parametrize(
    ("language", "shown"), [("en", "0.81"), ("de", "0,81"), ("fr", "0,81"), ("qqq", "0.81")]
)
def test_numbers_have_the_decimal_sign_of_the_language_that_is_spoken(monkeypatch, language, shown):
    monkeypatch.setattr(words, "languages", lambda: ("en", language))
    with words.speaking(language):
        assert numbers.hundredths(0.81) == shown
        assert numbers.value(4.254) == "4" + shown[1] + "25"
        assert numbers.size(1_500_000).startswith("1" + shown[1] + "5")
