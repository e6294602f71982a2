"""What a kept model sees in the pictures of its data set: from rows that are kept, else from the pictures.

Imports TensorFlow only where the model has no light form, or where nobody else converts its frozen part.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tl_core.base import about_run
from tl_core.base.clock import Clock
from tl_core.config import TrainConfig, parse
from tl_core.datasets import goals, manifest
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION
from tl_core.encoding.encode import StoppedError
from tl_core.encoding.features import Part, batched
from tl_core.encoding.job import Job, resolve
from tl_core.methods import registry
from tl_core.models import persist
from tl_core.tasks.task import Goal
from tl_core.training import answering, decisions, light
from tl_core.training.libraries import NetworkOnDemand
from tl_core.training.run_context import Emit, RunContext
from tl_core.training.run_pictures import RunPictures
from tl_core.training.unknown_pictures import BATCH, Seen

NOTHING = Seen(np.zeros((0, 0), np.float32), np.zeros((0, 0), np.float32))
"""Of a part without pictures, until it is known how wide the others are."""
See = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""From rows to answers (n, outputs) and features (n, channels)."""


@dataclass(frozen=True, slots=True)
class Known:
    """The pictures of a run's data set as its model sees them.

    Attributes:
        job: pictures and settings.
        goal: what was learnt, with what validation decided.
        seen: of every part of the split.
    """

    job: Job
    goal: Goal
    seen: dict[int, Seen]


def known(folder: Path, model_dir: Path, emit: Emit) -> Known:
    """Return what the model in `model_dir` sees in the pictures that it was made of.

    Args:
        folder: like the run's, with its `config.json` and `run.json`; stopping is asked for here.
        model_dir: the kept model.
        emit: called as emit(event, **fields).

    Raises:
        StoppedError: a person asked for it.
        UserError: as `training.pipeline.train`, "model-format".
    """
    job = decisions.as_decided(_plain_job(folder), folder)
    goal = goals.of(job.dataset, job.members(TRAIN), job.config)
    goal = goal.ruled(persist.describe(model_dir).rules)
    run = RunContext(folder, emit, job, Clock())
    parts = RunPictures(run, goal, NetworkOnDemand(run, len(goal.outputs))).encode()
    run.phase("evaluate", "Looking at the pictures with the model")
    answering.make_light(model_dir)
    see = _seeing_rows(model_dir) if answering.is_light(model_dir) else None
    seen = {
        part: _of_rows(parts[part], see, run.should_stop)
        if see
        else _of_pictures(job, part, model_dir, run.should_stop)
        for part in (TRAIN, VALIDATION, TEST)
    }
    learnt = seen[TRAIN]
    none = Seen(learnt.features[:0], learnt.told[:0])
    return Known(job, goal, {part: none if one is NOTHING else one for part, one in seen.items()})


def _plain_job(folder: Path) -> Job:
    """Return a run's job without its changed copies: only plain pictures are looked at."""
    config = registry.settled(parse(json.loads((folder / "config.json").read_text("utf-8"))))
    unchanged = config.model_copy(update={"changes": TrainConfig().changes})
    return resolve(manifest.load(about_run.read(folder).dataset), unchanged)


def _seeing_rows(model_dir: Path) -> See | None:
    model = light.LightModel(model_dir, None)
    return None if model.has_old_tail else model.of_rows


def _of_rows(part: Part, see: See, should_stop: Callable[[], bool]) -> Seen:
    batches = batched(np.arange(len(part)), BATCH)
    part.features.expect(batches, 0)
    return _together(lambda indices: see(part.features.batch(indices, 0)), batches, should_stop)


def _of_pictures(job: Job, part: int, model_dir: Path, should_stop: Callable[[], bool]) -> Seen:
    hashes, see = job.dataset.hashes[job.members(part)], answering.seeing(model_dir)

    def of(indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        told, features = see(job.read([str(h) for h in hashes[indices]], [0] * len(indices)))
        assert features is not None  # what is not light is looked at in Keras
        return told, features

    return _together(of, batched(np.arange(len(hashes)), BATCH), should_stop)


def _together(see: See, batches: list[np.ndarray], should_stop: Callable[[], bool]) -> Seen:
    told, features = [], []
    for indices in batches:
        if should_stop():
            raise StoppedError
        answers, means = see(indices)
        told.append(answers)
        features.append(means)
    return Seen(np.concatenate(features), np.concatenate(told)) if told else NOTHING
