"""The result of a run whose pictures may show several things."""

import secrets
from dataclasses import replace

import numpy as np
import pytest

from pages.parts.shared import page_files, scores
from pages.parts.shared.tasks import registry
from tests.pages.conftest import SETTINGS
from tests.pages.test_pages import opened
from tl_core import store
from tl_core.base import ids
from tl_core.datasets import goals, manifest
from tl_core.datasets.splits import TEST, VALIDATION
from tl_core.home import versions
from tl_core.jobs.predictor import Prediction
from tl_core.tasks import multilabel
from tl_core.training import results


@pytest.fixture
def labelled(dataset_id: str) -> str:
    """A finished run on pictures that show several things, one test picture answered wrongly."""
    plain = manifest.load(dataset_id)
    shows = np.random.default_rng(0).random((len(plain), 3)) < 0.5
    shows[plain.splits == TEST] = np.array([[1, 1, 0], [0, 1, 1]] * len(plain))[
        : (plain.splits == TEST).sum()
    ]
    scenes = replace(
        plain, id=secrets.token_hex(12), classes=("cat", "dog <b>", "snow"),
        shows=shows, labels=multilabel.first_of(shows),
    )  # fmt: skip
    manifest.save(scenes)
    store.create_dataset(store.default_project().id, "scenes", dataset_id=scenes.id)
    store.dataset_ready(scenes.id, versions.counts(scenes, set_aside=0, junk=0))
    run_id = store.add_run(scenes.id, "scenes", SETTINGS.model_dump(mode="json"), "a click")
    folder = ids.run_folder(run_id)
    folder.mkdir(parents=True)
    goal = goals.of(scenes, np.flatnonzero(scenes.splits == 0), SETTINGS)
    members = {part: np.flatnonzero(scenes.splits == part) for part in (VALIDATION, TEST)}
    told = {part: np.where(scenes.shows[rows], 0.9, 0.1) for part, rows in members.items()}
    told[TEST][0] = 1 - told[TEST][0]
    goal = goal.decided(members[VALIDATION], told[VALIDATION])
    results.write_predictions(folder, scenes, goal, told)
    test = goal.summary(members[TEST], told[TEST])
    store.run_finished(
        run_id, {"task": "multilabel", "test": test, "test_accuracy": goal.headline(test)}
    )
    return run_id


def test_the_result_names_three_measures_beside_a_guess_and_every_label(labelled):
    app = opened(page_files.RESULTS)
    assert not app.exception
    tables = [frame.value for frame in app.dataframe]
    assert any("Guessing" in table.columns and len(table) == 3 for table in tables)
    labels = next(table for table in tables if "Given from" in table.columns)
    assert labels["Label"].tolist() == ["cat", "dog <b>", "snow"]
    assert any("mean average precision" in text.value for text in app.markdown)
    assert "How sure is it" in [header.value for header in app.header]
    assert "Every label it may show" in [header.value for header in app.subheader]


def test_the_data_page_counts_a_picture_under_each_of_its_labels(labelled):
    dataset = manifest.load(store.run(labelled).dataset_id)
    panels = registry.of_dataset(dataset)
    row = int(np.flatnonzero(dataset.splits == TEST)[0])
    assert panels.caption(dataset, row) == "cat; dog <b>"
    assert panels.outputs(dataset)[1] == 3


def test_a_label_is_deleted_without_the_pictures_that_show_something_else(labelled):
    dataset_id = store.run(labelled).dataset_id
    app = opened(page_files.DATA)
    assert not app.exception
    key, dataset = f"class-menu-{dataset_id}", manifest.load(dataset_id)
    assert dataset.shows is not None
    alone = int((dataset.shows[:, 0] & (dataset.shows.sum(axis=1) == 1)).sum())
    sure = app.checkbox(key=f"{key}-sure-0")
    assert f"and the {alone} picture" in sure.label and "nothing else" in sure.label
    sure.check().run()
    app.button(key=f"{key}-delete-0").click().run()
    assert not app.exception
    left = manifest.load(store.versions(dataset_id)[0].id)
    assert left.classes == ("dog <b>", "snow") and len(left) == len(dataset) - alone


def test_a_run_is_told_by_its_mean_precision(labelled):
    run = store.run(labelled)
    assert scores.short(run).startswith("mean precision")
    assert "mean average precision" in scores.sentence(run)


def test_answers_are_columns_of_labels():
    panels = registry.get("multilabel")
    both = Prediction(
        "cat; dog", {"cat": 0.9, "dog": 0.8}, labels=("cat", "dog"), task="multilabel"
    )
    none = Prediction("", {"cat": 0.1, "dog": 0.2}, task="multilabel")
    assert panels.columns([both, none, None])[0] == {"Labels": ["cat; dog", "none of these", None]}
