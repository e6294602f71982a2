"""What tests of several kinds of job make use of."""

import json

import pytest

from tl_core import store
from tl_core.base import ids
from tl_core.config import TrainConfig
from tl_core.jobs import work

LESSON = {"start": "random", "epochs": 1, "patience": 0, "learning_rate": 1e-6}
SMALLEST = {"backbone": "mobilenet_025", "image_size_px": 32}


@pytest.fixture
def lesson(made_dataset, random_weights, engine):
    """A run that began at random, learnt next to nothing and has ended; returns its id."""
    dataset_id = store.create_dataset(store.default_project().id, "made")
    made_dataset(identifier=dataset_id)
    store.dataset_ready(dataset_id, {})
    config = TrainConfig(**SMALLEST, **LESSON).model_dump(mode="json")
    run_id = store.add_run(dataset_id, "lesson", config, "a click")
    folder = ids.run_folder(run_id)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "run.json").write_text(json.dumps({"run": run_id, "dataset": dataset_id}))
    store.claim_next()
    assert work.do("train", run_id) == 0
    return run_id
