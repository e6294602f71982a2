"""The numbers of a run, worked out anew from the answers that it kept."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tl_core.base import about_run
from tl_core.base.errors import UserError
from tl_core.datasets import goals, manifest
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import NAMES
from tl_core.models import persist
from tl_core.tasks import registry
from tl_core.tasks.task import Rules
from tl_core.training import results


def evaluate(folder: Path, split: str = "test") -> dict[str, Any]:
    """Return all numbers that describe the run in `folder` on one part of its data set.

    Args:
        folder: the run's; holds `run.json` and `predictions.parquet`.
        split: "val" or "test".

    Raises:
        UserError: "no-results" if the run has no answers, or none for that part.
    """
    answers = results.read_predictions(folder, split)
    if answers is None:
        raise UserError(
            "no-results",
            "This run has no results.",
            "Wait until it is finished, or choose another run.",
        )
    if not answers.num_rows:
        raise UserError(
            "no-results",
            "This run kept no answers for the {split} pictures.",
            "Choose another part.",
            split=split,
        )
    dataset = manifest.load(about_run.read(folder).dataset)
    task = registry.of(dataset)
    groups = belonging(dataset, answers["picture"].to_pylist(), NAMES.index(split))
    names = task.outputs(dataset)
    told = [column(answers, f"{task.answer_prefix}{index}") for index in range(len(names))]
    return task.judged(
        dataset,
        task.true_in(partial(column, answers), len(names)),
        np.stack(told, axis=1),
        _rules(folder),
        groups,
    )


def _rules(folder: Path) -> Rules:
    """Return what the run's model says about its answers; nothing where it has none."""
    model = folder / results.MODEL_DIR
    return persist.describe(model).rules if (model / persist.DESCRIPTION).is_file() else Rules()


def belonging(dataset: Dataset, hashes: list[str], part: int) -> np.ndarray | None:
    """Return what belongs together of the pictures that were judged, None where nothing does."""
    groups = goals.belonging(dataset)
    rows = np.flatnonzero(dataset.splits == part)
    if groups is None or dataset.hashes[rows].tolist() != hashes:
        return None
    return groups[rows]


def column(table: Any, name: str) -> np.ndarray:
    """Return a column of a table of answers."""
    return table[name].to_numpy()
