"""Beside the price of every depth stands what it brought on data like this, and which one earns its time."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.pages.train.test_train_page import opened
from tests.pricing.made_gains import learnt_before, table
from tl_core.jobs import beginning
from tl_core.pricing import gains

UNKNOWN = "nothing known yet"
SAID = "of accuracy against the exact solution, in 8 of 10 cases"


@pytest.fixture(autouse=True)
def _nothing_remembered():
    st.cache_data.clear()


@pytest.fixture
def knowing(home):
    """A machine that knows what trainings of five other data sets brought."""
    learnt_before(tuple(gain for gain in table(5) if gain.division == "0"))


def captions(app: AppTest) -> str:
    return " ".join(block.value for block in app.caption)


def depths(app: AppTest):
    return next(frame.value for frame in app.dataframe if "Takes" in frame.value)


@pytest.mark.usefixtures("knowing")
def test_every_depth_says_what_it_brings(shapes):
    app = opened(shapes.id)
    assert "Training the new head alone: " in captions(app) and SAID in captions(app)
    studied = len({gain.case.set for gain in gains.gains_in(gains.STUDY.read_text("utf-8"))})
    assert f"trainings of {studied + 5} other data sets" in captions(app)
    brings = list(depths(app)["Brings"])
    assert len(set(brings)) > 3 and all(each.endswith("points") for each in brings)


@pytest.mark.usefixtures("knowing")
def test_the_bar_above_start_says_what_the_chosen_depth_brings(shapes):
    app = opened(shapes.id)
    brings = list(depths(app)["Brings"])
    assert any(block.value.endswith(f" · {brings[0]}") for block in app.markdown)


def test_a_machine_that_knows_nothing_says_so(shapes, monkeypatch):
    monkeypatch.setattr("tl_core.pricing.gains.known", lambda: ())
    app = opened(shapes.id)
    assert UNKNOWN in captions(app) and set(depths(app)["Brings"]) == {UNKNOWN}


@pytest.mark.slow
@pytest.mark.usefixtures("knowing")
def test_numbers_sample_pictures_and_the_control_are_told_no_gain(shapes, priced, monkeypatch):
    app = opened(priced)
    assert "Brings" not in depths(app) and UNKNOWN not in captions(app)
    app = opened(shapes.id)
    app.button("choose-method-scratch").click().run()
    assert SAID not in captions(app) and UNKNOWN not in captions(app)
    monkeypatch.setattr(beginning, "is_lesson", lambda row: True)
    app = opened(shapes.id)
    assert "Brings" not in depths(app) and SAID not in captions(app)
