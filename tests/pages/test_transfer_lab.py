"""The Transfer lab: an audition is offered with its price, followed, and its winner taken at a click."""

import json
from dataclasses import replace

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.parts.shared import page_files
from pages.parts.transfer_lab import search_board as board_page
from tests.evaluation import test_audition as made
from tests.pages.test_pages import MAIN
from tl_core import store
from tl_core.backbones import weights
from tl_core.base import files
from tl_core.evaluation import audition
from tl_core.evaluation.search.candidates import Candidate
from tl_core.evaluation.search.tried import Prior, Record, Standing, Tried
from tl_core.jobs import search_board, searcher
from tl_core.jobs.kinds import audition as kinds_audition
from tl_core.signals import events


@pytest.fixture(autouse=True)
def _two_backbones(monkeypatch):
    st.cache_data.clear()
    monkeypatch.setattr(weights, "present", lambda name: name in ("starter", "mobilenet_v2"))


@pytest.fixture
def stored(made_dataset):
    """A function that stores a data set of made pictures."""

    def make(*shape, **more):
        identifier = store.create_dataset(store.default_project().id, "made")
        made_dataset(*shape, identifier=identifier, **more)
        store.dataset_ready(identifier, {"pictures": 48})
        return identifier

    return make


@pytest.fixture
def shapes(stored):
    return stored(2, 24)


def opened(dataset: str) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["dataset"] = dataset
    app = app.switch_page(page_files.TRANSFER_LAB).run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    told = (*app.markdown, *app.caption, *app.header, *app.error, *app.info)
    return " ".join(element.value for element in told)


def button(app: AppTest, key: str):
    return next((each for each in app.button if each.key == key), None)


def found(names, apart=(1.5, 0.1)):
    """Return the told order of names whose features differ as much as `apart` says."""
    stage = audition.stage(made.dataset())
    labels = stage.sample.labels
    heard = [
        replace(stage.hear(name, made.features(labels, far, seed=n)), ms_each=12.3)
        for n, (name, far) in enumerate(zip(names, apart, strict=True))
    ]
    return stage.ranked(heard).told()


def end(engine, told, **fields):
    key = next(key for kind, key in reversed(engine.submitted) if kind == "audition")
    folder = kinds_audition.folder(key)
    if told is not None:
        files.write_whole(folder / kinds_audition.RANKING, json.dumps(told).encode())
    with events.Writer(folder) as writer:
        writer.emit(**({"event": "finished", "metrics": told} | fields))
    engine.kill(key)


def test_four_kinds_of_transfer_and_a_price_before_anything_begins(shapes, engine):
    app = opened(shapes)
    assert not app.error
    for kind in ("Pictures", "Features", "Models", "Relations"):
        assert f"**{kind}**" in words(app)
    assert button(app, "start-audition").label.startswith("Compare backbones: about")
    assert "Starter" in words(app) and "none of the test part" in words(app)
    assert button(app, "fetch-efficientnet_lite0").label.startswith("Download 19")
    assert button(app, "next-step").label == "Train a model"
    assert not engine.submitted


@pytest.mark.slow
def test_the_winner_of_an_audition_is_taken_at_a_click(shapes, engine):
    app = opened(shapes)
    button(app, "start-audition").click().run()
    assert button(app, "stop-audition") is not None
    end(engine, found(["mobilenet_v2", "starter"]))
    app.run()
    assert not app.exception and "**MobileNetV2** suits your pictures best" in words(app)
    (table, *_) = app.dataframe
    assert list(table.value["Backbone"]) == ["MobileNetV2", "Starter"]
    assert "points behind" in table.value["Against the first"][1]
    assert "LEEP" not in table.value and table.value["Licence"][0] == "Apache-2.0"
    assert "arXiv 2102.11005" in words(app)
    assert "LogME" not in table.value and "LogME" in app.dataframe[1].value
    button(app, "use-mobilenet_v2").click().run()
    assert not app.exception and app.title[0].value == "Train"
    assert app.session_state["_config"].network.backbone == "mobilenet_v2"


def test_whoever_comes_back_finds_the_last_order_and_who_was_heard(shapes, engine):
    app = opened(shapes)
    (chosen,) = [each for each in app.multiselect if each.label == "Backbones to compare"]
    chosen.set_value(["mobilenet_v2"]).run()
    button(app, "start-audition").click().run()
    end(engine, found(["mobilenet_v2"], (1.2,)))
    again = opened(shapes)
    (chosen,) = [each for each in again.multiselect if each.label == "Backbones to compare"]
    assert chosen.value == ["mobilenet_v2"] and "**MobileNetV2**" in words(again)
    assert button(again, "start-audition") is None
    chosen.set_value(["mobilenet_v2", "starter"]).run()
    assert "**MobileNetV2**" in words(again) and button(again, "start-audition") is not None


def test_ties_are_named(shapes, engine):
    app = opened(shapes)
    button(app, "start-audition").click().run()
    end(engine, found(["mobilenet_v2", "starter"], (1.2, 1.2)))
    app.run()
    assert "cannot be told apart by these pictures" in words(app)


def test_what_was_heard_before_a_stop_is_shown_and_the_rest_offered(shapes, engine):
    app = opened(shapes)
    button(app, "start-audition").click().run()
    end(engine, found(["mobilenet_v2"], (1.2,)), event="cancelled", metrics=None)
    app.run()
    assert not app.exception and not app.error
    assert "1 has been compared so far" in words(app)
    assert button(app, "start-audition") is not None


def test_why_an_audition_failed_is_told_and_it_may_be_repeated(shapes, engine):
    app = opened(shapes)
    button(app, "start-audition").click().run()
    end(engine, None, event="failed", code="memory", message="Too much.", hint="Less.")
    app.run()
    assert "Too much" in words(app) and button(app, "start-audition") is not None


def test_with_the_starter_alone_others_are_offered_first(shapes, engine, monkeypatch):
    monkeypatch.setattr(weights, "present", lambda name: name == "starter")
    app = opened(shapes)
    assert "there is nothing to compare" in words(app)
    assert button(app, "fetch-mobilenet_v2").label.startswith("Download 9")


def test_numbers_are_told_as_errors_beside_guessing(stored, engine):
    app = opened(stored(3, 16, values=True))
    assert not app.exception and button(app, "start-audition") is not None
    button(app, "start-audition").click().run()
    stage = audition.stage(made.numbers())
    table = np.random.default_rng(0).normal(size=(len(stage.sample), 8)).astype(np.float32)
    end(engine, stage.ranked([stage.hear("starter", table)]).told())
    app.run()
    assert not app.exception and "of the error of always answering the middle" in words(app)
    assert "R²" in app.dataframe[0].value


@pytest.mark.slow
def test_where_to_begin_to_train_is_read_off_the_depths(shapes, engine):
    app = opened(shapes)
    button(app, "start-depths").click().run()
    end(engine, found(["0", "6"], (0.1, 1.5)))
    app.run()
    assert not app.exception and "Begin to train there" in words(app)
    button(app, "use-depth").click().run()
    assert app.session_state["_config"].network.trainable_stages == 6


def test_one_class_is_refused_in_words(stored, engine):
    app = opened(stored(1, 30))
    assert "There is only one class" in words(app) and button(app, "start-audition") is None


def searched(engine, *, event="finished"):
    """Write down what a search has found, and let it end."""
    key = next(key for kind, key in reversed(engine.submitted) if kind == "search")
    record = Record()
    for candidate, right in (
        (Candidate("starter"), 70),
        (Candidate("mobilenet_v2"), 72),
        (Candidate("mobilenet_v2", 6), 90),
    ):
        bits = "1" * right + "0" * (100 - right)
        level = right / 100
        record += Tried(
            candidate, 1.0, 4.0, right=bits, level=level, low=level - 0.05, high=level + 0.05
        )
    record += Tried(Candidate("starter", 3), 0.25, 1.0, fault="There is too little memory.")
    standings = record.standings(lambda *_: Prior())
    told = {
        "trials": [one.told() for one in record.trials],
        "standings": [one.told() for one in standings],
        "chosen": 0,
        "whole_s": 42.0,
        "why_first": "",
        "left_out": ["efficientnet_lite0"],
        "share": 1.0,
        "used_s": 99.0,
    }
    folder = search_board.folder(key)
    files.write_whole(folder / search_board.BOARD, json.dumps(told).encode())
    with events.Writer(folder) as writer:
        writer.emit(event, metrics={"tried": 4})
    engine.kill(key)
    return key


@pytest.mark.parametrize(
    ("reached", "told"),
    [
        ((0.88, 0.88, 0.88), "2 others are"),
        ((0.88, 0.88, 0.7), "1 other is"),
        ((0.9, 0.7, 0.6), ""),
    ],
)
def test_others_that_are_to_be_expected_as_good_are_counted(reached, told):
    standings = tuple(
        Standing(Tried(Candidate(name), 1.0, 4.0, right="", level=value, low=0.5, high=1.0), value)
        for name, value in zip(("starter", "mobilenet_v2", "resnet50"), reached, strict=True)
    )
    board = searcher.Board((), standings, standings[0], 1.0, "", (), 1.0, 1.0)
    words = board_page._in_words(board, standings[0], is_whole=True)
    assert ("to be expected nearly as good" in words) == bool(told) and told in words


@pytest.mark.slow
def test_settings_are_found_within_a_time_that_is_told_and_trained_at_a_click(stored, engine):
    dataset = stored(2, 60)
    app = opened(dataset)
    assert button(
        app, "start-search"
    ).label == "Search for 2 min" and "none of the test part" in words(app)
    button(app, "start-search").click().run()
    assert button(app, "stop-search") is not None
    searched(engine)
    app.run()
    assert not app.exception and not app.error
    assert "The best of 4 trials: **MobileNetV2, the last 6 stages**" in words(app).replace(
        "\\", ""
    )
    assert "looks better than it is" in words(app) and "EfficientNet" in words(app)
    assert "Here 4 trials were made." in words(app)
    assert "There is too little memory" in words(app)
    assert button(app, "next-step") is None
    button(app, "train-search").click().run()
    assert not app.exception
    (run,) = store.runs(store.default_project().id)
    assert run.config["network"]["trainable_stages"] == 6 and run.dataset_id == dataset
    assert app.session_state["_config"].network.backbone == "mobilenet_v2"


def test_where_too_few_pictures_could_choose_that_is_told_in_place_of_a_search(shapes, engine):
    app = opened(shapes)
    assert "too few validation pictures" in words(app) and button(app, "start-search") is None
