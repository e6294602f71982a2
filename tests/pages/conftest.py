"""Fixtures for tests of the pages and of the app's own routes."""

import asyncio
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import httpx
import numpy as np
import pytest
from starlette.applications import Starlette
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner import script_runner
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.testing.v1 import AppTest, local_script_runner

from pages.parts.web import routes
from tests.made import FakeEngine
from tl_core import store
from tl_core.base import ids
from tl_core.config import TrainConfig
from tl_core.datasets import goals, manifest
from tl_core.datasets.splits import TEST
from tl_core.jobs import engines
from tl_core.measures import metrics
from tl_core.signals import events
from tl_core.training import results

Get = Callable[[str], httpx.Response]

SETTINGS = TrainConfig(epochs=3, optimizer="sgd", learning_rate=0.02, trainable_stages=1)
ANSWERS = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.6, 0.4]], np.float32)
"""Of the test pictures, whose classes take turns: the last is taken for the first class."""
EPOCHS = [
    {"loss": 0.9, "accuracy": 0.5, "val_loss": 0.8, "val_accuracy": 0.5, "best": True},
    {"loss": 0.4, "accuracy": 0.75, "val_loss": 0.5, "val_accuracy": 0.75, "best": True},
    {"loss": 0.2, "accuracy": 1.0, "val_loss": 0.6, "val_accuracy": 0.75, "best": False},
]


@pytest.fixture(scope="session", autouse=True)
def _packages_are_searched_once() -> Iterator[None]:
    """Every AppTest would look through all installed packages for components: most of its time."""
    search = cache(manifest_scanner.scan_component_manifests)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", search)
        yield


@pytest.fixture(scope="session", autouse=True)
def _pages_are_compiled_once() -> Iterator[None]:
    """A server keeps the compiled pages; every run of an AppTest would compile them anew."""
    compiled = ScriptCache()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_script_runner, "ScriptCache", lambda: compiled)
        yield


@pytest.fixture(scope="session", autouse=True)
def _networks_of_other_tests_are_left_alone() -> Iterator[None]:
    """Streamlit tidies up Keras after every run, a third of a second; no page ever loads it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(script_runner, "_clean_problem_modules", lambda: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def _a_busy_machine_has_time_to_draw_a_page() -> Iterator[None]:
    """AppTest gives a page three seconds unless told otherwise, which says nothing of the page."""
    plain = AppTest.__init__

    def patient(self: AppTest, *arguments: Any, default_timeout: float, **more: Any) -> None:
        plain(self, *arguments, default_timeout=max(default_timeout, 60), **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AppTest, "__init__", patient)
        yield


@pytest.fixture(autouse=True)
def _no_worker_outlives_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who looks at pictures has them looked through, by a worker that goes on when the test is over."""
    monkeypatch.setattr(engines, "_IN_USE", [FakeEngine()])


@pytest.fixture
def get(home) -> Get:
    """A function that asks our routes, with their headers, as a browser would."""
    app = Starlette(routes=routes.routes(), middleware=routes.middleware())

    async def ask(path: str) -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get(path)

    return lambda path: asyncio.run(ask(path))


@pytest.fixture
def finished(dataset_id: str) -> str:
    """A run that has finished, with all that it tells and leaves behind but the model itself."""
    dataset = manifest.load(dataset_id)
    truth = dataset.labels[dataset.splits == TEST]
    run_id = store.add_run(dataset_id, "first try", SETTINGS.model_dump(mode="json"), "a click")
    folder = ids.run_folder(run_id)
    folder.mkdir(parents=True)
    of_classes = goals.of(dataset, np.flatnonzero(dataset.splits == 0), SETTINGS)
    results.write_predictions(folder, dataset, of_classes, {TEST: ANSWERS})
    with events.Writer(folder) as emit:
        emit("started", epochs=len(EPOCHS))
        for number, told in enumerate(EPOCHS, start=1):
            emit("epoch", epoch=number, epochs=len(EPOCHS), seconds=1.0, **told)
    summary = metrics.summary(truth, ANSWERS, dataset.classes, majority=0)
    numbers = {"task": "classify", "test": summary, "test_accuracy": summary["accuracy"]}
    store.run_finished(run_id, numbers | {"closed_form_accuracy": 0.5})
    return run_id
