"""Gives the model of an earlier version what newer ones have: a temperature, promises and a detector of unknowns.

All of it follows from what the run kept: its answers to the validation part, as they were before anything
was refitted, and its pictures as the model sees them. The weights stay as they are.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tl_core.base.errors import UserError
from tl_core.datasets.splits import NAMES, TEST, TRAIN, VALIDATION
from tl_core.measures import unknowns
from tl_core.models import detector_file, persist
from tl_core.tasks.task import Goal
from tl_core.training import results, unknown_pictures
from tl_core.training.kept_model import Known
from tl_core.training.unknown_pictures import Seen


def is_needed(metrics: Mapping[str, Any], model_dir: Path) -> bool:
    """Say whether a model lacks any of it, by the numbers of its run.

    Raises:
        UserError: "model-format" when its detector is damaged.
    """
    return not _is_calibrated(metrics) or _detector(model_dir) is None


def make(run_folder: Path, place: Path, known: Known, metrics: Mapping[str, Any]) -> None:
    """Make in `place` the model of the run with all that it lacks, with its answers and numbers.

    Args:
        run_folder: the run's, which stays as it is.
        place: a folder that is not there yet.
        known: its pictures, as the model sees them.
        metrics: what is told of it now.

    Raises:
        UserError: "detector-few" where nothing tells what is none of these.
    """
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(run_folder / results.MODEL_DIR, place / results.MODEL_DIR)
    if (run_folder / results.PREDICTIONS).exists():
        shutil.copy2(run_folder / results.PREDICTIONS, place / results.PREDICTIONS)
    told, goal, seen = dict(metrics), known.goal, known.seen
    stored = None if _is_calibrated(metrics) else _stored(run_folder, known)
    if stored is not None:
        goal, numbers = _calibrated(place, known, stored)
        told |= numbers
        seen = {part: Seen(one.features, _tempered(goal, one.told)) for part, one in seen.items()}
        if metrics.get("refitted"):  # its doubts of what it has learnt from since say nothing
            before = Seen(seen[VALIDATION].features, goal.tempered(stored[VALIDATION]))
            seen |= {VALIDATION: before}
    if _detector(place / results.MODEL_DIR) is None or stored is not None:
        told |= {"unknowns": _detecting(place / results.MODEL_DIR, known, goal, seen)}
    (place / results.METRICS).write_text(json.dumps(told, ensure_ascii=False), "utf-8")


def _is_calibrated(metrics: Mapping[str, Any]) -> bool:
    test = metrics.get("test") or {}
    return "certainty" in test or any("ranges" in row for row in test.get("targets") or ())


def _detector(model_dir: Path) -> unknowns.Detector | None:
    return detector_file.load(model_dir, persist.describe(model_dir).tail_sha256)


def _stored(run_folder: Path, known: Known) -> dict[int, np.ndarray] | None:
    """Return the answers that were judged, before any temperature; None where they are not those of today's pictures."""
    described, found = persist.describe(run_folder / results.MODEL_DIR), {}
    if described.rules.temperature != 1 or described.rules.promises:
        return None
    task = known.goal.task
    for part in (VALIDATION, TEST):
        table = results.read_predictions(run_folder, NAMES[part])
        hashes = known.job.dataset.hashes[known.job.members(part)].tolist()
        if table is None or table["picture"].to_pylist() != hashes:
            return None
        columns = [f"{task.answer_prefix}{k}" for k in range(len(known.goal.outputs))]
        found[part] = np.stack([table[name].to_numpy() for name in columns], axis=1)
    return found if len(found[VALIDATION]) and len(found[TEST]) else None


def _calibrated(
    place: Path, known: Known, stored: dict[int, np.ndarray]
) -> tuple[Goal, dict[str, Any]]:
    """Decide by validation, keep rules and answers in `place`, and return the numbers that follow."""
    job = known.job
    goal = known.goal.decided(job.members(VALIDATION), stored[VALIDATION])
    answers = {part: goal.tempered(told) for part, told in stored.items()}
    results.write_predictions(place, job.dataset, goal, answers)
    results.note_rules(place, goal.rules)
    test, val = (goal.summary(job.members(part), answers[part]) for part in (TEST, VALIDATION))
    return goal, {
        "test": test,
        "val": val,
        "test_accuracy": goal.headline(test),
        "val_accuracy": goal.headline(val),
    }


def _tempered(goal: Goal, told: np.ndarray) -> np.ndarray:
    return goal.tempered(told) if len(told) else told


def _detecting(
    model_dir: Path, known: Known, goal: Goal, seen: Mapping[int, Seen]
) -> dict[str, Any]:
    """Fit a detector, keep it beside the model, and return what is told of it."""
    labels = unknown_pictures.labels_of(known.job, goal, TRAIN)
    chosen = unknowns.spread(labels, unknown_pictures.MOST_LEARNT)
    train = Seen(seen[TRAIN].features[chosen], seen[TRAIN].told[chosen])
    truth = unknown_pictures.labels_of(known.job, goal, TEST)
    groups = unknown_pictures.belonging(known.job, TEST)
    found = unknown_pictures.fitted(
        goal, labels[chosen], train, seen[VALIDATION], seen[TEST], truth, groups
    )
    if found is None:
        raise UserError(
            "detector-few",
            "There are too few pictures to tell what is none of these.",
            "Add more pictures and train again.",
        )
    unknown_pictures.keep(model_dir, found[0])
    return found[1]
