"""How long opening a large result takes: 2,000 test pictures of 100 classes. Prints.

The page as a person opens it for the first time in this server, without what a browser takes to draw it.
"""

import time

import numpy as np
import pytest
import streamlit as st

from pages.parts.shared import page_files
from tests.pages.results import test_odd_results as odd
from tests.pages.test_pages import opened

pytestmark = pytest.mark.benchmark

CLASSES, EACH, TESTED = 100, 60, 20
TIMES = 3
LIMIT_S = 1.0


def test_opening_the_result_of_two_thousand_test_pictures(home, report):
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(CLASSES), EACH)
    splits = np.tile(np.repeat([0, 1, 2], [30, EACH - 30 - TESTED, TESTED]), CLASSES)
    scores = random.normal(size=(len(labels), CLASSES))
    scores[np.arange(len(labels)), labels] += 4
    answers = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    odd.finished(labels, splits, answers, [f"class {at:03}" for at in range(CLASSES)])
    app, took = opened(page_files.RESULTS), []
    assert not app.exception, app.exception
    for _ in range(TIMES):
        app.switch_page(page_files.LEARN).run()
        st.cache_data.clear()
        st.cache_resource.clear()
        began = time.perf_counter()
        app.switch_page(page_files.RESULTS).run()
        took.append(time.perf_counter() - began)
        assert not app.exception, app.exception
    report("opening a result, 2,000 test pictures of 100 classes", min(took), f"{LIMIT_S}", "s")
