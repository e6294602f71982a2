"""The results page of a model that tells classes apart."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.shared import datasets, page_files
from tests.pages.conftest import ANSWERS, EPOCHS
from tests.pages.test_pages import opened, told
from tl_core import store
from tl_core.config import TrainConfig
from tl_core.datasets import manifest
from tl_core.datasets.splits import TEST
from tl_core.measures import metrics


@pytest.fixture
def page(finished) -> AppTest:
    app = opened(page_files.RESULTS)
    assert not app.exception, app.exception
    assert not app.error
    return app


def bodies(app: AppTest) -> list[str]:
    return [block.proto.body for block in app.get("html")]


def drawn(app: AppTest) -> str:
    return " ".join(bodies(app))


def test_the_number_stands_with_its_interval_beside_guessing_and_the_exact_solution(page):
    low, high = (store.runs()[0].metrics["test"][f"accuracy_{end}"] for end in ("low", "high"))
    assert '<p class="graft-score">75\u202f%' in drawn(page)
    assert "right on 4 test pictures" in told(page)
    assert f"between {low:.0%} and {high:.0%}".replace("%", "\u202f%") in told(page)
    assert "Always answering “round” would be right 50\u202f% of the time." in told(page)
    assert "exact solution on the frozen network reaches 50\u202f%" in told(page)
    assert any("only 4 test pictures" in info.value for info in page.info)


def test_every_class_has_a_row_and_the_commonest_mistake_a_sentence(page):
    table, _ = (frame.value for frame in page.dataframe)
    assert table.to_dict("list") == {
        "Class": ["round", "square"],
        "Test pictures": [2, 2],
        "Right": [2, 1],
        "Wrong": [0, 1],
        "Found": [100, 50],
        "Trustworthy": [67, 100],
        "F1": [80, 67],
    }
    words = "“square” was taken for “round” 1 time in 2, never the other way round"
    assert words in told(page)


def matrix_of(app: AppTest) -> dict[str, Any]:
    """Return what the component that draws the confusion matrix was given."""
    (component,) = (
        found.proto
        for found in app.get("bidi_component")
        if "confusion" in found.proto.component_name
    )
    return json.loads(component.json)


def test_what_was_taken_for_what_is_drawn_in_counts_and_in_shares(page):
    matrix = matrix_of(page)
    assert matrix["classes"] == ["round", "square"]
    assert matrix["cells"] == [[0, 0, "2", 1.0, 2], [1, 0, "1", 0.5, 1], [1, 1, "1", 0.5, 1]]
    page.segmented_control(key=f"in-shares-{store.runs()[0].id}").set_value(True).run()
    texts = [text for _, _, text, _, _ in matrix_of(page)["cells"]]
    assert texts == ["100\u202f%", "50\u202f%", "50\u202f%"]


def test_the_pictures_of_a_pair_stand_beside_the_matrix(page, dataset_id):
    dataset = manifest.load(dataset_id)
    hashes = dataset.hashes[dataset.splits == TEST]
    run_id = store.runs()[0].id
    choice = page.selectbox(key=f"pair-{run_id}")
    assert choice.options[0] == "square taken for round: 1" and choice.value == (1, 0)
    choice.set_value((0, 0)).run()
    assert not page.exception
    beside = next(
        block.proto.body for block in page.get("html") if "recognised" in block.proto.body
    )
    assert [beside.count(f"/graft/thumbnail/{digest}") for digest in hashes] == [1, 0, 1, 0]
    page.button(key=f"hard-{run_id}-0").click().run()
    assert not page.exception
    assert page.selectbox(key=f"pair-{run_id}").value == (1, 0)


def courses(app: AppTest) -> list[dict[str, Any]]:
    """Return the charts that go over the epochs."""
    charts = [json.loads(chart.proto.spec) for chart in app.get("echarts_chart")]
    return [chart for chart in charts if chart["xAxis"]["name"] == "epoch"]


def test_the_trade_offs_of_its_classes_stand_on_the_page(page):
    charts = [json.loads(chart.proto.spec) for chart in page.get("echarts_chart")]
    roc = next(chart for chart in charts if chart["series"][-1]["name"] == "guessing")
    assert {curve["name"] for curve in roc["series"]} == {"round", "square", "guessing"}


def test_how_it_learnt_is_drawn(page):
    loss, accuracy = courses(page)
    for chart, kind, scale in ((loss, "loss", 1), (accuracy, "accuracy", 100)):
        for curve, field in zip(chart["series"], (kind, f"val_{kind}"), strict=True):
            heights = [scale * epoch[field] for epoch in EPOCHS]
            assert curve["data"] == [[1, heights[0]], [2, heights[1]], [3, heights[2]]]
    assert (accuracy["yAxis"]["min"], accuracy["yAxis"]["max"]) == (0, 100)
    assert loss["yAxis"]["min"] == 0 and 0.9 < loss["yAxis"]["max"] <= 1


def test_the_finished_curves_are_drawn_as_they_were_while_it_learnt(page):
    of_result, of_run = courses(page), courses(opened(page_files.RUNS))
    assert len(of_result) == 2 and of_result == of_run


def test_wrong_examples_come_first_and_right_ones_by_a_click_the_surest_first(page, dataset_id):
    dataset = manifest.load(dataset_id)
    hashes = dataset.hashes[dataset.splits == TEST]
    assert "says round, 60\u202f%; is square" in drawn(page)
    assert f"/graft/thumbnail/{hashes[3]}" in drawn(page)
    assert not any(f"/graft/thumbnail/{digest}" in drawn(page) for digest in hashes[:3])
    assert any("cost the most come first" in caption.value for caption in page.caption)
    page.segmented_control(key=f"examples-{store.runs()[0].id}").set_value("right").run()
    assert not page.exception and not page.error
    surest_first = sorted(hashes[:3], key=lambda digest: -ANSWERS[list(hashes).index(digest)].max())
    places_of = [drawn(page).index(f"/graft/thumbnail/{digest}") for digest in surest_first]
    assert places_of == sorted(places_of)
    examples = next(html for html in bodies(page) if "recognised" in html)
    assert f"/graft/thumbnail/{hashes[3]}" not in examples and "says" not in examples


def test_test_pictures_that_belong_together_are_told_with_what_the_range_rests_on(dataset_id):
    truth = np.repeat([0, 1, 0, 1], 20)
    answers = np.eye(2)[np.repeat([0, 1, 1, 1], 20)]
    groups = np.repeat(np.arange(4), 20)
    test = metrics.summary(truth, answers, ("round", "square"), groups=groups)
    run_id = store.add_run(dataset_id, "bursts", TrainConfig().model_dump(mode="json"), "token")
    numbers = {"task": "classify", "test": test, "test_accuracy": test["accuracy"]}
    store.run_finished(run_id, numbers)
    app = opened(page_files.RESULTS)
    assert not app.exception, app.exception
    captions = " ".join(caption.value for caption in app.caption)
    assert "Your 80 test pictures come in 4 groups" in captions
    assert "as much as 4 pictures on their own" in captions
    assert "a model that is exactly as sure as it should be shows" in told(app)


def test_a_class_without_a_test_picture_is_named(finished, monkeypatch):
    dataset = manifest.load(store.run(finished).dataset_id)
    extended = replace(dataset, classes=(*dataset.classes, "oval"))
    monkeypatch.setattr(datasets, "loaded", lambda _: extended)
    app = opened(page_files.RESULTS)
    assert not app.exception
    warnings = " ".join(warning.value for warning in app.warning)
    assert "**oval** has no test picture" in warnings
    assert "**oval** has no picture to learn from" in warnings
