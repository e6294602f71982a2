"""Runs side by side: which is better, by which pictures, and what cannot be concluded."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import SETTINGS
from tl_core import store
from tl_core.base import ids
from tl_core.datasets import goals, manifest
from tl_core.datasets.splits import TEST
from tl_core.measures import metrics
from tl_core.training import results


def judged(dataset_id, name, wrong, **changed):
    """A run that answers all of its test pictures rightly, but for the first `wrong` of them."""
    dataset = manifest.load(dataset_id)
    truth = dataset.labels[dataset.splits == TEST]
    given = np.where(np.arange(len(truth)) < wrong, 1 - truth, truth)
    answers = np.where(np.arange(2) == given[:, None], 0.9, 0.1).astype(np.float32)
    settings = SETTINGS.but(**changed)
    run_id = store.add_run(dataset_id, name, settings.model_dump(mode="json"), name)
    folder = ids.run_folder(run_id)
    folder.mkdir(parents=True)
    of_classes = goals.of(dataset, np.flatnonzero(dataset.splits == 0), settings)
    results.write_predictions(folder, dataset, of_classes, {TEST: answers})
    summary = metrics.summary(truth, answers, dataset.classes, majority=0)
    store.run_finished(
        run_id,
        {"task": "classify", "test": summary, "test_accuracy": summary["accuracy"]},
    )
    return run_id


def drawn(project_id, monkeypatch, *rows):
    """Draw the comparison with these rows of its table chosen; return the page and its tables."""
    tables = []

    def table(data, **more):
        tables.append(data)
        return {"selection": {"rows": list(rows)}}

    monkeypatch.setattr("streamlit.dataframe", table)

    def section(project_id):
        from pages.parts.runs import comparison

        comparison.draw(project_id)

    app = AppTest.from_function(section, args=(project_id,), default_timeout=30).run()
    assert not app.exception
    return app, tables


@pytest.fixture
def dataset(dataset_id):
    return store.dataset(dataset_id)


def words(app):
    return " ".join(
        element.value
        for kind in ("header", "subheader", "markdown", "info", "success", "warning", "caption")
        for element in app.get(kind)
    )


def test_one_run_alone_is_not_compared(dataset, monkeypatch):
    judged(dataset.id, "only", 0)
    app, tables = drawn(dataset.project_id, monkeypatch)
    assert not tables and "Compare runs" not in words(app)


def test_few_pictures_tell_no_difference_and_the_settings_that_differ_stand_there(
    dataset, monkeypatch
):
    judged(dataset.id, "first", 1, dropout=0.5)
    judged(dataset.id, "second", 0)
    app, tables = drawn(dataset.project_id, monkeypatch, 0, 1)
    assert "No difference can be told with" in words(app)
    assert "second against first" in words(app) and "is better" not in words(app)
    assert tables[0]["Run"] == ["second", "first"]
    assert tables[-1]["Setting"] == ["Dropout"]
    assert tables[-1]["first"] == ["0.5"] and tables[-1]["second"] == ["0"]


def test_a_choice_of_pictures_shows_what_only_one_of_them_has_right(dataset, monkeypatch):
    judged(dataset.id, "first", 1)
    judged(dataset.id, "second", 0)
    app, _ = drawn(dataset.project_id, monkeypatch, 0, 1)
    (shown,) = app.segmented_control
    shown.set_value("second").run()
    assert not app.exception
    galleries = [block.proto.body for block in app.get("html")]
    assert sum("first says" in body and "second says" in body for body in galleries) == 1


def test_a_model_that_took_the_place_of_another_is_compared_by_its_own_answers(
    dataset, monkeypatch
):
    judged(dataset.id, "first", 0)
    judged(dataset.id, "second", 0)
    worse = judged(dataset.id, "third", 2)
    app, _ = drawn(dataset.project_id, monkeypatch, 1, 2)
    assert "0 wrong in both" in words(app)
    answers = (ids.run_folder(worse) / results.PREDICTIONS).read_bytes()
    for run in store.runs(dataset.project_id):
        (ids.run_folder(run.id) / results.PREDICTIONS).write_bytes(answers)
    app, _ = drawn(dataset.project_id, monkeypatch, 1, 2)
    assert "2 wrong in both" in words(app)


def test_a_run_whose_answers_are_gone_says_why_nothing_can_be_concluded(dataset, monkeypatch):
    gone = judged(dataset.id, "first", 1)
    judged(dataset.id, "second", 0)
    (ids.run_folder(gone) / results.PREDICTIONS).unlink()
    app, _ = drawn(dataset.project_id, monkeypatch, 0, 1)
    assert "judged on no test pictures" in words(app)


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        (1, "B is better than A: +2.1 points, interval +0.4 to +3.9."),
        (-1, "B is worse than A: +2.1 points, interval +0.4 to +3.9."),
        (0, "No difference can be told with 2 test pictures. Measured: +2.1 points"),
    ],
)
def test_a_verdict_stands_in_words_beside_its_interval(verdict, sentence):
    def section(verdict):
        import numpy as np

        from pages.parts.runs import better_or_worse
        from tl_core.evaluation.comparison import Comparison, Difference
        from tl_core.measures.intervals import Interval

        interval = Interval(0.004, 0.039)
        told = Difference("accuracy", "accuracy", True, True, 0.8, 0.821, interval, 0.01, verdict)
        nothing = np.zeros(0, np.int64)
        rows = np.zeros((2, 2), np.int64)
        better_or_worse.draw(
            Comparison((told,), rows, (5, 4), 1, 1, 2, 3, 1, 1, nothing, nothing), "A", "B"
        )

    app = AppTest.from_function(section, args=(verdict,), default_timeout=30).run()
    assert not app.exception
    assert sentence in words(app)
    assert "Only the 2 test pictures that both were judged by count." in words(app)
    assert "1 is left out because one of the two learnt from it." in words(app)
