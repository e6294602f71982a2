"""Models of runs become backbones of further trainings, and such backbones go again; see `backbones.own`."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tl_core import store
from tl_core.backbones import catalogue, own
from tl_core.backbones.card import NAMES_KEPT, Card, Lesson, plain
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.base.said import counted
from tl_core.datasets import manifest
from tl_core.datasets.splits import TRAIN
from tl_core.graft_files import reading
from tl_core.models import as_backbone, persist
from tl_core.models.persist import Description
from tl_core.tasks import registry
from tl_core.training.results import MODEL_DIR

NAMED = 3
"""Runs that a refusal names."""


def refusal(run: store.RunRow) -> UserError | None:
    """Return why the model of a run would be no new backbone, None where it may be one. Reads no weights."""
    try:
        return as_backbone.refusal(_model_folder(run))
    except UserError as error:
        return error


def made_of(run: store.RunRow) -> Card | None:
    """Return the backbone that was made of a run's model, None where none was or it is gone.

    What was noted beside the model says so; another model that took its place has no note.
    """
    noted = _note(run)
    return own.find(noted.read_text("utf-8").strip()) if noted.is_file() else None


def suggested_title(run: store.RunRow) -> str:
    """Return what the backbone of a run's model may be called: its data, then its shape."""
    described = persist.describe(_model_folder(run))
    shape = catalogue.get(described.backbone).title
    data = plain(store.dataset(run.dataset_id).name) or plain(run.name)
    return own.free_title(plain(f"{data[:30].rstrip()} ({plain(shape)})" if data else shape))


def make(run: store.RunRow, title: str, told: Callable[[str], None]) -> Card:
    """Make the model of a run a backbone; return its card. Imports Keras.

    Args:
        run: with a result.
        title: what it is to be called.
        told: called with what is being done, in words; may raise to end it.

    Raises:
        UserError: see `as_backbone.make`.
    """
    folder = _model_folder(run)
    card = as_backbone.make(folder, title, _lesson(run, persist.describe(folder)), told)
    _note(run).write_text(card.name, "utf-8")
    return card


def make_of_file(file: Path, title: str, told: Callable[[str], None]) -> Card:
    """Make the model in a bundle of unknown origin a backbone; return its card. Imports Keras.

    Args:
        file: checked in a limited child; nothing in it is executed, and nothing else of it is kept.
        title: what it is to be called; empty for a name that none has.
        told: see `make`.

    Raises:
        UserError: "E-MODEL-FORMAT", or see `as_backbone.make`.
    """
    with tempfile.TemporaryDirectory(prefix="graft-bundle-") as scratch:
        folder = Path(scratch) / "model"
        described = reading.read(file, folder)
        named = title or own.free_title(plain(file.stem) or plain(described.backbone))
        return as_backbone.make(folder, named, lesson_of(described), told)


def lesson_of(described: Description) -> Lesson:
    """Return what a model alone tells of the training that made it."""
    return Lesson(
        answers=described.classes[:NAMES_KEPT],
        answers_count=len(described.classes),
        task=described.task,
        stages=described.trainable_stages,
    )


def users(name: str) -> list[store.RunRow]:
    """Return the runs that stand on a backbone, also deleted ones that can be brought back."""
    return [run for run in store.runs(with_deleted=True) if run.setting("backbone") == name]


def rename(name: str, title: str) -> Card:
    """Call one otherwise; runs and settings name it by its weights, so nothing else changes.

    Raises:
        UserError: "backbone" when there is none of that name, "backbone-title".
    """
    return own.rename(name, title)


def remove(name: str) -> None:
    """Remove a backbone that no run stands on; `own.bring_back` undoes it.

    Raises:
        UserError: "backbone" when there is none of that name, "in-use".
    """
    own.remove(name, _require_unused)


def _require_unused(name: str) -> None:
    found = users(name)
    if not found:
        return
    names = ", ".join(f"“{run.name}”" for run in found[:NAMED])
    raise UserError(
        "in-use",
        counted(
            "{count} run stands on this backbone: {names}.",
            "{count} runs stand on this backbone, {names} among them.",
            len(found),
            names=names,
        ),
        "Delete what stands on it, and empty what was deleted in Settings: such models need these weights.",
    )


def _lesson(run: store.RunRow, described: Description) -> Lesson:
    alone = lesson_of(described)
    metrics = run.metrics or {}
    if metrics.get("arrived"):
        return alone
    test = metrics.get("test") or {}
    words = registry.of_metrics(metrics).in_words(test) if test.get("count") else []
    dataset = manifest.load(run.dataset_id)
    return alone.model_copy(
        update={
            "data": dataset.name,
            "examples": int(np.count_nonzero(dataset.splits == TRAIN)),
            "result": "; ".join(words[:1])[:400],
        }
    )


def _model_folder(run: store.RunRow) -> Path:
    return ids.run_folder(run.id) / MODEL_DIR


def _note(run: store.RunRow) -> Path:
    return _model_folder(run) / "backbone.txt"
