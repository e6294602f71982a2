"""The switch of Try it for all that a picture may be."""

import json
import shutil

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.shared.tasks import registry
from pages.parts.try_it import answers_in_pages, promised_answers
from tests.jobs.test_predictor import model  # noqa: F401 - a fixture
from tl_core.base import ids
from tl_core.jobs.predictor import Prediction
from tl_core.jobs.tried import Told
from tl_core.measures.conformal import Promise
from tl_core.models import persist
from tl_core.tasks.task import Rules

PROMISES = (Promise(coverage=0.8, limits=(0.5,)), Promise(coverage=0.9, limits=(0.2,)))
ASKED = Rules(promises=PROMISES), PROMISES[1]
ANSWER = Prediction("paper", {"paper": 0.7, "<card>": 0.25, "metal": 0.05}, task="classify")


@pytest.fixture
def run_id(finished, model) -> str:  # noqa: F811
    shutil.copytree(model, ids.run_folder(finished) / "model")
    return finished


def promising(run_id: str) -> None:
    """Let the model of a run promise what `PROMISES` says."""
    folder = ids.run_folder(run_id) / "model"
    told = json.loads((folder / persist.DESCRIPTION).read_text())
    told |= {"promises": [promise.model_dump() for promise in PROMISES], "format": persist.FORMAT}
    (folder / persist.DESCRIPTION).write_text(json.dumps(told))


def page(run_id: str) -> AppTest:
    def script(run_id):
        import streamlit as st

        from pages.parts.shared.tasks import registry
        from pages.parts.try_it import promised_answers
        from tl_core import store

        run = store.run(run_id)
        asked = promised_answers.ask(run, registry.of_run(run))
        st.text(str(asked and asked[1].coverage))

    return AppTest.from_function(script, kwargs={"run_id": run_id}, default_timeout=30).run()


@pytest.mark.slow
def test_nothing_more_is_named_until_it_is_asked_for(run_id):
    promising(run_id)
    app = page(run_id)
    assert not app.exception and app.text[0].value == "None"
    app.toggle[0].set_value(True).run()
    assert not app.exception and app.text[0].value == "0.9"
    app.segmented_control[0].set_value(0.8).run()
    assert app.text[0].value == "0.8"


def test_a_model_that_promises_nothing_says_so(run_id):
    app = page(run_id)
    app.toggle[0].set_value(True).run()
    assert not app.exception and app.text[0].value == "None"
    assert "cannot promise" in " ".join(block.value for block in [*app.error, *app.markdown])


def test_every_class_that_it_may_be_is_named_as_it_is():
    panels = registry.of_answer(ANSWER)
    may_be = promised_answers.all_of(ANSWER, ASKED)
    assert may_be is not None
    told = panels.may_be(may_be)
    assert told.startswith("One of: **paper**, **") and "metal" not in told
    assert "<card>" not in told
    rows = [Told("x", "x.png", ANSWER), Told("y", "y.png", reason="It is damaged.")]
    columns = answers_in_pages._columns(rows, ASKED)
    assert columns["May be (90\u202f%)"] == ["paper, <card>", None]
    assert "May be" not in " ".join(answers_in_pages._columns(rows))


def test_a_number_stands_with_its_ends():
    answer = Prediction("", {}, {"price": 100.0}, task="regress")
    asked = Rules(), Promise(coverage=0.9, limits=(20.0,))
    told = promised_answers.all_of(answer, asked)
    assert told is not None
    assert "between **80** and **120**" in registry.of_answer(answer).may_be(told)
    assert promised_answers.in_short(told) == "80–\u2060120"
