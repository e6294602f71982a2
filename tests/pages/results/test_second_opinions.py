"""What cross-validation and the naive split say, on the results page of classes and of numbers."""

from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.shared import numbers, page_files
from tests.pages.test_pages import MAIN, told
from tl_core import store
from tl_core.base import ids
from tl_core.config import TrainConfig
from tl_core.datasets import goals, manifest
from tl_core.datasets.splits import TEST
from tl_core.training import rechecks, results

FOLDS = 3


@pytest.fixture(params=["classes", "numbers"])
def checked(request, dataset_id):
    """A finished run with what was checked again, and how the page writes a score."""
    dataset = manifest.load(dataset_id)
    random = np.random.default_rng(0)
    if request.param == "numbers":
        values = np.arange(len(dataset))[:, None] ** 1.5 + 10
        dataset = replace(dataset, classes=(), targets=("price",), values=values)
    dataset = replace(dataset, moved=4, naive=np.roll(dataset.splits, 1))
    set_task = goals.of(dataset, np.arange(len(dataset)), TrainConfig())
    answers = set_task.answers(np.arange(len(dataset))).reshape(len(dataset), -1)
    features = np.hstack([answers + random.normal(0, 0.4, answers.shape), answers**2])
    features = features.astype(np.float32)
    claim = rechecks.naive_claim(dataset, set_task, features)
    folds = rechecks.cross_validated(dataset, set_task, features, FOLDS, 0)
    assert claim is not None and len(folds["scores"]) == FOLDS
    run_id = store.add_run(dataset_id, "checked", TrainConfig().model_dump(mode="json"), "token")
    ids.run_folder(run_id).mkdir(parents=True)
    members = np.flatnonzero(dataset.splits == TEST)
    said = (
        dataset.values[members]
        if dataset.values is not None
        else np.eye(2)[dataset.labels][members]
    )
    results.write_predictions(ids.run_folder(run_id), dataset, set_task, {TEST: said})
    summary = set_task.summary(members, said)
    store.run_finished(
        run_id,
        {
            "task": set_task.task.kind,
            "test": summary,
            "closed_form": summary,
            "closed_form_accuracy": 0.25,
            "naive": claim,
            "folds": folds,
        },
    )
    return request.param, claim, folds


def test_both_checks_are_told_in_the_measure_of_the_task(checked):
    kind, claim, folds = checked
    app = AppTest.from_file(MAIN, default_timeout=60).switch_page(page_files.RESULTS).run()
    assert not app.exception, app.exception
    assert not app.error
    write, measure = (numbers.percent, "") if kind == "classes" else (numbers.hundredths, "R² ")
    infos = " ".join(info.value for info in app.info)
    assert "kept 4 copies out" in infos
    assert f"claimed {measure}{write(claim['score'])}" in infos
    assert f"reaches {measure}{write(0.25)}" in infos
    mean, spread = write(folds["mean"]), write(folds["spread"])
    if kind == "classes":  # the unit stands once
        spread = spread.removesuffix("\u202f%")
    lowest, highest = write(min(folds["scores"])), write(max(folds["scores"]))
    words = f"in 3 parts, the exact solution reaches {measure}{mean} ±\u202f{spread}: "
    assert words + f"from {lowest} to {highest}." in told(app)
    about_r2 = any(caption.value.startswith("R² is 1") for caption in app.caption)
    assert about_r2 == (kind == "numbers")
