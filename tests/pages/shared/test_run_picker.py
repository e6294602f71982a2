"""Which run a tab looks at: it is found again, whatever its state, and no page swaps it for another."""

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.shared import page_files
from tests.pages.shared.test_state import param
from tests.pages.test_pages import MAIN
from tl_core import store
from tl_core.base.errors import UserError

pytestmark = pytest.mark.usefixtures("engine")
RESULT = {"test": {"count": 0}}
PAGES_OF_A_RESULT = (page_files.RESULTS, page_files.TRY_IT, page_files.TAKE_HOME)


def opened(run_id: str, page: str = "") -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["run"] = run_id
    return (app.switch_page(page) if page else app).run()


def failed(dataset_id: str, name: str = "broken") -> str:
    run_id = store.add_run(dataset_id, name, {}, name)
    assert store.claim_next() is not None
    store.run_failed(run_id, UserError("memory", "It needs 9 GB.", "Take smaller batches."))
    return run_id


def link_of(app: AppTest, name: str) -> str:
    return next(
        link.proto.page for link in app.get("page_link") if link.proto.label.startswith(name)
    )


def test_header_and_start_lead_to_the_reason_of_a_failure_not_to_another_result(dataset_id):
    store.add_run(dataset_id, "good", {}, "good", metrics=RESULT)
    run_id = failed(dataset_id)
    app = opened(run_id)
    assert link_of(app, "broken") == "runs"
    app.button(key=f"open-{run_id}").click().run()
    assert not app.exception
    assert param(app, "run") == run_id
    assert "9 GB" in " ".join(error.value for error in app.error)
    assert any(button.label == "Go on training" for button in app.button)


def test_a_run_with_a_result_is_opened_at_its_result(dataset_id):
    run_id = store.add_run(dataset_id, "good", {}, "good", metrics=RESULT)
    assert link_of(opened(run_id), "good") == "results"


def test_the_way_to_the_result_is_the_last_thing_on_the_page_of_a_run(dataset_id):
    run_id = store.add_run(dataset_id, "good", {}, "good", metrics=RESULT)
    store.claim_next()
    store.run_finished(run_id, RESULT)
    app = opened(run_id, page_files.RUNS)
    assert not app.exception
    assert app.main.button[-1].key == "next-step"
    app.button(key="next-step").click().run()
    assert any(title.value == "Results" for title in app.title)


@pytest.mark.parametrize("page", PAGES_OF_A_RESULT)
def test_looking_at_another_result_leaves_the_current_run_alone(dataset_id, page):
    store.add_run(dataset_id, "good", {}, "good", metrics=RESULT)
    training = store.add_run(dataset_id, "fresh", {}, "fresh")
    app = opened(training, page)
    assert not app.exception
    assert param(app, "run") == training
    assert any("fresh has no result yet" in caption.value for caption in app.caption)
    assert link_of(app, "fresh") == "runs"


def test_a_run_of_other_pictures_than_the_header_names_is_said_to_be_one(dataset_id):
    store.add_run(dataset_id, "good", {}, "good", metrics=RESULT)
    fresh = store.create_dataset(store.dataset(dataset_id).project_id, "fresh ones")
    store.dataset_ready(fresh, {"pictures": 3})
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["dataset"] = fresh
    app.switch_page(page_files.TAKE_HOME).run()
    assert not app.exception
    told = " ".join(caption.value for caption in app.caption)
    assert "Nothing has been trained on fresh ones yet. This is good, which learnt from" in told
    own = AppTest.from_file(MAIN, default_timeout=60)
    own.query_params["dataset"] = dataset_id
    own.switch_page(page_files.TAKE_HOME).run()
    assert "Nothing has been trained" not in " ".join(caption.value for caption in own.caption)


def test_a_run_that_ends_meanwhile_does_not_take_the_place_of_the_one_looked_at(dataset_id):
    store.add_run(dataset_id, "early", {}, "early", metrics=RESULT)
    app = AppTest.from_file(MAIN, default_timeout=60).run()
    app.session_state["_run"] = None
    app.switch_page(page_files.TRY_IT).run()
    store.add_run(dataset_id, "late", {}, "late", metrics=RESULT)
    app.run()
    assert not app.exception
    box = next(box for box in app.selectbox if box.label == "Run")
    assert "late" in box.options[0] and "early" in box.options[box.index or 0]


@pytest.mark.parametrize("page", PAGES_OF_A_RESULT)
def test_where_no_run_has_a_result_the_page_leads_to_the_one_that_may_bring_it(dataset_id, page):
    run_id = failed(dataset_id)
    app = opened(run_id, page)
    app.button(key="empty-next").click().run()
    assert any(title.value == "Runs" for title in app.title)
    assert param(app, "run") == run_id


def test_a_result_that_is_chosen_becomes_the_current_run(dataset_id):
    older = store.add_run(dataset_id, "older", {}, "older", metrics=RESULT)
    newer = store.add_run(dataset_id, "newer", {}, "newer", metrics=RESULT)
    app = opened(newer, page_files.RESULTS)
    app.selectbox[0].select_index(1).run()
    assert not app.exception
    assert param(app, "run") == older
    assert link_of(app, "older") == "results"
