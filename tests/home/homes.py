"""A home that was lived in, and ways to say that it is still the same."""

import json
import os
import time
from pathlib import Path

import pytest

from tl_core import store
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets.edits import Exclude, Rename
from tl_core.home import housekeeping, versions
from tl_core.jobs import run_actions
from tl_core.signals import events
from tl_core.store import database, row_notes
from tl_core.store.rows import selected

METRICS = {"task": "classify", "test_accuracy": 0.75, "test": {"count": 4, "right": 3}}


def look_anew():
    database.forget_engines()


def age(*folders: Path):
    long_ago = time.time() - housekeeping.ORPHAN_AFTER_S - 1
    for folder in folders:
        os.utime(folder, (long_ago, long_ago))


def age_all(home: Path):
    age(*(home / "runs").glob("*"), *(home / "datasets").glob("*"))


def rows():
    """Everything that the store knows but handles and claims."""
    passing = ("handle", "claimed_at")
    with database.reading() as connection:
        return {
            kind: sorted(
                tuple(value for name, value in row._mapping.items() if name not in passing)
                for row in connection.execute(selected(kind))
            )
            for kind in row_notes.TABLES
        }


@pytest.fixture
def lived_in(home, shapes, engine):
    """A home with a renamed project, versions, runs in every state, pictures; returns their ids."""
    project = store.default_project().id
    store.rename("project", project, "Räder & Formen")
    second = versions.edit(shapes.id, Rename(label=0, name="rund"), "click-1")
    third = versions.edit(second, Exclude(rows=(0,)), "click-2")
    done = run_actions.start_run(shapes.id, TrainConfig(epochs=2), "one", name="The good one")
    (ids.run_folder(done) / "metrics.json").write_text(json.dumps(METRICS))
    with events.Writer(ids.run_folder(done)) as emit:
        emit("started", pid=1, device="cpu", epochs=2)
        emit("finished", metrics=METRICS)
    store.run_finished(done, METRICS)
    failed = run_actions.start_run(third, TrainConfig(), "two")
    told = UserError("diverged", "The loss ran away.", "Lower the rate.")
    with events.Writer(ids.run_folder(failed)) as emit:
        emit("failed", code=told.code, message=told.message, hint=told.hint)
    store.run_failed(failed, told)
    deleted = run_actions.start_run(second, TrainConfig(), "three")
    store.run_cancelled(deleted)
    store.delete("run", deleted)
    return {
        "project": project,
        "versions": (shapes.id, second, third),
        "runs": (done, failed, deleted),
    }


def snapshot(home: Path) -> dict[str, int]:
    folders = ("runs", "datasets", "pictures")
    return {
        str(path.relative_to(home)): path.stat().st_size
        for folder in folders
        for path in (home / folder).rglob("*")
        if path.is_file() and path.name != row_notes.FILE
    }
