"""The gallery to work in: what is chosen moves to a class there is, or to a new one."""

import pytest

from tests.pages.data.test_version_history import data_page
from tl_core import store
from tl_core.datasets import manifest
from tl_core.datasets.manifest import Dataset


@pytest.fixture
def chosen(dataset_id):
    """The Data page with two pictures chosen, and the key of what can be done with them."""
    app = data_page()
    key = f"gallery-{dataset_id}"
    app.session_state[f"_chosen-{key}"] = frozenset({0, 3})
    app.session_state[f"_chosen-round-{key}"] = 1  # the component begins anew
    return app.run(), key


def newest(dataset_id: str) -> Dataset:
    return manifest.load(store.versions(dataset_id)[0].id)


def test_chosen_pictures_move_to_a_new_class(chosen, dataset_id):
    app, key = chosen
    assert app.button(key=f"{key}-move").disabled
    app.selectbox(key=f"{key}-target").select_index(2).run()
    app.text_input(key=f"{key}-name").set_value(" square ").run()
    app.button(key=f"{key}-move").click().run()
    assert any("a class called “square” already" in error.value for error in app.error)
    app.text_input(key=f"{key}-name").set_value("*star*").run()
    app.button(key=f"{key}-move").click().run()
    assert not app.exception and not any("class called" in error.value for error in app.error)
    made = newest(dataset_id)
    assert made.classes == ("round", "square", "*star*")
    assert made.labels.tolist() == [2, 1, 0, 2, *[0, 1] * 4]


def test_chosen_pictures_move_to_a_class_there_is(chosen, dataset_id):
    app, key = chosen
    app.selectbox(key=f"{key}-target").select_index(1).run()
    assert f"{key}-name" not in [field.key for field in app.text_input]
    app.button(key=f"{key}-move").click().run()
    assert newest(dataset_id).labels.tolist() == [1, 1, 0, 1, *[0, 1] * 4]


def test_a_class_is_deleted_only_after_it_was_asked_about(dataset_id):
    app = data_page()
    key = f"class-menu-{dataset_id}"
    assert app.button(key=f"{key}-delete-0").disabled
    assert len(store.versions(dataset_id)) == 1
    sure = app.checkbox(key=f"{key}-sure-0")
    assert "round" in sure.label and "6 pictures" in sure.label
    sure.check().run()
    app.button(key=f"{key}-delete-0").click().run()
    assert not app.exception
    made = newest(dataset_id)
    assert made.classes == ("square",)
    asked = [box for box in app.checkbox if "-sure-" in (box.key or "")]
    assert not any(box.value for box in asked), "the next class is asked about anew"
