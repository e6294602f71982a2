"""The page of results by mouse: a click on the confusion matrix, and a model that takes another's place."""

import json
import re

import numpy as np
import pytest

from tests.browser.conftest import settled
from tl_core import store
from tl_core.base import ids
from tl_core.config import TrainConfig
from tl_core.datasets import goals, manifest
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION
from tl_core.training import candidates, first_answer, results

pytestmark = pytest.mark.browser
expect = pytest.importorskip("playwright.sync_api").expect


@pytest.fixture
def run(data) -> str:
    """A run on sample pictures whose exact head took the place of a trained one; its first class is taken for the second."""
    dataset, config = manifest.load(data), TrainConfig().but(start="random")
    run_id = ids.new()
    folder = ids.run_folder(run_id)
    folder.mkdir(parents=True)
    members = {part: np.flatnonzero(dataset.splits == part) for part in (VALIDATION, TEST)}
    goal = goals.of(dataset, np.flatnonzero(dataset.splits == TRAIN), config)
    for place, wrong in ((folder, (0, 1)), (folder / ".exact_head", (2, 1))):
        place.mkdir(exist_ok=True)
        said = {p: np.where(dataset.labels[m] == wrong[0], wrong[1], dataset.labels[m]) for p, m in members.items()}  # fmt: skip
        told = {
            part: np.eye(len(dataset.classes))[each] * 0.8 + 0.02 for part, each in said.items()
        }
        results.write_predictions(place, dataset, goal, told)
        test, val = (goal.summary(members[part], told[part]) for part in (TEST, VALIDATION))
        is_exact = place != folder
        numbers = {
            "task": "classify", "test": test, "val": val, "test_accuracy": test["accuracy"],
            "val_accuracy": 0.9 if is_exact else 0.8, "closed_form_val_accuracy": 0.9,
            "trained_val_accuracy": 0.8, "handed_over": "exact_head" if is_exact else "trained",
            "chosen_by_person": is_exact,
        }  # fmt: skip
        results.write_metrics(place, numbers)
    (folder / first_answer.FILE).touch()
    # Known only now that it has ended: nobody starts to train it.
    numbers = json.loads((folder / results.METRICS).read_text("utf-8"))
    values = config.model_dump(mode="json")
    store.add_run(data, "first try", values, run_id, run_id=run_id, metrics=numbers)
    row = store.run(run_id)
    candidates.hand_over(
        folder,
        folder / ".exact_head",
        lambda told: store.move_run(run_id, row.status, only_from=(row.status,), metrics=told),
    )
    return run_id


def test_a_click_on_the_matrix_shows_those_pictures_and_the_trained_head_comes_back(tab, run):
    classes = manifest.load(store.run(run).dataset_id).classes
    tab.goto(f"/results?run={run}")
    settled(tab)
    cell = tab.get_by_role("button", name=f"{classes[3]} recognised:")
    cell.click()
    cell.and_(tab.locator("[aria-pressed=true]")).wait_for()
    settled(tab)
    chosen = tab.get_by_role("combobox", name="Pictures of")
    expect(chosen).to_have_value(re.compile(f"^{classes[3]} recognised: "))
    tab.locator(".graft-gallery img[alt*=', recognised']").first.wait_for()
    expect(tab.get_by_role("button", name=f"{classes[2]} taken for {classes[1]}")).to_be_visible()
    tab.get_by_role("button", name="Bring the trained head back").click()
    tab.get_by_role("button", name="Make the exact solution the model").wait_for()
    tab.get_by_role("button", name=f"{classes[0]} taken for {classes[1]}").wait_for()
    assert (store.run(run).metrics or {})["handed_over"] == "trained"
