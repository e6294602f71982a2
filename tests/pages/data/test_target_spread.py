"""The numbers of a data set: every lopsided one is named, and one click helps the next training."""

from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.shared import page_files
from tests.pages.data.test_version_history import data_page
from tl_core.datasets import manifest

COUNT = 12
PRICE = np.geomspace(10, 1e6, COUNT)
STOCK = np.where(np.arange(COUNT) == 5, 900.0, np.arange(COUNT) % 3)
EVEN = np.linspace(20, 30, COUNT)


@pytest.fixture
def page(dataset_id):
    """A function that opens the Data page of pictures with these numbers, by name."""

    def opened(**columns: np.ndarray) -> AppTest:
        made = manifest.load(dataset_id)
        values = np.column_stack(list(columns.values()))
        labels = np.zeros(COUNT, np.int32)
        names = tuple(name.replace("_", " *") for name in columns)
        manifest.save(replace(made, classes=(), labels=labels, targets=names, values=values))
        app = data_page()
        assert not app.error
        return app

    return opened


def said(elements) -> str:
    return " ".join(element.value for element in elements)


def test_every_lopsided_number_is_named_whichever_is_looked_at(page):
    app = page(even=EVEN, price_a=PRICE, stock=STOCK)
    large, far = [w.value for w in app.warning if "would rule the training" in w.value]
    assert r"very large **price \*a**" in large and "**even** as well" in large
    assert "have a **stock** far" in far and "exists only above zero" in far
    app.button(key="learn-log").click().run()
    app.button(key="learn-huber").click().run()
    assert not app.exception and not app.error
    assert "would rule the training" not in said(app.warning)
    assert r"the logarithm of **even**, **price \*a**." in said(app.success)
    assert "does not let a few large misses rule" in said(app.success)
    app.switch_page(page_files.TRAIN).run()
    settings = {box.label: box.value for box in app.selectbox}
    assert settings["Learn numbers as"] == "log"
    assert settings["What counts as far off"] == "huber"


def test_even_numbers_are_not_warned_of(page):
    app = page(even=EVEN)
    assert "would rule the training" not in said(app.warning)
    assert "learn-log" not in [button.key for button in app.button]


def test_of_very_many_lopsided_numbers_the_first_are_named(page):
    app = page(**{f"n{place}": STOCK for place in range(7)})
    assert "**n4** and 2 more" in said(app.warning) and "n5" not in said(app.warning)
