"""A run whose model a camera may be shown to, in the home of a running app."""

import numpy as np
import pytest

from tests.browser.conftest import Server
from tl_core import store
from tl_core.base import ids
from tl_core.config import TrainConfig
from tl_core.datasets import goals, manifest
from tl_core.datasets.manifest import Dataset

CLASSES = ("<b>cup</b>", "plate")


def run_of(server: Server, monkeypatch: pytest.MonkeyPatch, backbone: str = "starter") -> str:
    """Make a data set without pictures and a run with a model whose head has learnt nothing; return its id."""
    from tl_core.encoding.job import resolve
    from tl_core.training import network, results

    monkeypatch.setenv("GRAFT_HOME", str(server.home))
    config = TrainConfig().but(backbone=backbone, trainable_stages=0)
    dataset_id = store.create_dataset(store.default_project().id, "things")
    rows = np.arange(6, dtype=np.int32)
    dataset = Dataset(
        id=dataset_id,
        name="things",
        classes=CLASSES,
        targets=(),
        hashes=np.array([f"{row:064x}" for row in rows]),
        names=np.array([f"{row}.png" for row in rows], object),
        labels=rows % 2,
        splits=(rows // 2).astype(np.int8),
        facts={"width": np.full(6, 8, np.int32), "height": np.full(6, 8, np.int32)},
    )
    manifest.save(dataset)
    store.dataset_ready(dataset_id, {"pictures": 6, "classes": dict.fromkeys(CLASSES, 3)})
    run_id = ids.new()
    job = resolve(dataset, config)
    built = network.build_network(job, len(CLASSES))
    results.save_model(ids.run_folder(run_id), job, goals.of(dataset, rows[:2], config), built)
    results.save_light_form(ids.run_folder(run_id), job, built)
    built.convert_trunk(job)
    # Known only now that it has ended: nobody starts to train it.
    values, told = config.model_dump(mode="json"), {"task": "classify", "test_accuracy": 0.5}
    return store.add_run(dataset_id, "first", values, run_id, run_id=run_id, metrics=told)


def turn_on(tab, run_id: str) -> None:
    """Open Try it with a run, choose the camera and turn it on."""
    tab.goto(f"/try_it?run={run_id}")
    tab.get_by_role("radio", name="Camera", exact=True).click()
    tab.get_by_role("button", name="Turn the camera on").click()
    tab.locator(".live-camera .bars dt").first.wait_for()


def answers(tab) -> int:
    """Return how many answers the page has shown."""
    return int(tab.locator(".live-camera").get_attribute("data-answers") or 0)
