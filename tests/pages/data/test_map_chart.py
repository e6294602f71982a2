"""The map of all pictures: waited for, there by itself, coloured by what the pictures carry."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.shared import numbers
from tests.pages.data.test_version_history import data_page
from tl_core.datasets import manifest
from tl_core.jobs import looking_through, watch
from tl_core.quality import findings, picture_map
from tl_core.quality.findings import Report
from tl_core.quality.picture_map import PictureMap
from tl_core.store import job_rows

COUNT = 12
PLACES = np.random.default_rng(0).normal(size=(COUNT, 2)).astype(np.float32)
TSNE = PLACES[::-1] * 3
WAITED_FOR = "The map comes here by itself"
FINER_WAITED_FOR = "(t-SNE) is being made"


def captions(app: AppTest) -> str:
    return " ".join(caption.value for caption in app.caption)


def traces(app: AppTest) -> list[dict[str, Any]]:
    """Return what the map draws, none where there is no map."""
    charts = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    found = [
        chart["data"] for chart in charts if chart["data"][0]["type"] in ("scatter", "scattergl")
    ]
    return found[0] if found else []


@pytest.fixture
def reported_id(dataset_id):
    """A data set that was looked through, without a map."""
    findings.save(Report(dataset=dataset_id, pictures=COUNT, backbone="starter", findings=()))
    return dataset_id


def test_the_map_comes_by_itself_and_grows_finer(dataset_id, engine):
    app = data_page()
    assert "Map of your pictures" in [header.value for header in app.header]
    assert WAITED_FOR in captions(app) and "beside a long training" in captions(app)
    watch.tick()
    app.run()
    assert "as soon as the starter backbone" in captions(app) and not traces(app)
    picture_map.save(dataset_id, PictureMap(PLACES))
    app.run()
    assert WAITED_FOR not in captions(app) and FINER_WAITED_FOR in captions(app)
    assert [trace["name"] for trace in traces(app)] == ["round", "square"]
    assert not any(choice.label == "Arrange by" for choice in app.segmented_control)
    picture_map.save(dataset_id, PictureMap(PLACES, TSNE))
    job_rows.end("inspect", dataset_id, "finished")
    app.run()
    assert FINER_WAITED_FOR not in captions(app)
    assert app.segmented_control(key="map-layout").value == "tsne"
    app.segmented_control(key="map-colour-0").set_value("part").run()
    assert not app.exception, app.exception
    assert [trace["name"] for trace in traces(app)] == ["training", "validation", "test"]


def test_a_map_that_never_came_is_asked_for(reported_id):
    app = data_page()
    assert "There is no map of these pictures yet." in captions(app)
    app.button(key="map-again").click().run()
    assert looking_through.is_under_way(reported_id)
    assert WAITED_FOR in captions(app)


def test_a_finer_map_that_was_broken_off_is_told_and_one_too_large_too(reported_id, monkeypatch):
    picture_map.save(reported_id, PictureMap(PLACES))
    assert "broken off" in captions(data_page())
    monkeypatch.setattr(picture_map, "MOST", COUNT - 1)
    told = captions(data_page())
    assert "for 10 to 11 pictures only" in told and "broken off" not in told


def test_pictures_with_numbers_are_coloured_by_each_of_them(reported_id):
    values = np.column_stack([np.arange(COUNT) * 1000.0, 7.0 - np.arange(COUNT)])
    made = manifest.load(reported_id)
    labels = np.zeros(COUNT, np.int32)
    made = replace(made, classes=(), labels=labels, targets=("price", "*age*"), values=values)
    manifest.save(made)
    picture_map.save(reported_id, PictureMap(PLACES, TSNE))
    app = data_page()
    choice = app.segmented_control(key="map-colour-2")
    assert choice.options == ["price", r"\*age\*", "part"]
    (trace,) = traces(app)
    colours = trace["marker"]["color"]
    assert numbers.value(11_000.0) in trace["customdata"][11][1]
    choice.set_value("1").run()
    assert not app.exception, app.exception
    (trace,) = traces(app)
    assert trace["marker"]["color"] != colours
    assert trace["marker"]["colorbar"]["title"]["text"] == "*age*"
    choice.set_value("part").run()
    assert len(traces(app)) == 3
