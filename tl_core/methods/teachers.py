"""What every method with a teacher shares: what it needs, whom it refuses, and the head that imitates.

The teacher is a finished run for the same classes. What it says of every example is asked once.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.datasets import manifest
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TRAIN
from tl_core.methods.method import NOTE, ROWS, TEACHER_SAYS, ExactHead, Given, Known, Need
from tl_core.models import persist
from tl_core.tasks import closed_form, task
from tl_core.tasks import registry as tasks
from tl_core.tasks.closed_form import Linear
from tl_core.tasks.task import Goal

UNLABELLED = "unlabelled"
IMITATES_AT = (0.03,)
"""Strength of the head that imitates a teacher: soft answers about many examples follow no noise."""

NEEDS = (
    Need(
        "teacher",
        Said("Teacher"),
        Said(
            "A finished run for the same classes, with a larger backbone and better answers than this one would reach alone. Its model is asked about every picture once."
        ),
    ),
    Need(
        UNLABELLED,
        Said("Pictures without a class"),
        Said(
            "Further pictures of the same kind, which the teacher answers. Nobody has to label them; the more there are, the more of the teacher is passed on."
        ),
        is_optional=True,
    ),
)


def refuses(given: Given) -> None:
    """Refuse a teacher that answers something else, or was taught with what this run is judged by.

    Raises:
        UserError: "method-task", "teacher-task", "teacher-classes" or "teacher-leak".
    """
    dataset, folder = given.dataset, given.teacher
    own = tasks.of(dataset)
    if not own.one_class_each:
        raise UserError(
            "method-task",
            "This method is for examples that have one class each, and this data set holds {sort}.",
            "Choose another method.",
            sort=own.sort,
        )
    if folder is None:
        return
    described = persist.describe(folder / "model")
    if described.task != own.kind or described.modality != dataset.modality:
        raise UserError(
            "teacher-task",
            "The teacher answers something else than what this run is to learn.",
            "Choose a run that learnt the same classes.",
        )
    if set(described.classes) != set(dataset.classes):
        strange = sorted(set(described.classes) ^ set(dataset.classes))
        raise UserError(
            "teacher-classes",
            "The teacher knows other classes than this data set: {names}.",
            "Choose a run that learnt the very same classes.",
            names=", ".join(strange[:5]),
        )
    _refuse_leak(dataset, folder)


def _refuse_leak(dataset: Dataset, folder: Path) -> None:
    """Refuse a teacher that learnt from examples by which this run is judged."""
    about = json.loads((folder / "run.json").read_text("utf-8"))
    try:
        taught = manifest.load(about["dataset"])
    except (UserError, KeyError):  # gone, or trained elsewhere: nobody can tell any more
        return
    learnt = set(taught.hashes[taught.splits == TRAIN].tolist())
    seen = sum(digest in learnt for digest in dataset.hashes[dataset.splits != TRAIN].tolist())
    if seen:
        raise UserError(
            "teacher-leak",
            "The teacher learnt from {count} of the pictures that this run is judged by, so the result would look better than it is.",
            "Choose a teacher that was trained on this data set.",
            count=seen,
        )


def imitating_head(known: Known) -> ExactHead:
    """Return what solves for the head that answers as the teacher and the labels do.

    An example to learn from counts half by its class and half by what the teacher says; one without a
    class is learnt as the teacher says. Without such examples it is the usual head.
    """
    further = known.further.get(UNLABELLED)
    if further is None:
        return task.exact_head
    says = known.notes[NOTE.format(part=UNLABELLED, what=TEACHER_SAYS)]
    own = dict(
        zip(
            known.learnt.tolist(),
            known.notes[NOTE.format(part=ROWS, what=TEACHER_SAYS)],
            strict=True,
        )
    )

    def solve(
        goal: Goal,
        features: np.ndarray,
        learnt: np.ndarray,
        choosing: np.ndarray,
        l2: float | None = None,
    ) -> Linear:
        classes = len(goal.outputs)
        labels = np.eye(classes)[goal.answers(learnt)]
        shares = [
            label if row not in own else (label + own[row]) / 2
            for row, label in zip(learnt.tolist(), labels, strict=True)
        ]
        return closed_form.fit_softmax(
            np.concatenate([features[learnt], further]),
            np.concatenate([np.stack(shares), says]),
            classes,
            IMITATES_AT,
            overwrite=True,
        )

    return solve


def weight_of(share: float) -> float:
    """Return what the teacher's part of a loss is multiplied by, where that of the labels counts once."""
    return share / (1 - share)


def taught_parts(batch: Mapping[str, object]) -> list[str]:
    """Return the parts of a step that a teacher was asked about: the run's own, and what has no class."""
    return [part for part in (ROWS, UNLABELLED) if part in batch]
