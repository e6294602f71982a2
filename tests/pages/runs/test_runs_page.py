"""The buttons of the Runs page, pressed as a person presses them, on real runs in processes of their own."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.shared import page_files
from tests import forks
from tests.pages.shared.test_run_picker import opened
from tests.pages.shared.test_state import param
from tests.pages.test_pages import MAIN, told
from tests.pages.train.test_train_page import opened as train_page
from tl_core import store
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.home import versions
from tl_core.jobs import engines, run_actions, watch
from tl_core.signals import progress

LONG = TrainConfig(epochs=500, patience=0)
PATIENCE_S = 250.0


@pytest.fixture
def no_run_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a test started ends with it."""
    monkeypatch.setattr(engines, "_IN_USE", [forks.workers()])
    yield
    for run in store.undone_runs():
        if run.handle is not None:
            engines.in_use().cancel(run.handle)


def wait_for(condition: Callable[[], Any]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until, "it did not come about in time"
        watch.tick()
        time.sleep(0.1)


def epoch_of(run_id: str) -> int:
    return progress.state(ids.run_folder(run_id)).epoch


def press(app: AppTest, key: str) -> None:
    app.run().button(key=key).click().run()
    assert not app.exception and not app.error


def words_of(app: AppTest) -> str:
    captions = " ".join(caption.value for caption in app.caption)
    return f"{told(app)} {captions}"


@pytest.mark.slow
@pytest.mark.usefixtures("no_run_left")
def test_a_run_is_paused_gone_on_with_and_ended(shapes: Dataset) -> None:
    run_id = run_actions.start_run(shapes.id, LONG, "click")
    app = opened(run_id, page_files.RUNS)
    wait_for(lambda: epoch_of(run_id) >= 1)
    press(app, f"pause-{run_id}")
    wait_for(lambda: run_actions.is_paused(store.run(run_id)))
    reached = epoch_of(run_id)
    assert f"After epoch {reached} of 500" in words_of(app.run())
    press(app, f"resume-{run_id}")
    assert store.run(run_id).status in store.UNDONE
    wait_for(lambda: epoch_of(run_id) > reached)
    press(app, f"stop-{run_id}")
    wait_for(lambda: store.run(run_id).metrics)
    assert "The best weights so far were kept and can be used" in words_of(app.run())
    assert epoch_of(run_id) < 500
    press(app, "next-step")
    assert any(title.value == "Results" for title in app.title)


@pytest.mark.slow
@pytest.mark.usefixtures("no_run_left")
def test_a_finished_run_is_held_against_its_price_and_trains_on(shapes: Dataset) -> None:
    app = train_page(shapes.id)
    press(app, "start-training")
    run_id = param(app, "run")
    wait_for(lambda: store.run(run_id).status == "finished")
    app.switch_page(page_files.RUNS).run()
    (estimate,) = (one for one in app.expander if "Was the estimate right?" in one.label)
    assert "said" in estimate.label and "took" in estimate.label
    assert len(estimate.get("plotly_chart")) == 1
    press(app, f"more-{run_id}")
    child = param(app, "run")
    assert child != run_id
    wait_for(lambda: store.run(child).status == "finished")
    assert epoch_of(child) == epoch_of(run_id) + 5
    assert f"Goes on from {store.run(run_id).name}" in words_of(app.run())


def test_a_run_that_was_asked_to_pause_says_so_and_not_that_it_ends(dataset_id, engine):
    run_id = run_actions.start_run(dataset_id, TrainConfig(), "click")
    app = opened(run_id, page_files.RUNS)
    press(app, f"pause-{run_id}")
    assert "everything stays as it is" in words_of(app)
    assert "Ending" not in words_of(app) and "pausing" in words_of(app)
    store.run_paused(run_id)
    app.run()
    assert "It had not begun to learn" in words_of(app)
    assert not any("Was the estimate right?" in box.label for box in app.expander)


def test_runs_are_found_where_the_chosen_data_set_has_none(dataset_id, made_dataset, engine):
    run_id = run_actions.start_run(dataset_id, TrainConfig(), "click")
    other = made_dataset()
    store.create_dataset(store.default_project().id, "another", dataset_id=other.id)
    store.dataset_ready(other.id, versions.counts(other, set_aside=0, junk=0))
    app = opened_on(other.id)
    assert not app.exception and "Nothing has been trained on these pictures yet" in words_of(app)
    app.button(key=f"show-{run_id}").click().run()
    assert not app.exception and param(app, "run") == run_id


def opened_on(dataset_id: str) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["dataset"] = dataset_id
    return app.switch_page(page_files.RUNS).run()


def test_a_run_that_ran_away_is_tried_again_with_a_tenth_of_the_rate(dataset_id, engine):
    run_id = run_actions.start_run(dataset_id, TrainConfig(learning_rate=0.5), "click")
    store.run_failed(run_id, UserError("diverged", "It ran away.", "Lower the rate."))
    app = opened(run_id, page_files.RUNS)
    app.button(key=f"gentler-{run_id}").click().run()
    assert not app.exception
    again = param(app, "run")
    assert again != run_id and engine.submitted[-1] == ("train", again)
    assert run_actions.settings_of(again).rate.learning_rate == pytest.approx(0.05)
