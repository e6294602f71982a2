"""Trying two depths: offered with its price, followed, stopped, and its outcome one click from the choice."""

import pytest
import streamlit as st

from tests.pages.train.test_train_page import opened
from tl_core.config import TrainConfig
from tl_core.jobs import beginning, depth_comparer
from tl_core.signals import events


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch):
    st.cache_data.clear()
    monkeypatch.setattr(depth_comparer, "is_possible", lambda dataset: True)
    monkeypatch.setattr("tl_core.pricing.gains.known", lambda: ())


def button(app, key):
    return next((each for each in app.button if each.key == key), None)


def words(app):
    return " ".join(block.value for block in app.markdown)


def end(engine, **fields):
    (key,) = [key for kind, key in engine.submitted if kind == "compare_depths"]
    with events.Writer(depth_comparer._TRIES.folder(key)) as writer:
        writer.emit(**fields)
    engine.kill(key)


TRIES = [
    {"stages": 9, "gain": 2.0, "low": 0.4, "high": 3.9, "judged": 40, "pictures": 60},
    {"stages": 18, "gain": -1.0, "low": -3.2, "high": 1.1, "judged": 40, "pictures": 60},
]


@pytest.mark.slow
def test_two_depths_are_tried_at_a_click_and_the_better_one_taken(shapes, engine):
    app = opened(shapes.id)
    offered = button(app, "try-depths")
    assert offered.label.startswith("Try the last 9 stages and all stages: about")
    offered.click().run()
    assert not app.exception and button(app, "stop-try-depths") is not None
    assert [kind for kind, _ in engine.submitted].count("compare_depths") == 1
    end(engine, event="finished", metrics={"tries": TRIES})
    app.run()
    assert "Tried the last 9 stages: 0 to +4 points of accuracy" in words(app)
    assert "Tried all stages: \N{MINUS SIGN}3 to +1 points" in words(app)
    button(app, "take-depth-9").click().run()
    assert app.session_state["_config"].network.trainable_stages == 9
    assert not app.exception and "Tried the last 9 stages" in words(app)


@pytest.mark.slow
def test_a_try_is_stopped_and_offered_again(shapes, engine):
    app = opened(shapes.id)
    button(app, "try-depths").click().run()
    button(app, "stop-try-depths").click().run()
    end(engine, event="cancelled")
    app.run()
    assert not app.exception and not app.error and button(app, "try-depths") is not None


def test_a_try_that_failed_says_why_and_can_be_repeated(shapes, engine):
    app = opened(shapes.id)
    button(app, "try-depths").click().run()
    end(engine, event="failed", code="memory", message="Too much.", hint="Less.")
    app.run()
    assert "Too much" in " ".join(error.value for error in app.error)
    assert button(app, "try-depths") is not None


def test_nothing_is_tried_where_it_would_tell_nothing(shapes, priced, engine, monkeypatch):
    assert button(opened(priced), "try-depths") is None
    monkeypatch.setattr(beginning, "is_lesson", lambda row: True)
    assert button(opened(shapes.id), "try-depths") is None
    monkeypatch.undo()
    assert TrainConfig().course.start == "closed_form"
    assert button(opened(shapes.id), "try-depths") is None  # too few validation pictures
