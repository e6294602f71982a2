"""What to collect next, on the page: the offer, the curve in words and chart, the classes, the advice."""

import json
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.made import FakeEngine, engine  # noqa: F401 - a fixture
from tl_core import store
from tl_core.config import parse
from tl_core.datasets import manifest
from tl_core.evaluation.class_gains import ClassGain
from tl_core.evaluation.collecting import Collected, Curve
from tl_core.jobs import answer_kept, curve_drawer
from tl_core.jobs.kinds.learning_curve import LEARNING_CURVE

FOUND = Collected(
    curves=(
        Curve(
            amounts=(20, 60, 200),
            errors=(0.4, 0.25, 0.18),
            lowest=(0.3, 0.2, 0.18),
            highest=(0.5, 0.3, 0.18),
            ahead=(20, 200, 800),
            low=(0.3, 0.15, 0.05),
            middle=(0.4, 0.18, 0.1),
            high=(0.5, 0.2, 0.15),
            doubled=(0.08, 0.12, 0.15),
        ),
    ),
    learnt=200,
    used=200,
    judged=40,
    classes=(
        ClassGain(1, 90, 0.02, 0.01, 0.03, 0.05, True, True),
        ClassGain(0, 110, 0.001, -0.01, 0.012, None, False, False),
    ),
    folds={"scores": [0.7, 0.8], "mean": 0.75, "spread": 0.05},
)


def panel(run_id: str) -> AppTest:
    def script(run_id):
        from pages.parts.results import next_examples
        from tl_core import store

        next_examples.draw(store.run(run_id))

    app = AppTest.from_function(script, args=(run_id,), default_timeout=60).run()
    assert not app.exception, app.exception
    return app


def told(app: AppTest) -> str:
    every = [*app.markdown, *app.caption]
    return " ".join(element.value for element in every).replace("\u202f", " ").replace("\\", "")


@pytest.fixture
def many(finished):
    """A run whose data set has pictures enough for a curve."""
    of_run = store.run(finished)
    small, count = manifest.load(of_run.dataset_id), 60
    manifest.save(
        replace(
            small,
            hashes=np.array([f"{index:064x}" for index in range(count)]),
            names=np.array([f"{index}.png" for index in range(count)], dtype=object),
            labels=np.arange(count, dtype=np.int32) % 2,
            splits=(np.arange(count) // 2 % 3).astype(np.int8),
            facts={"width": np.full(count, 8, np.int32), "height": np.full(count, 8, np.int32)},
        )
    )
    return finished


def answered(run_id: str, monkeypatch, found: Collected = FOUND) -> None:
    """Let the curve of a run be drawn already."""
    monkeypatch.setattr(
        answer_kept.AnswerKept, "answer", lambda *_: json.loads(found.model_dump_json())
    )


def test_the_curve_is_offered_with_its_price_and_a_click_asks_for_it(many, engine: FakeEngine):  # noqa: F811
    app = panel(many)
    button = app.button(key="draw-curve")
    assert button.label.startswith("Draw the learning curve: ")
    button.click().run()
    assert not app.exception
    run = store.run(many)
    key = curve_drawer.key(run.dataset_id, parse(run.config))
    assert (LEARNING_CURVE.name, key) in engine.submitted
    assert [button.key for button in app.button] == ["stop-curve"]


def test_what_was_found_is_told_in_words_with_its_interval(many, monkeypatch):
    answered(many, monkeypatch)
    app = panel(many)
    words = told(app)
    expected = "With twice the pictures the exact solution reaches 85 % to 92 %, in 8 of 10 cases; with those of now 82 %."
    assert expected in words
    assert "judged on 40 test pictures" in words and "the exact solution reaches 75 % ± 5" in words
    assert "This run trained more of the network" in words
    assert "More pictures of **square** help most." in words
    table = app.dataframe[0].value
    assert list(table["All classes"]) == ["+2.0", "+0.1"]
    assert list(table["8 of 10 cases"]) == ["+1.0 … +3.0", "−1.0 … +1.2"]
    assert list(table["This class"]) == ["+5.0", "–"]


def test_of_labels_the_gain_is_that_of_their_own_average_precision(many, monkeypatch):
    labels = FOUND.model_copy(
        update={"gain_of": "average_precision", "classes": FOUND.classes[:1], "folds": None}
    )
    answered(many, monkeypatch, labels)
    app = panel(many)
    table = app.dataframe[0].value
    assert list(table["Average precision"]) == ["+2.0"] and "This class" not in table
    words = told(app)
    assert "1 label is left out: too few pictures show it." in words
    assert "bring +2.0 points of its average precision in the mean" in words


def test_advice_stands_with_its_evidence_and_a_click(many, monkeypatch):
    answered(many, monkeypatch)
    app = panel(many)
    words = told(app)
    assert "**Collect more pictures of every kind.**" in words
    assert "**Collect more pictures of “square”.**" in words
    assert any(button.label == "Add pictures" for button in app.button)


def test_a_curve_that_ended_early_and_classes_left_out_are_said(many, monkeypatch):
    answered(
        many,
        monkeypatch,
        FOUND.model_copy(update={"used": 120, "classes": (), "no_classes": "many"}),
    )
    words = told(panel(many))
    assert "the largest share is 120 of 200 pictures" in words
    assert "There are too many classes or pictures to tell" in words


def test_too_few_pictures_are_said_and_the_rest_of_the_advice_stays(finished):
    app = panel(finished)
    words = told(app)
    assert "Too few pictures to learn from, 4," in words
    assert not any(button.key == "draw-curve" for button in app.button)
    assert "validation pictures choose between epochs" in words


def test_a_model_of_numbers_tells_each_of_them_in_its_unit(many, monkeypatch):
    of_run = store.run(many)
    dataset, count = manifest.load(of_run.dataset_id), 60
    manifest.save(
        replace(
            dataset,
            classes=(),
            targets=("price", "rooms"),
            labels=np.zeros(count, np.int32),
            values=np.arange(2 * count, dtype=np.float64).reshape(count, 2),
        )
    )
    numbers = {**(of_run.metrics or {}), "task": "regress"}
    store.move_run(many, "finished", only_from=("finished",), metrics=numbers)
    price = FOUND.curves[0]
    rooms = price.model_copy(
        update={"errors": (4.0, 2.5, 1.8), "doubled": (0.8, 1.2, 1.5), "highest": (5.0, 3.0, 1.8)}
    )
    found = FOUND.model_copy(
        update={"curves": (price, rooms), "classes": (), "no_classes": "task", "folds": None}
    )
    answered(many, monkeypatch, found)
    app = panel(many)
    assert "With twice the pictures the exact solution is off by 0.0800 to 0.150" in told(app)
    app.selectbox(key=f"amount-{many}").set_value(1).run()
    assert not app.exception
    assert (
        "the exact solution is off by 0.800 to 1.50, in 8 of 10 cases; with those of now by 1.80."
        in told(app)
    )
    assert not app.dataframe
