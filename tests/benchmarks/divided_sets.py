"""Real pictures divided for a benchmark: few of a class are labelled, some are tested, the rest has no label."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tl_core.backbones import catalogue
from tl_core.base import ids
from tl_core.config import TrainConfig
from tl_core.datasets import manifest
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION
from tl_core.evaluation import probe
from tl_core.intake import importing, unlabelled
from tl_core.methods import recipes, registry
from tl_core.methods.method import Known
from tl_core.modalities import registry as modalities
from tl_core.tasks import task
from tl_core.tasks.classify import ClassGoal
from tl_core.tasks.closed_form import Linear
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


@dataclasses.dataclass(frozen=True)
class Features:
    """What a backbone as it comes sees in a folder of pictures: float32 (n, d) and int32 (n,) classes."""

    rows: np.ndarray
    labels: np.ndarray


def features_of(backbone: str, folder: Path, scratch: Path) -> Features:
    """Return the features of a folder's pictures, encoded once and kept in `scratch`."""
    found, kept = probe.read_set(folder), scratch / f"{backbone}-{folder.name}.npy"
    if not kept.is_file():
        size_px = catalogue.size_for(backbone)
        pixels, scaling = probe._pictures(found, size_px), catalogue.get(backbone).preprocessing
        encode = probe._pretrained(backbone, size_px, scratch)
        batches = (pixels[start : start + 64] for start in range(0, len(pixels), 64))
        scale = modalities.USUAL.scale
        np.save(kept, np.concatenate([encode(scale(scaling, batch)) for batch in batches]))
    return Features(np.load(kept), found.labels.astype(np.int32))


@dataclasses.dataclass(frozen=True)
class Truths:
    """What a goal reads of a data set that is not on disk."""

    labels: np.ndarray
    classes: tuple[str, ...]
    targets: tuple[str, ...] = ()
    splits: Any = None
    values: Any = None
    shows: Any = None


def goal_of(labels: np.ndarray, learnt: np.ndarray) -> ClassGoal:
    """Return the goal of naming classes, called by their numbers."""
    names = tuple(str(label) for label in range(int(labels.max()) + 1))
    return ClassGoal(Truths(labels, names), learnt, balanced=False)


def solved(known: Known, choosing: np.ndarray, beside: Any = None) -> Linear:
    """Return the head that a run would hand over: its strength chosen, then solved for once more on all.

    Args:
        known: what a run knows before it trains.
        choosing: the validation part.
        beside: makes the method's own solver; None for the usual head.
    """
    solve = task.exact_head if beside is None else beside(known)
    first = solve(known.goal, known.features, known.learnt, choosing)
    every = np.concatenate([known.learnt, choosing])
    return solve(known.goal, known.features, every, choosing[:0], first.l2)
