"""The exact solution beside a trained head that reaches less: one button makes it the model, another brings it back."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.made import FakeEngine, engine  # noqa: F401 - a fixture
from tl_core import store
from tl_core.base import ids
from tl_core.jobs.kinds.exact_head import EXACT_HEAD, telling
from tl_core.training import candidates, first_answer, results

BOTH = {"handed_over": "trained", "val_accuracy": 0.73, "closed_form_val_accuracy": 0.81}


def panel(run_id: str) -> AppTest:
    def script(run_id):
        from pages.parts.results import exact_head
        from tl_core import store

        exact_head.draw(store.run(run_id))

    app = AppTest.from_function(script, args=(run_id,), default_timeout=60).run()
    assert not app.exception, app.exception
    return app


def told(app: AppTest) -> str:
    return " ".join(element.value for element in app.markdown)


@pytest.fixture
def run_id(finished) -> str:
    note(finished, BOTH)
    (ids.run_folder(finished) / first_answer.FILE).touch()
    return finished


def note(run_id: str, numbers: dict) -> None:
    together = {**(store.run(run_id).metrics or {}), **numbers}
    store.move_run(run_id, "finished", only_from=("finished",), metrics=together)


def test_both_numbers_are_told_and_a_click_asks_for_the_work(run_id, engine: FakeEngine):  # noqa: F811
    app = panel(run_id)
    assert "**81\u202f%** beside **73\u202f%**" in told(app)
    app.button(key=f"use-exact-{run_id}").click().run()
    assert not app.exception
    assert (EXACT_HEAD.name, run_id) in engine.submitted
    assert [button.key for button in app.button] == [f"stop-exact-{run_id}"]


@pytest.mark.parametrize(
    "numbers",
    [
        {"closed_form_val_accuracy": 0.73},
        {"closed_form_val_accuracy": None},
        {"handed_over": "exact_head"},
    ],
)
def test_nothing_is_offered_that_would_bring_nothing(run_id, numbers):
    note(run_id, numbers)
    app = panel(run_id)
    assert not app.button and not app.markdown


def test_the_trained_head_comes_back_with_its_numbers(run_id):
    folder, before = ids.run_folder(run_id), store.run(run_id).metrics or {}
    results.write_metrics(folder, before)
    other = folder / ".exact_head"
    other.mkdir()
    now = {"handed_over": "exact_head", "trained_val_accuracy": 0.73, "val_accuracy": 0.81}
    results.write_metrics(other, before | now | {"chosen_by_person": True})
    candidates.hand_over(folder, other, telling(store.run(run_id)))
    app = panel(run_id)
    assert "You made the exact solution the model: **81\u202f%**" in told(app)
    app.button(key=f"undo-exact-{run_id}").click().run()
    assert not app.exception
    assert (store.run(run_id).metrics or {})["val_accuracy"] == 0.73
    assert "81\u202f%** beside **73\u202f%" in told(app)
