"""Answers of an export held against the app's."""

from pathlib import Path

import numpy as np
import pytest

from tl_core.export import certificate_text, parity
from tl_core.export.clean_room import Answers
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
        3, 1.0, 0.0, 1e-4, True, made_smaller=2, made_smaller_difference=8.4e-7
    )
    assert "up to 0.00000084.\n" in certificate.as_text()


def test_files_that_an_export_refuses_are_counted_and_not_compared() -> None:
    answers = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]], np.float32)
    expected = parity.Expected(
        tuple(Path(f"{k}.png") for k in range(4)),
        answers,
        ("a", "b"),
        originals=2,
        awkward=1,
        truth=np.array([0, 1, 0]),
    )
    found = answers.copy()
    found[[1, 3]] = np.nan
    told = parity.certify(lambda _: Answers(found, refused=(1, 3), how="In a browser."), expected)
    assert told.passed and told.refused == 2
    assert (told.pictures, told.originals, told.awkward) == (2, 1, 0)
    assert "In a browser." in told.as_text() and told.scores[0].pictures == 2


def test_an_answer_that_is_no_number_is_no_refusal() -> None:
    answers = np.array([[0.9, 0.1]], np.float32)
    expected = parity.Expected((Path("0.png"),), answers, ("a", "b"))
    assert not parity.certify(lambda _: answers * np.nan, expected).passed
