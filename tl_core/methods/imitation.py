"""What every method with a teacher shares: what it needs, whom it refuses, how its answers are learnt.

The teacher is a finished run for the same classes. What it says of every example is asked once.

Reference:
    Hinton, Vinyals and Dean 2015, Distilling the Knowledge in a Neural Network. arXiv:1503.02531.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from tl_core.backbones import catalogue, smaller
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.methods import leak_guard
from tl_core.methods.method import (
    NOTE,
    OUTPUTS,
    ROWS,
    TEACHER_SAYS,
    ExactHead,
    Given,
    Known,
    Need,
    Settings,
    Setup,
    Term,
    tensor_operations,
)
from tl_core.models import persist
from tl_core.tasks import closed_form, task
from tl_core.tasks import registry as tasks
from tl_core.tasks.closed_form import Linear
from tl_core.tasks.task import Goal

UNLABELLED = "unlabelled"
MOST = 20_000
"""Of the examples without a class are learnt from by the head; more tell no more, and take memory."""
LEAST = 1e-6
"""A share below this is as good as none."""


SMALLEST = 1e-12
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


class Teaching(Settings):
    """How soft the teacher's answers are, and how much they count."""

    temperature: float = Field(
        2.0,
        ge=1,
        le=20,
        title=Said("Temperature"),
        description=Said(
            "How far the teacher's answers are softened, so that what it thinks of the other classes counts, too. Raise it when the teacher is nearly always sure."
        ),
    )
    share: float = Field(
        0.7,
        ge=0,
        le=0.95,
        title=Said("Share of the teacher"),
        description=Said(
            "How much the teacher's answers count beside your labels. Lower it when the teacher is often wrong."
        ),
    )


FORMULA = (
    r"F = L(w;\, \theta) + \tfrac{a}{1 - a}\, \tau^2\, \mathrm{KL}(t_\tau \,\Vert\, p_\tau)",
    r"t_\tau \propto t^{1/\tau}, \quad p_\tau = \mathrm{softmax}(z / \tau)",
    r"g = \tfrac12 \left(y + \frac{p\, t}{\sum p\, t}\right) \;\text{(exact head)}",
)
HURTS = Said(
    "It hurts where the teacher is not clearly better than this network would be alone, or is sure of what is wrong: its mistakes are learnt, too. Compare with a run of the same network without a teacher."
)


def explains(config: TrainConfig) -> Sequence[str]:
    """Return how much the answers of the teacher count, with these settings."""
    own = Teaching.model_validate(
        {
            name: value
            for name, value in config.method.method_settings.items()
            if name in Teaching.model_fields
        }
    )
    return [
        Said(
            "Here the answers t of the teacher and p of this network are softened by the temperature τ = {temperature}, and the teacher has the share a = {share}: it counts {times} times as much as the labels y. The exact head begins with the goal g, on which labels, teacher and its own first answers agree.",
            temperature=f"{own.temperature:g}",
            share=f"{own.share:g}",
            times=f"{own.share / (1 - own.share):.1f}",
        )
    ]


def refuses(given: Given) -> None:
    """Refuse a teacher that answers something else, or was taught with what this run is judged by.

    Raises:
        UserError: "teacher-task", "teacher-classes" or "teacher-leak".
    """
    dataset, folder = given.dataset, given.teacher
    own = tasks.of(dataset)
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


def warns(given: Given) -> Sequence[str]:
    """Return a warning where the teacher has no larger a backbone than what it is to teach."""
    if given.teacher is None:
        return ()
    own = given.config.network.backbone
    try:
        teaching = persist.describe(given.teacher / "model").backbone
        if smaller.is_larger(teaching, own):
            return ()
    except UserError:  # nobody can tell; a teacher that cannot be read is refused
        return ()
    return (
        Said(
            "The teacher, {teacher}, is no larger than what it is to teach, {own}, so it hardly knows more: learning from it may bring nothing. Choose a teacher with a larger backbone, or a smaller backbone here.",
            teacher=catalogue.title(teaching),
            own=catalogue.title(own),
        ),
    )


def _refuse_leak(dataset: Dataset, folder: Path) -> None:
    """Refuse a teacher that learnt from examples by which this run is judged; copies are found as it starts."""
    seen = np.isin(leak_guard.judged(dataset), leak_guard.taught_with(folder, dataset))
    if seen.any():
        raise leak_guard.teacher_has_seen(int(seen.sum()))


def imitating_head(known: Known) -> ExactHead:
    """Return what solves for the head that answers as the teacher and the labels do.

    First the usual head is solved for. What it says of an example times what the teacher says, brought
    to a sum of 1, is the goal for one without a class: two witnesses that erred independently. An example
    to learn from counts half by its class and half by that. Without such examples it is the usual head.

    In points of test accuracy for the starter with 20 labelled pictures a class, mean of trashnet, sign_digits
    and photos of PACS in three divisions (`tests/benchmarks/test_distillation.py`): +2.6 ± 1.4 taught by
    MobileNetV2, +3.0 ± 1.4 by EfficientNet-Lite0. The teacher alone as goal brought half of that, softer goals less.
    """
    further = known.further.get(UNLABELLED)
    if further is None:
        return task.exact_head
    some = closed_form.spread(np.zeros(len(further)), MOST)
    further = further[some]
    says = known.notes[NOTE.format(part=UNLABELLED, what=TEACHER_SAYS)][some]
    of_learnt = known.notes[NOTE.format(part=ROWS, what=TEACHER_SAYS)]
    told = dict(zip(known.learnt.tolist(), of_learnt, strict=True))

    def solve(
        goal: Goal,
        features: np.ndarray,
        learnt: np.ndarray,
        choosing: np.ndarray,
        l2: float | None = None,
    ) -> Linear:
        usual = task.exact_head(goal, features, learnt, choosing, l2)
        labels = np.eye(len(goal.outputs))[goal.answers(learnt)]
        own = closed_form.softmax(usual(features[learnt]))
        # Of validation pictures, which join when the head is refitted, the teacher was not asked.
        seen = np.stack([told.get(row, own[place]) for place, row in enumerate(learnt.tolist())])
        goals = np.concatenate(
            [
                (labels + _agreed(own, seen)) / 2,
                _agreed(closed_form.softmax(usual(further)), says),
            ]
        )
        rows = np.concatenate([features[learnt], further])
        found = closed_form.fit_softmax(rows, goals, len(goal.outputs), IMITATES_AT, overwrite=True)
        return replace(found, l2=usual.l2)

    return solve


def _agreed(own: np.ndarray, says: np.ndarray) -> np.ndarray:
    """Return what two witnesses say together, rows that sum to 1."""
    both = own * says + SMALLEST
    return both / both.sum(axis=1, keepdims=True)


def taught_parts(batch: Mapping[str, object]) -> list[str]:
    """Return the parts of a step that a teacher was asked about: the run's own, and what has no class."""
    return [part for part in (ROWS, UNLABELLED) if part in batch]


def answers_term(setup: Setup) -> Term:
    """Return how far the answers are from the teacher's, both softened, times the square of the temperature.

    The square keeps the size of gradients, which fall with it (Hinton et al., section 2).
    """
    ops = tensor_operations()

    own: Teaching = setup.settings
    weight = own.share / (1 - own.share) * own.temperature**2

    def divergence(outputs: Any, says: Any) -> Any:
        goal = ops.softmax(ops.log(ops.maximum(says, LEAST)) / own.temperature)
        told = ops.log_softmax(outputs / own.temperature)
        return ops.sum(goal * (ops.log(ops.maximum(goal, LEAST)) - told), axis=-1)

    def taught(batch: Mapping[str, Any]) -> Any:
        found = []
        for part in taught_parts(batch):
            outputs = batch[OUTPUTS] if part == ROWS else setup.learner(batch[part])
            found.append(divergence(outputs, batch[NOTE.format(part=part, what=TEACHER_SAYS)]))
        return weight * ops.mean(ops.concatenate(found))

    return taught


def work_share(config: TrainConfig, roles: Collection[str]) -> float:
    """Return what a step costs: examples without a class double what it sees."""
    return 2.0 if UNLABELLED in roles else 1.0
