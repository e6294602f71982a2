"""Try it with many pictures: dropped, answered, found again, put in order, put right."""

import shutil
import time
import zipfile

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.shared import explanation, page_files, tokens, upload_zone
from pages.parts.try_it import answers_in_pages, few_pictures
from tests import forks
from tests.jobs.test_predictor import model, png  # noqa: F401 - a fixture, and what makes pictures
from tests.pages.test_pages import MAIN, told
from tl_core import store
from tl_core.base import ids
from tl_core.datasets import manifest
from tl_core.datasets.splits import TEST
from tl_core.intake import uploads
from tl_core.jobs import answer_table, corrections, engines, trial, tried, watch
from tl_core.jobs.answer_list import Counts
from tl_core.jobs.kinds.trying import TRY
from tl_core.jobs.predictor import Prediction, Reply
from tl_core.jobs.tried import Asked, Told
from tl_core.modalities import registry
from tl_core.store import job_rows
from tl_core.tasks.task import Rules

PATIENCE_S = 120.0
COUNT = 120


def answer(sure: float, **more) -> Prediction:
    label = "paper" if sure > 0.5 else "card"
    return Prediction(label, {"paper": sure, "card": 1 - sure}, task="classify", **more)


def test_files_answers_and_reasons_are_columns():
    rows = [Told("k", "folder/1.png", answer(0.75)), Told("x", "b.jpg", reason="It is damaged.")]
    columns = answers_in_pages._columns(rows)
    assert columns == {
        "File": ["1.png", "b.jpg"],
        "Answer": ["paper", None],
        "Sure": [75, None],
        "Why not": ["", "It is damaged."],
    }


def test_numbers_are_columns_by_their_names():
    rows = [Told("x", "x.png", Prediction("", {}, {"price": 3.5}))]
    assert answers_in_pages._columns(rows) == {"File": ["x.png"], "price": [3.5]}


def test_the_summary_counts_every_picture_once():
    counts = Counts((("a", 1040), ("*b*", 3)), 1043, 2, 1)
    assert answers_in_pages._summary(counts) == (
        "1\u202f043 pictures answered: a 1\u202f040, \\*b\\* 3. 2 look like nothing that was taught. "
        "1 could not be answered; the table says why."
    )
    assert answers_in_pages._summary(Counts((), 1, 0, 0)) == "1 picture answered."


@pytest.fixture
def answered(finished, monkeypatch) -> tuple[str, str]:
    """A run, and a trial of many pictures that has ended, asked for by this very browser."""
    monkeypatch.setattr(tokens, "visitor", lambda: "me")
    monkeypatch.setattr(explanation, "of_tried", lambda *asked: None)  # that needs a model
    return finished, many(finished)


def many(run_id: str, by: str = "me") -> str:
    trial_id = ids.new()
    folder = trial.folder_of(run_id, trial_id)
    (folder / tried.PICTURES).mkdir(parents=True)
    asked = []
    for n in range(COUNT):
        path = folder / tried.PICTURES / f"{n:06}"
        path.write_bytes(png((n, 80, 9)))
        asked.append(Asked(str(n), f"img{n}.png", str(path)))
    tried.ask(folder, [*asked, Asked("x", "broken.jpg", "", "It is damaged.", "Copy it again.")])
    with tried.Writer(folder) as writer:
        for n in range(COUNT):
            sure = 0.5 + n / (2 * COUNT + 1)
            writer.add(str(n), Reply(answer(sure, unknown=0.5, is_unknown=n == 70)), 1 - sure)
        writer.add("x", Reply(reason="It is damaged.", hint="Copy it again."))
    answer_table.write(folder, Rules())
    subject = trial.subject_of(run_id, trial_id)
    job_rows.ask(TRY.name, subject, {"by": by})
    job_rows.claim(TRY.name, 9)
    job_rows.end(TRY.name, subject, "finished")
    return trial_id


def opened() -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=60).switch_page(page_files.TRY_IT).run()
    assert not app.exception and not app.error, [each.value for each in app.error]
    return app


def files(app: AppTest) -> list[str]:
    return app.dataframe[0].value["File"].tolist()


def test_a_trial_is_found_again_by_whoever_made_it_the_least_sure_first(answered):
    app = opened()
    assert "120 pictures answered" in told(app) and "1 could not be answered" in told(app)
    assert files(app)[:3] == ["img70.png", "img0.png", "img1.png"]
    assert len(files(app)) == answers_in_pages.PAGE
    assert "1–\u206050 of 121 shown." in " ".join(each.value for each in app.caption)


def test_what_somebody_else_dropped_is_not_shown(answered, monkeypatch):
    monkeypatch.setattr(tokens, "visitor", lambda: "somebody else")
    assert not opened().dataframe


def test_answers_are_put_in_order_and_filtered(answered):
    app = opened()
    app.selectbox(key=f"try-order-{answered[1]}").set_value("file").run()
    assert files(app)[:3] == ["broken.jpg", "img0.png", "img1.png"]
    only = app.selectbox(key=f"try-only-{answered[1]}-{COUNT + 1}")
    only.select_index(1).run()
    assert not app.exception and files(app) == ["img70.png"]
    app.selectbox(key=f"try-only-{answered[1]}-{COUNT + 1}").select_index(2).run()
    assert files(app) == ["broken.jpg"]
    assert "It is damaged." in app.dataframe[0].value["Why not"][0]


def test_the_next_picture_is_one_click_away(answered):
    app = opened()
    app.selectbox(key=f"try-order-{answered[1]}").set_value("given").run()
    next(each for each in app.button if each.label == "The next picture").click().run()
    assert not app.exception
    assert any("img1.png" in each.proto.body for each in app.get("html"))


def test_to_start_afresh_clears_the_answers_and_they_can_be_shown_again(answered):
    app = opened()
    app.button(key="try-afresh").click().run()
    assert not app.exception and not app.dataframe
    again = opened()
    assert not again.dataframe
    choice = next(each for each in again.selectbox if each.label == "Given today")
    choice.select_index(0).run()
    assert again.dataframe or again.run().dataframe


def test_the_table_of_all_is_a_link_and_not_in_the_page(answered):
    app = opened()
    link = next(
        each.proto.body for each in app.get("html") if "Download all answers" in each.proto.body
    )
    assert "/graft/download/" in link


def test_an_answer_is_put_right_and_its_pictures_are_added(answered, engine):
    run_id, trial_id = answered
    app = opened()
    field = next(each for each in app.selectbox if each.label == "It is")
    dataset = store.dataset(store.run(run_id).dataset_id)
    right = manifest.load(dataset.id).classes[1]
    field.select_index(1).run()
    next(each for each in app.button if each.label == "Note it").click().run()
    assert not app.exception and not app.error
    (key,) = corrections.known(run_id, trial_id).noted
    assert key == "70" and "Noted: it is" in told(app)
    assert app.dataframe[0].value["Put right"].tolist()[:2] == [right, ""]
    app.button(key="try-add").click().run()
    assert not app.exception and not app.error
    made = corrections.known(run_id, trial_id).dataset
    assert ("import", made) in engine.submitted
    assert store.dataset(made).parent_id == dataset.id


def test_a_test_picture_passes_its_truth_on_to_the_explanation(finished, monkeypatch):
    asked = []
    monkeypatch.setattr(explanation, "of_tried", lambda *args: asked.append(args[3]))
    dataset = manifest.load(store.run(finished).dataset_id)
    for row in np.flatnonzero(dataset.splits == TEST):
        path = registry.of(dataset).stored(str(dataset.hashes[row]))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png("red"))
    monkeypatch.setattr(
        few_pictures.trial, "start", lambda run_id, pictures, trial_id: given(pictures)
    )

    def given(pictures):
        trial_id = ids.new()
        folder = trial.folder_of(finished, trial_id)
        folder.mkdir(parents=True)
        tried.ask(folder, [Asked(one.key, one.name, "") for one in pictures])
        with tried.Writer(folder) as writer:
            writer.add(pictures[0].key, Reply(answer(0.75)))
        return trial_id

    app = opened()
    app.segmented_control(key="try-way").set_value("test").run()
    assert not app.exception and len(asked[-1]) == 1
    assert asked[-1][0] in dataset.classes
    assert not [each for each in app.button if each.label == "Note it"]


@pytest.mark.slow
def test_all_of_many_dropped_pictures_are_answered(finished, model, monkeypatch, tmp_path):  # noqa: F811
    monkeypatch.setattr(engines, "_IN_USE", [forks.workers()])
    shutil.copytree(model, ids.run_folder(finished) / "model")
    monkeypatch.setattr(tokens, "visitor", lambda: "me")
    with zipfile.ZipFile(tmp_path / "new.zip", "w") as archive:
        for n in range(40):
            archive.writestr(f"{n}.png", png((n * 6, 80, 9)))
        archive.writestr("broken.jpg", b"\xff\xd8 no picture")
    given = []

    def drop_zone(key: str, **how) -> upload_zone.Uploaded | None:
        if given or key != "try-zone":  # other pages take files, too
            return None
        token = uploads.issue(tokens.session_id())
        folder = uploads.ticket_of(token).folder
        folder.mkdir(parents=True)
        shutil.copy(tmp_path / "new.zip", folder / "000000")
        given.append(upload_zone.Uploaded(token, 1, "new", ("new.zip",)))
        return given[0]

    monkeypatch.setattr(upload_zone, "draw", drop_zone)
    app = opened()
    trial_id = trial.latest(finished, "me")
    until = time.monotonic() + PATIENCE_S
    while trial.is_working(finished, trial_id):
        assert time.monotonic() < until
        watch.tick()
        time.sleep(0.1)
    app.run()
    assert not app.exception and not app.error
    assert "40 pictures answered" in told(app) and "1 could not be answered" in told(app)
    table = app.dataframe[0].value.to_dict("list")
    assert len(table["File"]) == 41 and table["Picture"][0].startswith("data:image/jpeg;base64,")
    assert trial.table_of(finished, trial_id) is not None
