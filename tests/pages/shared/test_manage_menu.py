"""Data sets and runs are renamed, deleted and brought back where they are shown."""

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.shared import page_files
from tests.pages.conftest import SETTINGS
from tests.pages.test_pages import opened, told
from tl_core import store

NASTY = "**best** :smile: <b>"


def rename(app: AppTest, identifier: str, name: str) -> None:
    form = f"rename-{identifier}"
    next(field for field in app.text_input if field.form_id == form).set_value(name)
    next(button for button in app.button if button.form_id == form).click().run()


def delete(app: AppTest, identifier: str) -> None:
    assert app.button(key=f"delete-{identifier}").disabled
    app.checkbox(key=f"sure-{identifier}").check().run()
    app.button(key=f"delete-{identifier}").click().run()


@pytest.mark.parametrize("kind", ["dataset", "run"])
def test_a_thing_is_renamed_deleted_and_brought_back(kind, dataset_id, finished):
    identifier = {"dataset": dataset_id, "run": finished}[kind]
    look = {"dataset": store.dataset, "run": store.run}[kind]
    app = opened({"dataset": page_files.DATA, "run": page_files.RUNS}[kind])
    rename(app, identifier, NASTY)
    assert look(identifier).name == NASTY
    delete(app, identifier)
    assert look(identifier).deleted_at is not None
    assert "was deleted" in told(app)
    assert f"sure-{identifier}" not in {box.key for box in app.checkbox}
    app.button(key="undo-delete").click().run()
    assert not app.exception and not app.error
    assert look(identifier).deleted_at is None and look(identifier).name == NASTY
    assert "was deleted" not in told(app)
    assert f"sure-{identifier}" in {box.key for box in app.checkbox}


@pytest.mark.parametrize("kind", ["dataset", "run"])
def test_what_is_in_use_stays_and_the_way_out_is_told(kind, dataset_id):
    waiting = store.add_run(dataset_id, "busy", SETTINGS.model_dump(mode="json"), "a click")
    identifier = {"dataset": dataset_id, "run": waiting}[kind]
    app = opened({"dataset": page_files.DATA, "run": page_files.RUNS}[kind])
    delete(app, identifier)
    (error,) = app.error
    assert "busy" in error.value and "Stop it first" in error.value
    assert store.deleted(kind) == []


def test_what_was_deleted_in_another_tab_is_told_where_it_was_open(dataset_id, finished):
    app = opened(page_files.DATA)
    store.delete("dataset", dataset_id)
    app.run()
    assert "was deleted elsewhere" in told(app)
    app.button(key="undo-delete").click().run()
    assert store.dataset(dataset_id).deleted_at is None
    assert not app.exception and "was deleted" not in told(app)
