"""The question before an import goes on, and the choice of another reading afterwards."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from pages.parts.shared import page_files
from tl_core import store
from tl_core.jobs import imports, work

MAIN = str(Path(__file__).resolve().parents[3] / "pages" / "main.py")


def opened() -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=60)
    return app.switch_page(page_files.DATA).run()


def brought(source: Path) -> str:
    dataset_id = imports.start_intake(store.default_project().id, source, "mine", may_ask=True)
    assert work.do("import", dataset_id) == 0
    return dataset_id


@pytest.fixture
def named(picture_folder) -> Path:
    """Pictures whose names tell their class, with numbers in a table beside them."""
    folder = picture_folder(classes=1, each=12)
    lines = ["file,weight,sweetness"]
    for number, path in enumerate(sorted((folder / "class 0").iterdir())):
        name = f"{('cat', 'dog')[number % 2]}.{number}.png"
        path.rename(folder / name)
        lines.append(f"{name},{number * 1.5},{number * 7.25}")
    (folder / "class 0").rmdir()
    (folder / "sizes.csv").write_text("\n".join(lines))
    return folder


def counts_of(dataset_id: str) -> dict:
    return store.dataset(dataset_id).counts or {}


def titles(app: AppTest) -> list[str]:
    return [title.replace("\\", "") for title in app.radio[0].options]


def test_the_question_shows_the_best_and_the_others_and_survives_a_reload(home, engine, named):
    dataset_id = brought(named)
    for _ in range(2):
        app = opened()
        assert not app.exception
        assert "What do you want to learn?" in [header.value for header in app.header]
        assert any("2 numbers a picture" in title for title in titles(app))
        assert any("2 classes from the file names: cat, dog" in title for title in titles(app))
    app.button(key="answer-import").click().run()
    assert not app.exception
    assert (store.dataset(dataset_id).request or {})["answer"]["key"].startswith("numbers:")
    assert engine.submitted[-1] == ("import", dataset_id)


@pytest.mark.slow
def test_columns_of_numbers_are_chosen_before_and_after(home, engine, named):
    dataset_id = brought(named)
    app = opened()
    columns = next(box for box in app.multiselect if box.label == "Numbers to learn")
    assert columns.value == ["weight", "sweetness"]
    columns.set_value(["sweetness"]).run()
    app.button(key="answer-import").click().run()
    work.do("import", dataset_id)
    assert counts_of(dataset_id)["targets"] == ["sweetness"]
    app = opened()
    assert any(
        "What is learnt" in text.value and "sweetness" in text.value for text in app.markdown
    )
    assert app.button(key="change-reading").disabled
    app.radio[0].set_value("names:before_number").run()
    app.button(key="change-reading").click().run()
    assert not app.error, [error.value for error in app.error]
    newest = store.datasets(store.default_project().id)[0]
    assert newest.parent_id == dataset_id
    work.do("import", newest.id)
    assert counts_of(newest.id)["classes"] == {"cat": 6, "dog": 6}


def test_no_other_way_is_offered_where_there_is_none(home, engine, named):
    (named / "sizes.csv").unlink()
    brought(named)
    app = opened()
    told = " ".join(text.value for text in app.markdown)
    assert "It is not certain from what came." in told and "2 classes from the file names" in told
    assert "another way" not in told


@pytest.mark.slow
def test_who_reads_a_data_set_another_way_is_not_told_that_somebody_else_did(home, engine, named):
    dataset_id = brought(named)
    app = opened()
    app.button(key="answer-import").click().run()
    work.do("import", dataset_id)
    app.run()
    app.radio[0].set_value("names:before_number").run()
    app.button(key="change-reading").click().run()
    newest = store.datasets(store.default_project().id)[0]
    assert newest.parent_id == dataset_id
    work.do("import", newest.id)
    app.run()
    told = " ".join(text.value for text in app.markdown)
    assert "2 classes from the file names" in told
    assert "made elsewhere" not in told


def test_the_scale_of_deep_greys_is_shown(home, engine, tmp_path):
    for name, grey in (("dark", 300), ("bright", 60000)):
        (tmp_path / "scans" / name).mkdir(parents=True)
        for number in range(4):
            picture = np.full((12, 12), grey, np.uint16)
            picture[number, 3] = 0
            Image.fromarray(picture).save(tmp_path / "scans" / name / f"{number}.png")
    brought(tmp_path / "scans")
    app = opened()
    assert not app.exception
    told = " ".join(text.value for text in app.caption)
    assert "0 is black and 65535 is white" in told


def test_a_question_is_cancelled(home, engine, named):
    dataset_id = brought(named)
    app = opened()
    app.button(key="cancel-import").click().run()
    assert not app.exception
    assert store.datasets(store.default_project().id) == []
    assert dataset_id not in {path.name for path in (home / "datasets").iterdir()}


@pytest.mark.slow
def test_loose_pictures_want_a_name_and_get_it(home, engine, picture_folder):
    folder = picture_folder(classes=1, each=5)
    for path in list((folder / "class 0").iterdir()):
        path.rename(folder / f"IMG_{path.name}")
    (folder / "class 0").rmdir()
    dataset_id = brought(folder)
    app = opened()
    app.button(key="answer-import").click().run()
    assert "what is on the pictures" in app.error[0].value
    next(box for box in app.text_input if box.label == "What is on these?").set_value("fox").run()
    app.button(key="answer-import").click().run()
    work.do("import", dataset_id)
    assert counts_of(dataset_id)["classes"] == {"fox": 5}
    app = opened()
    assert app.button(key="add-other-class")
    app.button(key="add-other-class").click().run()
    assert not app.exception


def test_pictures_beside_folders_are_named_on_the_page(home, engine, picture_folder):
    folder = picture_folder(classes=2, each=6)
    (folder / "class 0" / "000.png").rename(folder / "loose.png")
    brought(folder)
    app = opened()
    assert any("What is on it" in text.value for text in app.markdown)
    assert not app.exception


def test_a_table_without_chosen_columns_goes_with_the_pictures(home, engine, tmp_path):
    app = opened()
    table = b"n;what\n1;red\n2;blue\n"
    app.file_uploader(key="table").set_value([("t.csv", table, "text/csv")]).run()
    app.segmented_control(key="way-in").set_value("here").run()
    app.text_input(key="path-here").set_value(str(tmp_path)).run()
    app.button(key="import-here").click().run()
    assert not app.error, [error.value for error in app.error]
    request = store.datasets(store.default_project().id)[0].request or {}
    assert request["columns"] is None
    assert Path(request["targets"]).read_bytes() == table
    assert request["may_ask"]
