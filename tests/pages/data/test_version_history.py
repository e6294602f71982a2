"""Versions on the pages: divided anew, undone, opened again; results stay with what they learnt from."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.shared import page_files
from tests.pages.test_pages import MAIN, told
from tl_core import store
from tl_core.datasets import division, manifest
from tl_core.datasets.edits import Exclude, Rename
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import Split
from tl_core.home import versions

COUNT = 60


@pytest.fixture
def copies_id(home):
    """A data set in which every picture has one copy, divided without leaks."""
    identifier = store.create_dataset(store.default_project().id, "twins")
    names = [f"clip{row % 30}_{row // 30}.png" for row in range(COUNT)]
    listed = Dataset(
        id=identifier,
        name="twins",
        classes=("<b>round</b>", "square"),
        targets=(),
        hashes=np.array([f"{row:064x}" for row in range(COUNT)]),
        names=np.array(names, dtype=object),
        labels=np.arange(COUNT, dtype=np.int32) % 2,
        splits=np.zeros(COUNT, np.int8),
        facts={"width": np.full(COUNT, 8, np.int32), "height": np.full(COUNT, 8, np.int32)},
        twins=np.arange(COUNT, dtype=np.int32) % 30,
    )
    dataset = division.divide(listed, Split.model_validate({}))
    manifest.save(dataset)
    store.dataset_ready(identifier, versions.counts(dataset, set_aside=0, junk=0))
    return identifier


def data_page() -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=90).switch_page(page_files.DATA).run()
    assert not app.exception, app.exception
    return app


def address(app: AppTest, kind: str) -> str:
    """Return an id from the address; the test tool gives a text or a list of one."""
    found = app.query_params[kind]
    return found if isinstance(found, str) else found[0]


@pytest.mark.slow
def test_the_page_tells_what_stayed_together_and_divides_anew_and_undoes(copies_id):
    moved = manifest.load(copies_id).moved
    assert moved > 0
    app = data_page()
    assert f"**{moved} pictures stayed with their copies.**" in told(app)
    app.number_input(key=f"divide-{copies_id}-seed").set_value(5)
    app.selectbox(key=f"divide-{copies_id}-groups").select("number")
    app.button(key="divide-anew").click().run()
    assert not app.exception and not app.error
    newest = store.versions(copies_id)[0]
    assert newest.version == 2
    made = manifest.load(newest.id)
    assert made.split == Split.model_validate({"seed": 5, "groups": "number"})
    assert np.array_equal(made.splits[:30], made.splits[30:])
    assert "Divided anew" in told(app)
    assert address(app, "dataset") == newest.id
    app.button(key="undo-edit").click().run()
    assert address(app, "dataset") == copies_id
    assert "There are newer ones" in told(app)
    app.button(key="open-newest").click().run()
    assert address(app, "dataset") == newest.id


def test_one_entry_stands_for_all_versions_and_older_ones_are_listed(copies_id):
    new = versions.edit(copies_id, Exclude(rows=(0, 1)), "click")
    app = data_page()
    choice = next(box for box in app.selectbox if box.label == "Data set")
    assert choice.options == ["twins · version 2"]
    assert r"Left out 2 pictures\." in told(app)
    app.button(key=f"version-{copies_id}").click().run()
    assert address(app, "dataset") == copies_id
    assert store.dataset(new).status == "ready"


def test_looking_at_a_result_undoes_no_edit(copies_id):
    run_id = store.add_run(copies_id, "", {"backbone": "starter"}, "click")
    test = {"count": 0}
    store.run_finished(run_id, {"task": "classify", "test": test})
    new = versions.edit(copies_id, Exclude(rows=(0, 1)), "click")
    app = data_page()
    assert address(app, "dataset") == new
    assert address(app, "run") == run_id
    app = app.switch_page(page_files.RESULTS).run()
    assert not app.exception
    assert address(app, "dataset") == new
    captions = " ".join(caption.value for caption in app.caption)
    assert "Learnt from twins" in captions and "changed the data since" in captions
    app = app.switch_page(page_files.RUNS).run()
    assert not app.exception
    assert address(app, "dataset") == new


def line(app: AppTest) -> str:
    """Return what the page says of the version that is open."""
    return " ".join(words.value for words in app.markdown)


@pytest.mark.slow
def test_several_steps_are_undone_and_redone(copies_id):
    first = versions.edit(copies_id, Exclude(rows=(0, 1)), "one")
    second = versions.edit(first, Rename(label=1, name="box"), "two")
    app = data_page()
    assert address(app, "dataset") == second
    for expected in (first, copies_id):
        app.button(key="undo-edit").click().run()
        assert address(app, "dataset") == expected
    assert "undo-edit" not in {button.key for button in app.button}
    for expected in (first, second):
        app.button(key="redo-edit").click().run()
        assert address(app, "dataset") == expected
    assert "redo-edit" not in {button.key for button in app.button}


def test_redo_goes_back_to_what_was_undone_and_not_to_a_newer_branch(copies_id):
    first = versions.edit(copies_id, Exclude(rows=(0, 1)), "one")
    app = data_page()
    app.button(key="undo-edit").click().run()
    versions.edit(copies_id, Exclude(rows=(2,)), "elsewhere")
    app.run()
    app.button(key="redo-edit").click().run()
    assert address(app, "dataset") == first


def test_a_message_with_undo_goes_back(copies_id):
    app = data_page()
    app.number_input(key=f"divide-{copies_id}-seed").set_value(5)
    app.button(key="divide-anew").click().run()
    assert "Divided anew" in line(app)
    app.button(key="toast-version").click().run()
    assert address(app, "dataset") == copies_id
    assert "redo-edit" in {button.key for button in app.button}
    app.button(key="toast-dismiss").click().run()
    assert "toast-dismiss" not in {button.key for button in app.button}


def test_who_edits_what_was_changed_elsewhere_is_told_and_versions_show_their_branch(copies_id):
    app = data_page()
    other = versions.edit(copies_id, Exclude(rows=(0, 1)), "another tab")
    app.run()
    assert "Version 2 was made elsewhere meanwhile" in line(app)
    app.number_input(key=f"divide-{copies_id}-seed").set_value(5)
    app.button(key="divide-anew").click().run()
    assert not app.exception and not app.error
    mine = store.versions(copies_id)[0]
    assert (mine.version, mine.parent_id) == (3, copies_id)
    assert "made from version 1" in line(app) and "Version 2 was made elsewhere" in line(app)
    assert "from version 1 · " in line(app), "the list tells the branch"
    app.button(key="toast-version").click().run()
    assert address(app, "dataset") == other
    assert "made elsewhere" not in line(app)
