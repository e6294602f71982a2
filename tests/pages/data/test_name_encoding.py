"""On the Data page: what names were read as with the other readings, and pictures to be answered."""

from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.shared import page_files
from tests.pages.test_pages import MAIN, told
from tl_core import store
from tl_core.datasets import manifest, naming
from tl_core.intake import unlabelled

RAW = {"猫": "猫".encode("gbk"), "狗": "狗".encode("gbk")}


def data_page() -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=90).switch_page(page_files.DATA).run()
    assert not app.exception, app.exception
    return app


def test_names_are_read_otherwise_at_a_click_and_back_again(dataset_id):
    wrong = {raw.decode("cp950"): raw for raw in RAW.values()}
    manifest.save(replace(manifest.load(dataset_id), classes=tuple(wrong)))
    naming.save(dataset_id, naming.Reading("cp950", ("gb18030",), wrong))
    app = data_page()
    assert "Big5" in told(app)
    assert "猫" in told(app)
    app.button(key="reread-gb18030").click().run()
    assert not app.exception
    newest = store.versions(dataset_id)[0]
    assert newest.version == 2
    assert manifest.load(newest.id).classes == ("猫", "狗")
    assert "GBK" in told(app)
    assert app.button(key="reread-cp950")


def test_names_that_came_as_text_are_not_spoken_of(dataset_id):
    assert "File names read as" not in told(data_page())


@pytest.mark.parametrize("count", [1, 30])
def test_pictures_to_be_answered_are_shown_with_how_many_there_are(dataset_id, count):
    names = np.array([f"test/<b>{row}</b>.png" for row in range(count)], dtype=object)
    hashes = np.array([f"{row:064x}" for row in range(count)])
    unlabelled.save(dataset_id, unlabelled.Unlabelled(hashes, names))
    app = data_page()
    assert any(header.value == "Pictures without a class" for header in app.header)
    text = told(app)
    assert ("1 picture came" if count == 1 else "30 pictures came") in text
    captions = [caption.value for caption in app.caption]
    assert ("24 of 30 shown" in captions) == (count == 30)


def test_the_encoding_may_be_chosen_before_the_import(home, monkeypatch, tmp_path):
    from tl_core.jobs import imports

    asked = []

    def start(project_id, source, name, **more):
        asked.append(more)
        return store.create_dataset(project_id, name)

    monkeypatch.setattr(imports, "start_intake", start)
    app = AppTest.from_file(MAIN, default_timeout=60).switch_page(page_files.DATA).run()
    app.segmented_control(key="way-in").set_value("here").run()
    app.selectbox(key="names-written-in").select("cp932").run()
    app.text_input(key="path-here").set_value(str(tmp_path)).run()
    app.button(key="import-here").click().run()
    assert not app.exception
    assert asked[0]["encoding"] == "cp932"
