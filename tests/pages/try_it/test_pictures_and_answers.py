"""Try it with many pictures: all of them answered, as cards or as a table, and taken away as CSV."""

import base64
import csv
import io
import time

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.shared import csv_download, page_files
from pages.parts.try_it import pictures_and_answers
from tests.jobs.test_predictor import model, png  # noqa: F401 - a fixture, and what makes pictures
from tests.pages.test_pages import MAIN, told
from tl_core.base import ids
from tl_core.jobs import trial
from tl_core.jobs.predictor import Prediction
from tl_core.jobs.tried import Told

PATIENCE_S = 120.0


def told_of(count: int, **more) -> list[Told]:
    found = Prediction("a", {"a": 0.75, "=b": 0.25})
    return [Told(f"key{n}", f"folder/{n}.png", found, **more) for n in range(count)]


def test_files_answers_and_reasons_are_columns_and_no_name_becomes_a_formula():
    rows = [*told_of(2), Told("x", "broken.jpg", reason="It is damaged.", hint="Copy it again.")]
    columns = pictures_and_answers._columns(rows) | pictures_and_answers._probabilities(rows)
    read = list(csv.reader(io.StringIO(csv_download.as_csv(columns).decode("utf-8-sig"))))
    assert read[0] == ["File", "Answer", "Sure", "Why not", "Probability of a", "Probability of =b"]
    assert read[1] == ["0.png", "a", "75", "", "0.75", "0.25"]
    assert read[3] == ["broken.jpg", "", "", "It is damaged. Copy it again.", "", ""]


def test_numbers_are_columns_by_their_names():
    rows = [Told("x", "x.png", Prediction("", {}, {"price": 3.5}))]
    assert pictures_and_answers._columns(rows) == {"File": ["x.png"], "price": [3.5]}
    assert pictures_and_answers._probabilities(rows) == {}


def test_the_summary_counts_every_picture_once():
    rows = [*told_of(41), Told("x", "broken.jpg", reason="It is damaged.")]
    assert (
        pictures_and_answers._summary(rows)
        == "41 pictures answered: a 41. 1 could not be answered; the table says why."
    )
    assert pictures_and_answers._summary(told_of(1)) == "1 picture answered: a 1."


@pytest.mark.slow
def test_all_of_many_dropped_pictures_are_answered(finished, model):  # noqa: F811
    import shutil

    shutil.copytree(model, ids.run_folder(finished) / "model")
    app = AppTest.from_file(MAIN, default_timeout=60).run().switch_page(page_files.TRY_IT).run()
    files = [(f"{n}.png", png((n * 6, 80, 9)), "image/png") for n in range(40)]
    files.append(("broken.jpg", b"\xff\xd8 no picture", "image/jpeg"))
    app.file_uploader[0].set_value(files).run()
    assert not app.exception, app.exception
    trial_id = app.session_state[f"_trial-{finished}"]
    until = time.monotonic() + PATIENCE_S
    while trial.state(finished, trial_id).is_working:
        assert time.monotonic() < until
        time.sleep(0.1)
    app.run()
    assert not app.exception and not app.error
    assert "40 pictures answered" in told(app) and "1 could not be answered" in told(app)
    table = app.dataframe[0].value.to_dict("list")
    assert list(table["File"]) == [name for name, _, _ in files]
    assert base64.b64decode(table["Picture"][0].split(",")[1]).startswith(b"\xff\xd8")
    assert table["Why not"][40] and table["Answer"][0]
