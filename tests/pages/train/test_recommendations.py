"""Settings follow what is recommended until a person touches them, and find back to it at a click."""

from collections import namedtuple
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.shared import page_files, setting_words
from pages.parts.train import network_picture, price
from tests.pages.test_pages import MAIN
from tests.pages.train.test_train_page import chosen, labels, opened
from tl_core import store
from tl_core.config import LESSON, SETTINGS, TrainConfig
from tl_core.datasets import manifest
from tl_core.jobs import run_actions
from tl_core.methods import registry
from tl_core.methods.situation import Recipe

Priced = namedtuple("Priced", "total_s")
DEEP = {"epochs": 40, "schedule": "cosine", "warmup": 0.2, "stage_decay": 0.8}


@pytest.fixture(autouse=True)
def recipes(monkeypatch):
    """One recipe, so that tests know what is recommended whatever the real one says."""
    deep = Recipe(name="deep", source="A test.", stages=(1, 64), values=DEEP)
    fine_tune, *others = registry.METHODS
    monkeypatch.setattr(registry, "METHODS", (replace(fine_tune, recipes=(deep,)), *others))


def at_depth(app: AppTest, stages: int) -> AppTest:
    """Move the line between frozen and learning, as the picture of the network does."""
    config = app.session_state["_config"].but(trainable_stages=stages)
    app.session_state["_config"] = config
    app.session_state["_config_round"] = app.session_state.get("_config_round", 0) + 1
    app.run()
    assert not app.exception and not app.error
    return app


def course(app: AppTest):
    return app.session_state["_config"].course


def keys(app: AppTest) -> set[str | None]:
    return {button.key for button in app.button}


def words(app: AppTest) -> str:
    return " ".join(block.value for block in app.markdown)


@pytest.mark.slow
def test_what_nobody_touched_follows_the_depth_there_and_back(shapes):
    app = opened(shapes.id)
    at_depth(app, 2)
    assert chosen(app, "number_input", "Epochs").value == course(app).epochs == 40
    assert chosen(app, "slider", "Warm-up").value == 0.2
    assert "not as recommended" not in words(app) and "40 epochs" in words(app)
    at_depth(app, 0)
    assert chosen(app, "number_input", "Epochs").value == course(app).epochs == 10
    assert "Warm-up" not in labels(app)


@pytest.mark.slow
def test_a_touched_setting_stays_and_says_what_is_recommended(shapes):
    app = opened(shapes.id)
    chosen(app, "number_input", "Epochs").set_value(25).run()
    assert app.button(key="back-epochs").label == "Recommended: 10"
    at_depth(app, 2)
    assert chosen(app, "number_input", "Epochs").value == 25
    assert app.button(key="back-epochs").label == "Recommended: 40"
    assert app.session_state["_config"].rate.stage_decay == 0.8
    app.button(key="back-epochs").click().run()
    assert chosen(app, "number_input", "Epochs").value == course(app).epochs == 40
    assert "back-epochs" not in keys(app)
    at_depth(app, 0)
    assert course(app).epochs == 10


@pytest.mark.slow
def test_one_click_brings_all_settings_back(shapes):
    app = at_depth(opened(shapes.id), 2)
    chosen(app, "number_input", "Epochs").set_value(3).run()
    chosen(app, "selectbox", "Learning rate over time").select("plateau").run()
    assert "2 settings are your own, not as recommended: Learning rate over time, Epochs." in words(
        app
    )
    app.button(key="back-to-recommended").click().run()
    assert not app.exception and "back-to-recommended" not in keys(app)
    assert chosen(app, "selectbox", "Learning rate over time").value == "cosine"
    assert course(app).epochs == 40


@pytest.mark.slow
def test_a_time_that_was_chosen_is_a_persons_own(shapes):
    app = opened(shapes.id)
    app.button(key="budget-300").click().run()
    epochs = course(app).epochs
    at_depth(app, 2)
    assert course(app).epochs == epochs != 40 and "back-epochs" in keys(app)


@pytest.mark.slow
def test_a_value_set_back_by_hand_follows_again(shapes):
    app = opened(shapes.id)
    chosen(app, "number_input", "Epochs").set_value(25).run()
    chosen(app, "number_input", "Epochs").set_value(10).run()
    assert course(at_depth(app, 2)).epochs == 40


def test_the_settings_of_an_earlier_run_keep_their_values_and_are_marked(shapes, engine):
    before = TrainConfig(trainable_stages=2, epochs=7, schedule="cosine", warmup=0.2)
    run_id = run_actions.start_run(shapes.id, before, "click")
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["run"] = run_id
    app = app.switch_page(page_files.RUNS).run()
    app.button(key=f"again-{run_id}").click().run()
    assert not app.exception and not app.error
    assert app.session_state["_config"] == before
    assert app.button(key="back-epochs").label == "Recommended: 40"
    assert "2 settings are your own" in words(app)
    at_depth(app.switch_page(page_files.TRAIN), 0)
    assert course(app).epochs == 7 and app.session_state["_config"].rate.schedule == "constant"


def test_other_depths_are_priced_as_they_would_be_trained(shapes):
    app = opened(shapes.id)
    takes = app.dataframe[0].value["Takes"]
    chosen(app, "number_input", "Epochs").set_value(9).run()
    assert list(app.dataframe[0].value["Takes"][1:]) != list(takes[1:])


def test_in_the_lesson_nothing_follows(shapes):
    row = store.dataset(shapes.id)
    sample = store.create_dataset(row.project_id, "Fruit", request={"source": "samples"})
    manifest.save(replace(shapes, id=sample))
    store.dataset_ready(sample, {"pictures": len(shapes), "classes": {}})
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["dataset"] = sample
    app.session_state["_config"] = LESSON
    app = app.switch_page(page_files.TRAIN).run()
    at_depth(app, 2)
    assert app.session_state["_config"] == LESSON.but(trainable_stages=2)
    chosen(app, "number_input", "Epochs").set_value(5).run()
    assert "back-epochs" not in keys(app) and "not as recommended" not in words(app)


def test_values_are_written_as_their_widgets_write_them():
    told = {
        name: setting_words.written(SETTINGS[name], value)
        for name, value in {
            "learning_rate": 1e-3,
            "schedule": "cosine",
            "flip": True,
            "start": "closed_form",
            "hidden_units": (512, 128),
            "zoom": 0.2,
            "epochs": 40,
        }.items()
    }
    assert told == {
        "learning_rate": "0.001",
        "schedule": "Cosine with warm-up",
        "flip": "on",
        "start": "off",
        "hidden_units": "512, 128",
        "zoom": "20\u202f%",
        "epochs": "40",
    }
    assert setting_words.written(SETTINGS["hidden_units"], ()) == "none"
    assert setting_words.written(SETTINGS["rotate"], 15.0) == "15", "degrees are no shares"


@pytest.mark.parametrize(
    ("depth", "words"),
    [(0, "the new head alone"), (1, "the last stage."), (3, "last 3 stages"), (9, "everything")],
)
def test_the_recommended_depth_is_told_in_words(depth, words):
    told = network_picture._recommendation(depth, 9)
    assert words in told["is_other"] and told["mark"] == "recommended"
    assert network_picture._recommendation(None, 9) == {}


@pytest.mark.slow
def test_the_card_of_the_chosen_method_prices_what_would_be_trained_at_the_first_sight(
    shapes, monkeypatch
):
    always = Recipe(name="always", source="A test.", stages=(0, 64), values={"epochs": 40})
    fine_tune, *others = registry.METHODS
    monkeypatch.setattr(registry, "METHODS", (replace(fine_tune, recipes=(always,)), *others))
    on_cards = []
    monkeypatch.setattr(
        price, "alone", lambda dataset, config: on_cards.append(config) or Priced(4.0)
    )
    app = opened(shapes.id)
    assert course(app).epochs == 40
    assert on_cards[0] == app.session_state["_config"]
