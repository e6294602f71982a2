"""Made runs to report on: a data set, answers and their metrics, without any training."""

from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tl_core.backbones import catalogue
from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.evaluation.report.subject import Subject
from tl_core.signals.progress import RunView
from tl_core.tasks import registry
from tl_core.tasks.task import Rules
from tl_core.training import results

EPOCHS = tuple(
    {
        "epoch": n,
        "loss": 1 / n,
        "val_loss": 1.1 / n,
        "accuracy": 0.5,
        "val_accuracy": 0.6,
        "kept": 2,
    }
    for n in (1, 2, 3)
)


def dataset_of(classes, splits, labels, **more):
    """Return a data set whose pictures have made hashes."""
    count = len(splits)
    return Dataset(
        id="2" * 24,
        name="made",
        classes=tuple(classes),
        targets=more.pop("targets", ()),
        hashes=more.pop("hashes", np.array([f"{k:064x}" for k in range(count)])),
        names=np.array([f"{k}.png" for k in range(count)], object),
        labels=np.asarray(labels, np.int32),
        splits=np.asarray(splits, np.int8),
        facts=MappingProxyType({}),
        **more,
    )


def subject_of(dataset: Dataset, told: np.ndarray | None, folder: Path, **more) -> Subject:
    """Return what a report is about whose test pictures were answered with `told`."""
    folder.mkdir(parents=True, exist_ok=True)
    task, metrics = registry.of(dataset), more.pop("metrics", None)
    rows = np.flatnonzero(dataset.splits == 2)
    if metrics is None:
        truth = task.truth(dataset, rows)
        test = task.judged(dataset, truth, told, Rules(), None)
        metrics = {"task": task.kind, "test": test, "closed_form_accuracy": 0.7}
        columns = {
            "picture": dataset.hashes[rows].tolist(),
            "name": dataset.names[rows].tolist(),
            "split": ["test"] * len(rows),
            **task.answer_table(truth, told),
        }
        pq.write_table(pa.table(columns), folder / results.PREDICTIONS)
    values = {
        "run": "first try",
        "project": "my project",
        "data": dataset.name,
        "view": RunView(epochs=EPOCHS),
        **more,
    }
    return Subject(
        run_id="1" * 24,
        version=2,
        asked_at=1.7e9,
        folder=folder,
        dataset=dataset,
        config=TrainConfig(epochs=7),
        metrics=metrics,
        backbone=catalogue.BACKBONES["mobilenet_025"],
        method=("Fine-tuning", "A paper, 2020."),
        **values,
    )


def answers(labels, classes: int, wrong: int, sure: float = 0.9) -> np.ndarray:
    """Return probabilities (n, classes): the first `wrong` answers name the class after the true one."""
    labels = np.asarray(labels)
    said = np.where(np.arange(len(labels)) < wrong, (labels + 1) % classes, labels)
    told = np.full((len(labels), classes), (1 - sure) / max(1, classes - 1), np.float32)
    told[np.arange(len(labels)), said] = sure
    return told
