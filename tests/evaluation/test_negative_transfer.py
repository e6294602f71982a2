"""A run that is worse than its own data alone would have made it says so; one that is not says nothing."""

import numpy as np
import pytest

from tests.evaluation.test_comparison import answers, many
from tl_core.evaluation import comparison, negative_transfer
from tl_core.training import first_answer


def alone(folder, told, pictures):
    np.savez(folder / first_answer.ALONE, pictures=pictures, told=told)


@pytest.fixture
def judged(monkeypatch, tmp_path):
    """A function that lets a run have answered `own`, where no transfer has `other` right."""

    def made(own, other):
        run, head = answers(own), answers(other)
        monkeypatch.setattr(comparison, "answers_of", lambda folder, dataset_id: run)
        alone(tmp_path, head.answers, head.pictures)
        return negative_transfer.of_run(tmp_path, "any")

    return made


def test_a_run_that_is_worse_tells_both_numbers_and_what_to_do(judged):
    right = many(0.8)
    found = judged(right & many(0.8, seed=3), right)
    told = negative_transfer.alarm(found)
    own, head = found.headline.second, found.headline.first
    assert f"{100 * own:.1f}\u202f%" in told and f"{100 * head:.1f}\u202f%" in told
    assert told.startswith("Negative transfer") and "train without" in told


def test_one_that_is_better_or_cannot_be_told_says_nothing(judged):
    right = many(0.8)
    worse = right.copy()
    worse[np.flatnonzero(right)[:3]] = False
    assert negative_transfer.alarm(judged(right, right & many(0.8, seed=3))) is None
    assert negative_transfer.alarm(judged(worse, right)) is None
    assert negative_transfer.alarm(judged(right, right)) is None


def test_a_run_that_is_held_against_nothing_says_nothing(judged, tmp_path, monkeypatch):
    assert negative_transfer.of_run(tmp_path, "any") is None
    run = answers(many(0.5))
    monkeypatch.setattr(comparison, "answers_of", lambda folder, dataset_id: run)
    alone(tmp_path, run.answers[::-1], run.pictures[::-1])
    assert negative_transfer.of_run(tmp_path, "any") is None
