"""Real pictures divided for a benchmark: few of a class are labelled, some are tested, the rest has no label."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tl_core.base import ids
from tl_core.config import TrainConfig
from tl_core.datasets import manifest
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION
from tl_core.intake import importing, unlabelled
from tl_core.methods import recipes, registry
from tl_core.training import pipeline

TEST_SHARE = 0.3


def taken_in(folder: Path) -> Dataset:
    """Return the pictures of a folder as a data set."""
    identifier = ids.new()
    importing.ingest(folder, identifier)
    return manifest.load(identifier)


def few_labels(whole: Dataset, seed: int, learnt: int = 16, judged: int = 4) -> Dataset:
    """Return a data set that holds few pictures of a class; the rest lies beside it without labels.

    Args:
        whole: all pictures.
        seed: of the division.
        learnt: of a class in the training part.
        judged: of a class in the validation part.

    Returns:
        The data set, saved; three tenths of every class are its test part.
    """
    random = np.random.default_rng(seed)
    parts = np.full(len(whole), -1, np.int8)
    for label in range(len(whole.classes)):
        places = random.permutation(np.flatnonzero(whole.labels == label))
        tested = round(TEST_SHARE * len(places))
        parts[places[:tested]] = TEST
        parts[places[tested : tested + learnt]] = TRAIN
        parts[places[tested + learnt : tested + learnt + judged]] = VALIDATION
    made = part_of(whole, np.flatnonzero(parts >= 0), parts)
    rest = np.flatnonzero(parts < 0)
    unlabelled.save(made.id, unlabelled.Unlabelled(whole.hashes[rest], whole.names[rest]))
    return made


def part_of(whole: Dataset, rows: np.ndarray, parts: np.ndarray) -> Dataset:
    """Return a data set of some pictures in these parts, saved under an id of its own."""
    made = dataclasses.replace(
        whole,
        id=ids.new(),
        hashes=whole.hashes[rows],
        names=whole.names[rows],
        labels=whole.labels[rows],
        splits=parts[rows],
        facts=whole.facts_of(rows),
        groups=None,
        twins=None,
        given=None,
        naive=None,
        split=None,
    )
    manifest.save(made)
    return made


def trained(
    dataset: Dataset, inputs: Mapping[str, str] | None = None, **settings: Any
) -> tuple[str, dict[str, Any]]:
    """Train on a data set, what is not said as recommended; return the run's id and its metrics."""
    config = registry.settled(TrainConfig(**settings))
    config = recipes.suited(dataset, config, settings.keys())
    run_id = ids.new()
    folder = ids.run_folder(run_id)
    folder.mkdir(parents=True)
    about = {"run": run_id, "dataset": dataset.id, "inputs": dict(inputs or {})}
    (folder / "config.json").write_text(config.model_dump_json())
    (folder / "run.json").write_text(json.dumps(about))
    return run_id, pipeline.train(folder, lambda event, **fields: None)["metrics"]
