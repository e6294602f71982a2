"""The Train page begins with the backbone that suits the pictures, and never changes a person's own."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.parts.shared import page_files
from tl_core.backbones import weights
from tl_core.pricing import calibration
from tl_core.pricing.calibration import Calibration

MAIN = str(Path(__file__).resolve().parents[3] / "pages" / "main.py")


@pytest.fixture(autouse=True)
def better_is_here(monkeypatch):
    monkeypatch.setattr(weights, "present", lambda name: True)
    st.cache_data.clear()


def opened(dataset: str, gigaflops: float) -> AppTest:
    calibration.keep(Calibration(gigaflops))
    app = AppTest.from_file(MAIN, default_timeout=120)
    app.query_params["dataset"] = dataset
    app = app.switch_page(page_files.TRAIN).run()
    assert not app.exception and not app.error
    return app


def told(app: AppTest) -> str:
    return " ".join(block.value for block in app.markdown)


def test_ones_own_pictures_begin_with_the_better_one_and_a_choice_stays(shapes):
    app = opened(shapes.id, 100.0)
    assert app.session_state["_config"].network.backbone == "efficientnet_lite0"
    assert "Chosen for your pictures: a short wait" in told(app)
    app.button(key="choose-starter").click().run()
    app.switch_page(page_files.DATA).run()
    app.switch_page(page_files.TRAIN).run()
    assert app.session_state["_config"].network.backbone == "starter"
    assert "Chosen for" not in told(app) and "**Chosen**" in told(app)
