"""Distillation: a small network learns to answer as a finished, larger one does.

Beside the classes the network learns the shares that the teacher gives to all of them, softened by a
temperature, on every example and on further ones that nobody labelled.

Reference:
    Hinton, Vinyals and Dean 2015, Distilling the Knowledge in a Neural Network. arXiv:1503.02531.
"""

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import Field

from tl_core.base.said import Said
from tl_core.config import TrainConfig
from tl_core.methods import teachers
from tl_core.methods.method import (
    NOTE,
    OUTPUTS,
    ROWS,
    TEACHER_SAYS,
    Method,
    Settings,
    Setup,
    Term,
    tensor_operations,
)
from tl_core.tasks import task

LEAST = 1e-6
"""A share below this is as good as none."""


class Own(Settings):
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


def term(setup: Setup) -> Term:
    """Return how far the answers are from the teacher's, both softened, times the square of the temperature.

    The square keeps the size of gradients, which fall with it (Hinton et al., section 2).
    """
    ops = tensor_operations()

    own: Own = setup.settings
    weight = teachers.weight_of(own.share) * own.temperature**2

    def divergence(outputs: Any, says: Any) -> Any:
        goal = ops.softmax(ops.log(ops.maximum(says, LEAST)) / own.temperature)
        told = ops.log_softmax(outputs / own.temperature)
        return ops.sum(goal * (ops.log(ops.maximum(goal, LEAST)) - told), axis=-1)

    def taught(batch: Mapping[str, Any]) -> Any:
        found = []
        for part in teachers.taught_parts(batch):
            outputs = batch[OUTPUTS] if part == ROWS else setup.learner(batch[part])
            found.append(divergence(outputs, batch[NOTE.format(part=part, what=TEACHER_SAYS)]))
        return weight * ops.mean(ops.concatenate(found))

    return taught


def work_share(config: TrainConfig, roles: Collection[str]) -> float:
    """Return what a step costs: examples without a class double what it sees."""
    return 2.0 if teachers.UNLABELLED in roles else 1.0


METHOD = Method(
    name="distillation",
    title=Said("Distillation"),
    sentence=Said(
        "A small network learns to answer as a larger one that you trained before, also on pictures without a class. It hurts where the teacher is not clearly better."
    ),
    paper="Hinton et al. 2015, Distilling the Knowledge in a Neural Network. arXiv:1503.02531",
    needs=teachers.NEEDS,
    settings=Own,
    fixes=lambda config: {"mixup": 0.0},
    exact_head=task.exact_head,
    head_beside=teachers.imitating_head,
    teacher_tells=(TEACHER_SAYS,),
    refuses=teachers.refuses,
    term=term,
    work_share=work_share,
)
