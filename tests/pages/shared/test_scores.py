"""A result in a few words."""

from dataclasses import replace

import pytest

from pages.parts.shared import scores
from tl_core import store

CLASSES = {"task": "classify", "test_accuracy": 0.81}


@pytest.fixture
def run(home):
    dataset_id = store.create_dataset(store.create_project("Mine"), "Cups")
    store.dataset_ready(dataset_id, {"pictures": 30})
    return store.run(store.add_run(dataset_id, "First", {}, "click"))


def test_an_accuracy_comes_with_what_it_can_bear(run):
    known = replace(run, metrics=CLASSES | {"test": {"accuracy_low": 0.77, "accuracy_high": 0.85}})
    assert scores.short(known) == "81\u202f% ±\u202f4 right"
    assert "**81\u202f% ±\u202f4**" in scores.sentence(known)


def test_an_older_result_without_an_interval_is_told_all_the_same(run):
    assert scores.short(replace(run, metrics=CLASSES)) == "81\u202f% right"
    assert scores.short(run) == scores.sentence(run) == ""


def test_numbers_are_told_by_the_share_that_they_explain(run):
    known = replace(run, metrics={"task": "regress", "test_accuracy": 0.456})
    assert scores.short(known) == "R² 0.46"
    assert "**46\u202f%** of the differences (R² 0.46)" in scores.sentence(known)


@pytest.mark.parametrize("targets", [1, 2])
def test_card_and_list_give_the_same_number_also_where_nothing_was_learnt(run, targets):
    test = {"targets": [{}] * targets}
    known = replace(run, metrics={"task": "regress", "test_accuracy": -0.104, "test": test})
    assert scores.short(known) == "R² −0.10"
    assert "R² −0.10" in scores.sentence(known) and "0\u202f%" not in scores.sentence(known)


def test_a_lopsided_accuracy_is_the_same_range_in_list_and_card(run):
    test = {"accuracy_low": 0.886, "accuracy_high": 1.0}
    known = replace(run, metrics={"task": "classify", "test_accuracy": 1.0, "test": test})
    assert scores.short(known) == "100\u202f% (89–\u2060100\u202f%) right"
    assert "100\u202f% (89–\u2060100\u202f%)" in scores.sentence(known)
