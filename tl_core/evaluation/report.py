"""The numbers of a run, worked out anew from the answers that it kept."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from tl_core.base.errors import UserError
from tl_core.datasets import manifest
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import NAMES, TRAIN
from tl_core.measures import metrics
from tl_core.tasks import task


def evaluate(folder: Path, split: str = "test") -> dict[str, Any]:
    """Return all numbers that describe the run in `folder` on one part of its data set.

    Args:
        folder: the run's; holds `run.json` and `predictions.parquet`.
        split: "val" or "test".

    Raises:
        UserError: "no-results" if the run has no answers, or none for that part.
    """
    import pyarrow.parquet as pq

    path = folder / "predictions.parquet"
    if not path.exists():
        raise UserError(
            "no-results",
            "This run has no results.",
            "Wait until it is finished, or choose another run.",
        )
    answers = pq.read_table(path, filters=[("split", "=", split)])
    if not answers.num_rows:
        raise UserError(
            "no-results",
            "This run kept no answers for the {split} pictures.",
            "Choose another part.",
            split=split,
        )
    run = json.loads((folder / "run.json").read_text("utf-8"))
    dataset = manifest.load(run["dataset"])
    learnt_from = dataset.splits == TRAIN
    groups = _belonging(dataset, answers["picture"].to_pylist(), NAMES.index(split))
    if dataset.values is not None:
        return metrics.regression_summary(
            _columns(answers, "truth_"),
            _columns(answers, "predicted_"),
            dataset.targets,
            np.median(dataset.values[learnt_from], axis=0) if learnt_from.any() else None,
            groups,
        )
    counts = np.bincount(dataset.labels[learnt_from], minlength=len(dataset.classes))
    return metrics.summary(
        answers["truth"].to_numpy(),
        _columns(answers, "p_"),
        dataset.classes,
        majority=int(counts.argmax()),
        groups=groups,
    )


def _belonging(dataset: Dataset, hashes: list[str], part: int) -> np.ndarray | None:
    """Return what belongs together of the pictures that were judged, None where nothing does."""
    groups = task.belonging(dataset)
    rows = np.flatnonzero(dataset.splits == part)
    if groups is None or dataset.hashes[rows].tolist() != hashes:
        return None
    return groups[rows]


def _columns(table: Any, prefix: str) -> np.ndarray:
    """Return the columns `prefix`0, `prefix`1 … side by side, (rows, columns)."""
    count = sum(name.startswith(prefix) for name in table.column_names)
    return np.stack([table[f"{prefix}{index}"].to_numpy() for index in range(count)], axis=1)
