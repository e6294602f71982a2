"""A result that had a teacher shows what it kept; one of a large network leads to a smaller one; harm is told on Runs, too."""

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.shared import page_files
from tests.jobs import taught
from tests.pages.test_pages import MAIN, told
from tl_core import store

pytestmark = pytest.mark.usefixtures("home")


def opened(run_id: str, page: str) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["run"] = run_id
    app = app.switch_page(page).run()
    assert not app.exception and not app.error
    return app


def table(app: AppTest):
    return next(each.value for each in app.dataframe if "One answer" in each.value)


def small(app: AppTest):
    return [button for button in app.button if button.label == "Make it small"]


def test_the_table_tells_what_the_results_tell():
    teacher, own, _ = taught.three()
    app = opened(own, page_files.RESULTS)
    shown = table(app)
    assert list(shown["Model"]) == ["Teacher", "This model", "Without a teacher"]
    assert list(shown["Network"]) == ["MobileNetV2", "Starter", "Starter"]
    assert all(size.startswith("about ") for size in shown["File"])
    assert "keeps 99" in told(app)
    (first, *_) = shown["Right"]
    assert first in told(opened(teacher, page_files.RUNS))
    assert not small(app)


def test_a_teacher_that_was_deleted_is_told():
    teacher, own, _ = taught.three()
    store.delete("run", teacher)
    app = opened(own, page_files.RESULTS)
    assert list(table(app)["Model"]) == ["This model", "Without a teacher"]
    assert "teacher is not there any more" in told(app)


@pytest.mark.parametrize("page", [page_files.RESULTS, page_files.TRANSFER_LAB])
def test_make_it_small_opens_train_with_the_run_as_teacher(page):
    teacher, _, _ = taught.three()
    app = opened(teacher, page)
    (button,) = small(app)
    app = button.click().run()
    assert not app.exception and not app.error and app.title[0].value == "Train"
    config = app.session_state["_config"]
    assert (config.network.backbone, config.method.method_name) == ("starter", "distillation")
    assert app.session_state["_inputs"] == {"teacher": teacher}
    (choice,) = [box for box in app.selectbox if box.label == "Teacher"]
    assert choice.value == teacher
    assert not any("no larger" in warning.value for warning in app.warning)


def test_a_teacher_that_is_no_larger_is_warned_of_and_not_refused():
    teacher, _, alone = taught.three()
    (button,) = small(opened(teacher, page_files.RESULTS))
    app = button.click().run().switch_page(page_files.TRAIN).run()
    (choice,) = [box for box in app.selectbox if box.label == "Teacher"]
    app = choice.select(alone).run()
    assert not app.exception and not app.error
    assert any("is no larger" in warning.value for warning in app.warning)
    assert not app.button(key="start-training").disabled


def test_every_card_of_the_lab_leads_on_and_one_names_domain_adaptation():
    _, own, _ = taught.three()
    app = opened(own, page_files.TRANSFER_LAB)
    keys = {button.key for button in app.button}
    kinds = ("instances", "features", "models", "relations", "adapt")
    assert {f"kind-{kind}-go" for kind in kinds} <= keys
    captions = " ".join(caption.value for caption in app.caption)
    assert all(name in captions for name in ("AdaBN", "Deep CORAL", "DANN", "Tent"))
    app.button(key="kind-features-go").click().run()
    assert app.title[0].value == "Train"


def test_negative_transfer_is_told_on_runs_and_in_the_list():
    identifier = taught.dataset()
    further = {"source": taught.dataset("elsewhere")}
    worse = taught.run(identifier, "worse", "starter", 60, further, 10, method_name="instances")
    fine = taught.run(identifier, "fine", "starter", 12, further, 10, method_name="instances")
    for page in (page_files.RUNS, page_files.RESULTS):
        app = opened(worse, page)
        assert [w for w in app.warning if w.value.startswith("Negative transfer")], page
    rows = [block.value for block in opened(fine, page_files.RUNS).markdown]
    assert [row for row in rows if "negative transfer" in row and "worse" in row]
    assert not [row for row in rows if "negative transfer" in row and "fine" in row]
    assert not opened(fine, page_files.RUNS).warning
