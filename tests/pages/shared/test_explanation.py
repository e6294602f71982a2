"""The panel that answers “Why?”: nothing of it is trusted as markup, and it stands where it can be used."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.shared import explanation, page_files
from tests.jobs.test_predictor import model  # noqa: F401 - a fixture
from tests.pages.test_pages import MAIN
from tl_core.base import ids
from tl_core.jobs.explained import Shown

ONE = Shown("<b>x</b>", 0.91, 0.34, 0.9, "bWFw", is_share=True)


def test_a_figure_tells_the_check_in_numbers_and_shows_names_as_text():
    drawn = explanation._figure(ONE, "cGxhaW4=", is_laid_over=True)
    assert "<b>x</b>" not in drawn.replace("<b>&lt;b&gt;x&lt;/b&gt;</b>", "")
    assert "base64,bWFw" in drawn and "base64,cGxhaW4=" not in drawn
    told = "Hide what speaks for it most: 91 % becomes 34 %. Hide as much elsewhere: 90 %."
    assert told in drawn.replace("\u202f", " ").replace("\xa0", " ")


@pytest.mark.parametrize(
    ("hidden", "elsewhere", "is_said"), [(0.34, 0.9, False), (0.95, 0.97, True), (0.8, 0.7, True)]
)
def test_colours_that_hiding_does_not_bear_out_are_called_so(hidden, elsewhere, is_said):
    drawn = explanation._figure(replace(ONE, hidden=hidden, elsewhere=elsewhere), "", True)
    assert ("no single place speaks for it" in drawn) == is_said


def test_the_figure_of_what_is_true_says_so():
    assert "its label" in explanation._figure(ONE, "", True, is_true=True)
    assert "its label" not in explanation._figure(ONE, "", True)


def test_without_the_overlay_the_picture_is_plain_and_numbers_have_no_percent():
    number = replace(ONE, name="price", value=350.0, hidden=120.0, elsewhere=345.0, is_share=False)
    drawn = explanation._figure(number, "cGxhaW4=", is_laid_over=False)
    assert "base64,cGxhaW4=" in drawn and "base64,bWFw" not in drawn
    assert "350 becomes 120" in drawn and "%" not in drawn


def test_results_offer_it_only_where_the_model_is_there(finished):
    app = AppTest.from_file(MAIN).switch_page(page_files.RESULTS).run()
    assert not app.exception
    assert "Why it said that" not in [header.value for header in app.header]


@pytest.mark.slow
def test_a_chosen_test_picture_is_explained_by_a_job(finished, model, engine):  # noqa: F811
    import shutil

    shutil.copytree(model, ids.run_folder(finished) / "model")
    app = AppTest.from_file(MAIN).switch_page(page_files.RESULTS).run()
    assert "Why it said that" in [header.value for header in app.header]
    app.segmented_control(key=f"why-{finished}").set_value(0).run()
    assert not app.exception
    assert [kind for kind, _ in engine.submitted] == ["explain"]
