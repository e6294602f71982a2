"""What the pretrained weights brought stands beside a result, as soon as its control has ended."""

import shutil

import numpy as np
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import SETTINGS
from tl_core import store
from tl_core.base import ids
from tl_core.datasets import goals, manifest
from tl_core.datasets.splits import TEST
from tl_core.jobs import control_run
from tl_core.training import results

WORSE = np.array([[0.1, 0.9], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]], np.float32)


def panel(run_id: str) -> AppTest:
    def script(run_id):
        from pages.parts.results import from_scratch
        from tl_core import store

        from_scratch.draw(store.run(run_id))

    app = AppTest.from_function(script, args=(run_id,), default_timeout=60).run()
    assert not app.exception, app.exception
    return app


def control(finished: str, **changes: object) -> str:
    row = store.run(finished)
    config = control_run.settings(row).but(**changes)
    made = store.add_run(row.dataset_id, "control", config.model_dump(mode="json"), str(changes))
    folder = ids.run_folder(made)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    dataset = manifest.load(row.dataset_id)
    goal = goals.of(dataset, np.flatnonzero(dataset.splits == 0), SETTINGS)
    results.write_predictions(folder, dataset, goal, {TEST: WORSE})
    return made


def test_the_control_is_offered_with_its_price(finished):
    (button,) = panel(finished).button
    assert button.label.startswith("Train the same network from scratch: ")


def test_its_result_stands_beside_with_what_the_same_pictures_tell(finished):
    made = control(finished)
    assert "is being trained" in panel(finished).caption[0].value
    store.run_finished(made, {"task": "classify", "test_accuracy": 0.25})
    app = panel(finished)
    assert not app.button
    assert "reaches **25\u202f%**" in app.markdown[0].value
    assert "on the same 4 test pictures" in app.markdown[0].value
    found = control_run.gain(store.run(finished), store.run(made))
    assert found is not None and found.gain == 0.5 and found.low < 0.5 < found.high


def test_a_control_of_another_size_is_none(finished):
    store.run_finished(control(finished, image_size_px=96), {"test_accuracy": 0.25})
    assert panel(finished).button


def test_a_control_itself_is_offered_none(finished):
    app = panel(control(finished))
    assert not app.button and not app.markdown
