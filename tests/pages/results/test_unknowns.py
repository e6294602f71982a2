"""None of these on the result page: what is refused, what that brings, and how careful the model is."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.export import made
from tests.measures.test_unknowns import fitted
from tl_core.base import ids
from tl_core.training import unknown_pictures

RUN = "a" * 24


def panel():
    from types import SimpleNamespace

    from pages.parts.results import unknowns

    point = {"answered": 90, "low": 0.8, "high": 0.95}
    told = {
        "test": 100,
        "refused": [
            {"careful": c, "count": n} for c, n in ((0.01, 1), (0.05, 4), (0.1, 9), (0.2, 22))
        ],
        "risk_coverage": [
            {"refused": 0.0, "accuracy": 0.83, **point},
            {"refused": 0.1, "accuracy": 0.88, **point},
        ],
    }
    unknowns.draw(SimpleNamespace(id="a" * 24, dataset_id="b" * 24, metrics={"unknowns": told}))  # pyright: ignore[reportArgumentType]


@pytest.fixture
def model(home):
    folder = made.described_only(ids.run_folder(RUN) / "model", ("a", "b"), 2)
    unknown_pictures.keep(folder, fitted())
    return folder


def texts(page):
    return " ".join(each.value for each in page.markdown)


def test_a_choice_is_counted_and_kept(model):
    page = AppTest.from_function(panel).run()
    assert not page.exception
    assert "Of 100 known test pictures 4 would be refused." in texts(page)
    assert "88" in texts(page) and "83" in texts(page)
    packed = ids.run_folder(RUN) / "exports"
    packed.mkdir()
    page.segmented_control[0].set_value(0.2).run()
    assert not page.exception
    assert "22 would be refused" in texts(page)
    assert unknown_pictures.careful(model) == 0.2 and not packed.exists()


def test_a_model_of_before_says_that_it_cannot_tell(home):
    made.described_only(ids.run_folder(RUN) / "model", ("a", "b"), 2)
    page = AppTest.from_function(panel).run()
    assert not page.exception
    assert "cannot tell" in texts(page)
