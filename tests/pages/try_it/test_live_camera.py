"""The place of the live camera on Try it, as far as the server sees it."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.try_it import live_camera
from tl_core.jobs import live_model, stills

CONTENT = "/9gg"


@pytest.fixture
def page(finished, monkeypatch):
    monkeypatch.setattr(live_model, "input_size", lambda run_id: 240)
    monkeypatch.setattr(stills, "explain", lambda run_id, trial_id, picture: bool(trial_id))

    def script(run_id, path, trial_id):
        import streamlit as st

        from pages.parts.shared import state
        from pages.parts.try_it import live_camera
        from tl_core import store

        if path and "once" not in st.session_state:
            st.session_state["once"] = True
            state.note_still(run_id, path, is_to_be_explained=True)
        if trial_id:
            state.note_trial(run_id, trial_id)
        shown = live_camera.draw(store.run(run_id))
        st.text(str([(one.name, bytes(one.content)) for one in shown]))
        st.text(str(state.still_of(run_id)[1]))

    def drawn(path="", trial_id=""):
        kwargs = {"run_id": finished, "path": path, "trial_id": trial_id}
        return AppTest.from_function(script, kwargs=kwargs, default_timeout=30).run()

    return drawn


def test_nothing_is_answered_below_before_a_picture_was_taken(page):
    app = page()
    assert not app.exception and app.text[0].value == "[]"


def test_the_picture_that_was_taken_last_is_answered_like_any_other(page):
    path = stills.keep(CONTENT)
    app = page(str(path))
    assert not app.exception and app.text[0].value == str([("Your photo", b"\xff\xd8 ")])
    assert app.text[1].value == "True", "no answer yet: it is still to be explained"
    path.unlink()
    assert app.run().text[0].value == "[]"


def test_what_was_frozen_is_explained_once(page):
    app = page(str(stills.keep(CONTENT)), "trial")
    assert app.text[1].value == "False"


def test_every_word_that_the_camera_asks_for_is_there():
    asked = set(
        re.findall(r"words\.(\w+)", (live_camera.FOLDER / "live_camera.js").read_text("utf-8"))
    )
    assert len(asked) > 10
    assert asked <= set(live_camera._words())
