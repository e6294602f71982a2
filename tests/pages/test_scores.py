"""A result in a few words."""

from dataclasses import replace

import pytest

from pages.parts import scores
from tl_core.runs import store

CLASSES = {"task": "classify", "test_accuracy": 0.81}


@pytest.fixture
def run(home):
    dataset_id = store.create_dataset(store.create_project("Mine"), "Cups")
    store.dataset_ready(dataset_id, {"pictures": 30})
    return store.run(store.add_run(dataset_id, "First", {}, "click"))


def test_an_accuracy_comes_with_what_it_can_bear(run):
    known = replace(run, metrics=CLASSES | {"test": {"accuracy_low": 0.77, "accuracy_high": 0.85}})
    assert scores.short(known) == "81\u202f% ± 4 right"
    assert "**81\u202f% ± 4**" in scores.sentence(known)


def test_an_older_result_without_an_interval_is_told_all_the_same(run):
    assert scores.short(replace(run, metrics=CLASSES)) == "81\u202f% right"
    assert scores.short(run) == scores.sentence(run) == ""


def test_numbers_are_told_by_the_share_that_they_explain(run):
    known = replace(run, metrics={"task": "regress", "test_accuracy": 0.456})
    assert scores.short(known) == "R² 0.46"
