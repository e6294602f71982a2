"""Answers of an export held against the app's."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tl_core.base.said import Said, unpacked
from tl_core.export import certificate_text, parity
from tl_core.export.clean_room import Answers
from tl_core.export.formats.format import Allowance
from tl_core.export.parity import Expected, compare

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


COARSE = Allowance(difference=None, agreement=0.9, lost=0.02)


def answers(count: int, wrong: int = 0) -> np.ndarray:
    """Return probabilities of two classes for so many pictures, the first `wrong` of them turned round."""
    told = np.tile(np.array([[0.8, 0.2]], np.float32), (count, 1))
    told[:wrong] = told[:wrong, ::-1]
    return told


def expected(count: int, awkward: int = 0) -> Expected:
    return Expected(
        tuple(Path(f"{number}.png") for number in range(count + awkward)),
        answers(count + awkward),
        ("a", "b"),
        awkward=awkward,
        truth=np.zeros(count, int),
    )


@pytest.mark.parametrize(("wrong", "passes"), [(0, True), (2, True), (3, False), (11, False)])
def test_a_coarse_format_passes_while_it_loses_little_on_pictures_whose_answer_is_known(
    wrong: int, passes: bool
) -> None:
    told = parity.certify(lambda _: answers(100, wrong), expected(100), allowed=COARSE)
    assert (told.passed, told.tolerance) == (passes, None)
    assert told.label_agreement == 1 - wrong / 100
    if wrong:
        assert not parity.certify(lambda _: answers(100, wrong), expected(100)).passed
    words = told.as_text()
    assert ("nearly as the app does" in words) == passes
    assert "allowed" not in words


def test_a_coarse_format_is_judged_by_a_persons_own_pictures_alone() -> None:
    found = answers(140)
    found[100:] = found[100:, ::-1]
    told = parity.certify(lambda _: found, expected(100, awkward=40), allowed=COARSE)
    assert told.passed and told.label_agreement < 0.9


def test_one_picture_of_few_may_change_its_label() -> None:
    assert parity.certify(lambda _: answers(12, 1), expected(12), allowed=COARSE).passed
    assert not parity.certify(lambda _: answers(12, 2), expected(12), allowed=COARSE).passed


@pytest.mark.parametrize(
    ("off", "passes"), [((0.0, 100.0), False), ((0.0, 2.0), True), ((1.0, 0.0), False)]
)
def test_of_several_numbers_each_has_to_be_as_good(off: tuple[float, float], passes: bool) -> None:
    truth = np.stack([np.arange(100) % 5, np.arange(100) * 1000], axis=1).astype(float)
    app = (truth + np.array([1, 500])).astype(np.float32)
    held = Expected(
        tuple(Path(f"{k}.png") for k in range(100)), app, ("rooms", "price"), truth=truth
    )
    told = parity.certify(lambda _: app + np.float32(off), held, task="regress", allowed=COARSE)
    assert told.passed is passes, told.scores


def test_how_a_file_was_made_stands_in_its_certificate_in_words_and_in_json() -> None:
    note = Said("Kept in {bits} bits.", bits=8)
    told = replace(parity.certify(lambda _: answers(3), expected(3), allowed=COARSE), note=note)
    assert "Kept in 8 bits.\n" in told.as_text()
    kept = json.loads(told.as_json())
    assert kept["note"] == "Kept in 8 bits." and isinstance(unpacked(kept)["note"], Said)


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


def test_a_file_that_could_not_be_run_claims_nothing_and_says_why() -> None:
    reason = Said("It runs on {system} alone.", system="another")
    told = parity.not_run(reason)
    assert (told.passed, told.pictures, told.largest_difference) == (None, 0, None)
    kept = json.loads(told.as_json())
    assert kept["passed"] is None and isinstance(unpacked(kept)["not_run"], Said)
    words = replace(told, file_bytes=9_000_000, note="Made today.").as_text()
    assert "It runs on another alone." in words and "unchecked" in words and "9 MB" in words
    assert "Made today." in words and "Pictures compared" not in words
