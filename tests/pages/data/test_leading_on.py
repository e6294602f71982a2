"""The main button of the Data page: it leads to the training that is under way, else to a new one."""

import pytest

from pages.parts.shared import page_files
from tests.pages.conftest import SETTINGS
from tests.pages.test_pages import opened
from tl_core import store


@pytest.mark.parametrize(
    ("status", "label"),
    [
        ("queued", "Watch it train"),
        ("running", "Watch it train"),
        ("failed", "Train a model"),
        ("finished", "Train a model"),
    ],
)
def test_the_button_knows_of_a_training_under_way(dataset_id, status, label):
    settings = SETTINGS.model_dump(mode="json")
    run_id = store.add_run(dataset_id, "lesson", settings, "a click")
    if status != "queued":
        assert store.move_run(run_id, status, only_from=("queued",))
    app = opened(page_files.DATA)
    assert app.button(key="next-step").label == label


def test_without_a_run_it_leads_to_one(dataset_id):
    assert opened(page_files.DATA).button(key="next-step").label == "Train a model"
