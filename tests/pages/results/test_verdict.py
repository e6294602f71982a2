"""A result says whose model it is: what was trained, or the exact head that training did not beat."""

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.shared import page_files
from tests.pages.test_pages import MAIN, told
from tl_core import store

KEPT = {
    "ended": "early",
    "epochs": 5,
    "best_epoch": 0,
    "val": {"count": 40},
    "handed_over": "exact_head",
    "trained_val_accuracy": 0.875,
    "closed_form_val_accuracy": 0.9,
    "refitted": True,
}


def shown(run_id: str, page: str, **metrics: object) -> str:
    row = store.run(run_id)
    together = {**(row.metrics or {}), **metrics}
    store.move_run(run_id, "finished", only_from=("finished",), metrics=together)
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["run"] = run_id
    app = app.switch_page(page).run()
    assert not app.exception and not app.error
    return told(app)


@pytest.mark.parametrize("page", [page_files.RESULTS, page_files.RUNS])
def test_the_exact_head_that_was_kept_is_told_with_both_numbers(finished, page):
    words = shown(finished, page, **KEPT)
    assert "no more than 88\u202f% and the exact solution 90\u202f%" in words
    assert "with the validation pictures as well" in words


def test_beside_a_head_solved_for_once_more_stands_the_one_from_training_pictures_alone(finished):
    words = shown(finished, page_files.RESULTS, **KEPT)
    assert "The exact solution without the validation pictures reaches 50\u202f%" in words


def test_without_test_pictures_the_result_still_says_what_was_kept(finished):
    words = shown(finished, page_files.RESULTS, **KEPT, test={"count": 0})
    assert "so the exact solution was kept" in words


def test_an_older_result_is_told_as_before(finished):
    words = shown(finished, page_files.RESULTS, ended="epochs", epochs=3, best_epoch=2)
    assert "It did all 3 epochs." in words and "exact solution was kept" not in words
