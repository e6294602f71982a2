"""Results of odd data sets and broken models: the page is drawn, and says what it cannot tell."""

import json
import secrets

import numpy as np
import pytest

from pages.parts.shared import page_files
from tests.pages.conftest import SETTINGS
from tests.pages.test_pages import opened, told
from tl_core import store
from tl_core.base import ids
from tl_core.datasets import goals, manifest
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION
from tl_core.home import versions
from tl_core.training import results


def finished(labels, splits, answers, names) -> str:
    """Add a finished run on pictures that are nowhere, which answered so to validation and test; return its id."""
    dataset = manifest.Dataset(
        id=secrets.token_hex(12),
        name="odd",
        classes=tuple(names),
        targets=(),
        hashes=np.array([f"{at:064x}" for at in range(len(labels))]),
        names=np.array([f"{at}.png" for at in range(len(labels))], object),
        labels=np.asarray(labels, np.int32),
        splits=np.asarray(splits, np.int8),
        facts={side: np.full(len(labels), 32, np.int32) for side in ("width", "height")},
    )
    manifest.save(dataset)
    store.create_dataset(store.default_project().id, "odd", dataset_id=dataset.id)
    store.dataset_ready(dataset.id, versions.counts(dataset, set_aside=0, junk=0))
    run_id = store.add_run(dataset.id, "odd", SETTINGS.model_dump(mode="json"), "a click")
    folder = ids.run_folder(run_id)
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({"run": run_id, "dataset": dataset.id}))
    members = {part: np.flatnonzero(dataset.splits == part) for part in (VALIDATION, TEST)}
    given = {part: np.asarray(answers, np.float32)[rows] for part, rows in members.items()}
    goal = goals.of(dataset, np.flatnonzero(dataset.splits == TRAIN), SETTINGS)
    goal = goal.decided(members[VALIDATION], given[VALIDATION])
    results.write_predictions(folder, dataset, goal, given)
    test, val = (goal.summary(members[part], given[part]) for part in (TEST, VALIDATION))
    store.run_finished(
        run_id,
        {
            "task": "classify",
            "test": test,
            "val": val,
            "test_accuracy": goal.headline(test),
            "val_accuracy": goal.headline(val),
            "closed_form_accuracy": goal.headline(test),
        },
    )
    return run_id


def sure_of(labels, count, share=0.9):
    """Answers that give every true class this share and the rest to all others alike."""
    answers = np.full((len(labels), count), (1 - share) / max(1, count - 1))
    answers[np.arange(len(labels)), labels] = share
    return answers


def page():
    app = opened(page_files.RESULTS)
    assert not app.exception, app.exception
    assert not app.error, [fault.value for fault in app.error]
    return app


def parts(count):
    """Half of the pictures are learnt from, a quarter validates, a quarter tests."""
    return np.array([0, 1, 0, 2] * count)[:count]


@pytest.mark.slow
def test_a_thousand_classes(home):
    labels = np.repeat(np.arange(1000), 4)
    finished(labels, parts(4000), sure_of(labels, 1000), [f"class {at}" for at in range(1000)])
    app = page()
    assert "1\u202f000" in told(app)
    assert all(len(frame.value) <= 1000 for frame in app.dataframe)


def test_one_class_alone(home):
    finished(np.zeros(24, int), parts(24), np.ones((24, 1)), ["apple"])
    assert "100" in " ".join(block.proto.body for block in page().get("html"))


def test_two_test_pictures_and_none_to_validate_by(home):
    labels, splits = np.arange(20) % 2, np.where(np.arange(20) < 18, 0, 2)
    finished(labels, splits, sure_of(labels, 2), ["apple", "pear"])
    app = page()
    assert any("only 2 test pictures" in note.value for note in app.info)


def test_answers_that_are_no_numbers(home):
    labels = np.arange(40) % 2
    answers = sure_of(labels, 2)
    answers[::3] = np.nan
    finished(labels, parts(40), answers, ["apple", "pear"])
    page()


def test_a_class_without_a_test_picture_is_named(home):
    labels = np.arange(40) % 3
    splits = np.where((labels == 2) & (parts(40) == 2), 0, parts(40))
    finished(labels, splits, sure_of(labels, 3), ["apple", "pear", "<plum>"])
    assert any("no test picture" in note.value for note in page().warning)
