"""The runs of a project: what waits says for what, and settings that worked are taken again."""

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.shared import page_files
from tests.pages.conftest import SETTINGS
from tests.pages.test_pages import MAIN, told
from tests.pages.train.test_train_page import chosen
from tl_core import store
from tl_core.jobs import run_actions


@pytest.fixture
def queue(dataset_id) -> list[str]:
    """Three runs, the first of which is at work."""
    settings = SETTINGS.model_dump(mode="json")
    runs = [store.add_run(dataset_id, f"run {name}", settings, name) for name in "abc"]
    store.claim_next()
    return runs


def opened(run_id: str) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["run"] = run_id
    app = app.switch_page(page_files.RUNS).run()
    assert not app.exception and not app.error
    return app


def test_a_run_that_waits_says_how_many_come_first_and_leaves_the_queue_by_a_click(queue):
    first, second, third = queue
    app = opened(third)
    assert "**Waiting its turn**" in told(app) and "2 runs come first." in told(app)
    assert "waiting · 1 run comes first · shapes" in told(app)
    app.button(key=f"stop-{third}").click().run()
    assert not app.exception
    assert store.run(third).status == "cancelled" and store.run(first).status == "running"
    assert "**Stopped**" in told(app) and "2 runs come first" not in told(app)
    app.button(key=f"show-{second}").click().run()
    assert "**Waiting its turn**" in told(app) and "1 run comes first." in told(app)


def test_the_settings_of_an_earlier_run_are_taken_again(finished):
    app = opened(finished)
    app.button(key=f"again-{finished}").click().run()
    assert not app.exception and not app.error
    assert [title.value for title in app.title] == ["Train"]
    assert run_actions.settings_of(finished) == SETTINGS
    assert chosen(app, "number_input", "Epochs").value == SETTINGS.course.epochs
    assert chosen(app, "number_input", "Learning rate").value == SETTINGS.rate.learning_rate
    assert chosen(app, "selectbox", "Optimiser").value == SETTINGS.steps.optimizer
    assert app.session_state["_config"] == SETTINGS
