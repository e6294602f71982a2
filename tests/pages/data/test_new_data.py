"""Bringing pictures: the ways in, and a table beside them, without a browser."""

import zipfile
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.shared import page_files
from tl_core import store
from tl_core.jobs import imports

MAIN = str(Path(__file__).resolve().parents[3] / "pages" / "main.py")
TABLE = b"id;photo of it;Preis;kind\n7;a;1.250,5;red\n9;b;99,5;blue\n2;c;7;red\n"


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """What imports were asked for; none begins."""
    asked: list[dict] = []

    def start(project_id, source, name, **more):
        asked.append({"source": source, "name": name, **more})
        return store.create_dataset(project_id, name)

    monkeypatch.setattr(imports, "start_intake", start)
    return asked


def opened() -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=60)
    return app.switch_page(page_files.DATA).run()


def test_a_table_with_columns_of_any_name_is_looked_at_and_goes_with_the_pictures(
    home, begun, tmp_path
):
    app = opened()
    assert app.file_uploader(key="table").proto.max_upload_size_mb == 64
    app.file_uploader(key="table").set_value([("prices.csv", TABLE, "text/csv")]).run()
    assert not app.exception
    next(box for box in app.selectbox if box.label == "Pictures").select("photo of it").run()
    numbers = next(box for box in app.multiselect if box.label == "Numbers to predict")
    assert numbers.value == ["Preis"]
    app.segmented_control(key="way-in").set_value("here").run()
    app.text_input(key="path-here").set_value(str(tmp_path)).run()
    app.button(key="import-here").click().run()
    assert not app.error, [error.value for error in app.error]
    asked = begun[0]
    assert asked["columns"] == {
        "file": "photo of it",
        "label": "",
        "targets": ("Preis",),
        "split": "",
        "group": "",
    }
    assert asked["targets"].read_bytes() == TABLE
    assert not asked["remove_source"]


def test_a_table_may_tell_classes_instead(home, begun):
    app = opened()
    app.file_uploader(key="table").set_value([("prices.csv", TABLE, "text/csv")]).run()
    next(box for box in app.selectbox if box.label == "Pictures").select("photo of it").run()
    kind = next(c for c in app.segmented_control if c.label == "What the table tells")
    kind.set_value("classes").run()
    assert [box.label for box in app.selectbox][:2] == ["Pictures", "Class"]
    assert not app.exception


def test_what_is_no_table_is_told_in_its_place(home, begun):
    app = opened()
    app.file_uploader(key="table").set_value([("t.csv", b"\xff\x00\xfe", "text/csv")]).run()
    assert not app.exception
    assert "CSV UTF" in app.error[0].value


@pytest.mark.parametrize("path", ["~nobody-at-all/x", "x" * 5000, "/no/such/folder"])
def test_a_path_that_leads_nowhere_is_told(home, begun, path):
    app = opened()
    app.segmented_control(key="way-in").set_value("here").run()
    app.text_input(key="path-here").set_value(path).run()
    app.button(key="import-here").click().run()
    assert not app.exception
    assert "There is nothing at" in app.error[0].value
    assert begun == []


def folder_given(app: AppTest) -> AppTest:
    """Choose a folder of two pictures in the plain uploader and press the button."""
    files = [("fruit/fig/1.jpg", b"one", "image/jpeg"), ("fruit/../2.jpg", b"three", "image/jpeg")]
    app.file_uploader(key="folder-upload").set_value(files).run()
    return app.button(key="import-folder").click().run()


def test_a_folder_from_an_old_browser_is_packed_with_its_names_and_imported(home, begun):
    app = opened()
    assert any("up to about 300 pictures" in caption.value for caption in app.caption)
    folder_given(app)
    assert not app.exception
    assert not app.error, [error.value for error in app.error]
    asked = begun[0]
    assert asked["name"] == "fruit"
    assert asked["remove_source"]
    assert asked["source"].parent == home / "uploads"
    with zipfile.ZipFile(asked["source"]) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    assert content == {"fruit/fig/1.jpg": b"one", "fruit/../2.jpg": b"three"}


def test_a_folder_over_the_limit_is_told_and_leaves_nothing(home, begun, monkeypatch):
    app = opened()
    monkeypatch.setenv("GRAFT_UPLOAD_LIMIT_BYTES", "7")
    folder_given(app)
    assert "larger than the limit" in app.error[0].value
    assert begun == []
    assert not (home / "uploads").exists()


def test_a_full_disk_while_packing_is_told_and_leaves_nothing(home, begun, monkeypatch):
    from pages.parts.data import folder_upload

    def full(files, out):
        out.write(b"PK")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder_upload, "_write", full)
    app = opened()
    app.file_uploader(key="folder-upload").set_value([("a/b.jpg", b"x", "image/jpeg")]).run()
    app.button(key="import-folder").click().run()
    assert "disk is full" in app.error[0].value
    assert not list((home / "uploads").iterdir())


@pytest.mark.parametrize(("to_add", "expected"), [(True, "add"), (False, "new")])
def test_whoever_was_sent_to_add_pictures_finds_that_chosen(dataset_id, to_add, expected):
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.session_state["_new_data"] = True
    app.session_state["_new_data_joins"] = to_add
    app.run()
    app.switch_page(page_files.DATA).run()
    assert not app.exception
    label = "What becomes of the new pictures?"
    assert next(c for c in app.segmented_control if c.label == label).value == expected


def test_pictures_are_added_to_the_open_data_set(dataset_id, begun, tmp_path):
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.session_state["_new_data"] = True
    app.run()
    app.switch_page(page_files.DATA).run()
    destination = next(
        c for c in app.segmented_control if c.label == "What becomes of the new pictures?"
    )
    destination.set_value("add").run()
    assert "Samples" not in app.segmented_control(key="way-in").options
    next(box for box in app.selectbox if box.label == "Their class").select("square").run()
    app.segmented_control(key="way-in").set_value("here").run()
    app.text_input(key="path-here").set_value(str(tmp_path)).run()
    app.button(key="import-here").click().run()
    assert not app.error, [error.value for error in app.error]
    assert begun[0]["parent_id"] == dataset_id
    assert begun[0]["into"] == "square"


@pytest.mark.parametrize(
    ("button", "bundled"), [("samples", "samples"), ("glasses", "samples:juice")]
)
def test_each_sample_set_is_one_click(home, begun, button, bundled):
    app = opened()
    app.segmented_control(key="way-in").set_value("samples").run()
    app.button(key=f"import-{button}").click().run()
    assert not app.error, [error.value for error in app.error]
    assert [asked["source"] for asked in begun] == [bundled]
