"""Which pictures from elsewhere a run believed: those that counted most and least, and those passed over."""

import json
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.methods.made import OTHER
from tl_core import store
from tl_core.base import ids
from tl_core.config import TrainConfig
from tl_core.datasets import manifest
from tl_core.methods import instances
from tl_core.training import first_answer


def panel(run_id: str) -> AppTest:
    def script(run_id):
        from pages.parts.results import source_pictures
        from tl_core import store

        source_pictures.draw(store.run(run_id))

    app = AppTest.from_function(script, args=(run_id,), default_timeout=60).run()
    assert not app.exception, app.exception
    return app


@pytest.fixture
def noted(finished, made_dataset):
    """A function that lets the run have learnt from 18 pictures from elsewhere with some weights."""
    own = manifest.load(store.run(finished).dataset_id)
    source = made_dataset(classes=3, each=6, identifier=OTHER, seed=5)
    manifest.save(replace(source, classes=(*own.classes, "strange")))
    folder = ids.run_folder(finished)

    def note(weights) -> str:
        config = TrainConfig(method_name="instances", image_size_px=32)
        (folder / "config.json").write_text(config.model_dump_json())
        about = {"run": finished, "dataset": own.id, "inputs": {"source": OTHER}}
        (folder / "run.json").write_text(json.dumps(about))
        np.savez(folder / first_answer.NOTES, **{instances.WEIGHED: np.float32(weights)})
        return finished

    return note


def shown(app: AppTest) -> list[str]:
    """Return the captions of the pictures, in order."""
    pictures = app.get("html")[-1].proto.body
    return [part.split("</figcaption>")[0] for part in pictures.split("<figcaption>")[1:]]


def test_what_counted_most_and_least_is_shown_with_its_weight(noted):
    classes = manifest.load(OTHER).classes
    labels = manifest.load(OTHER).labels
    weights = np.where(labels == 2, 0, np.arange(18) / 8)
    app = panel(noted(weights))
    assert "of 18 pictures from elsewhere join yours" in app.markdown[-1].value
    assert "passed over" in app.markdown[-1].value
    best = int(weights.argmax())
    assert shown(app)[0] == f"{classes[labels[best]]}, × {weights[best]:.1f}"
    ends = app.button_group[0]
    assert list(ends.options) == ["Counted most", "Counted least", "Passed over"]
    ends.set_value(ends.options[2]).run()
    assert len(shown(app)) == np.count_nonzero(weights == 0)
    assert "strange" in shown(app) and "×" not in " ".join(shown(app))


def test_a_source_that_nobody_believes_says_so(noted):
    app = panel(noted(np.zeros(18)))
    assert "no more like these than by chance" in app.markdown[-1].value
    assert len(shown(app)) == 12


def test_a_run_without_pictures_from_elsewhere_shows_nothing(finished):
    assert not panel(finished).header
