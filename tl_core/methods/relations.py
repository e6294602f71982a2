"""Relational distillation: a small network learns which examples are alike to a teacher, and by how much.

What is passed on are the relations of the examples of a step: the distances between every two, and the
angles between every three. The teacher's own coordinates, whose number may be another, say nothing.

Reference:
    Park, Kim, Lu and Cho 2019, Relational Knowledge Distillation. arXiv:1904.05068.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from tl_core.base.said import Said, counted
from tl_core.config import TrainConfig
from tl_core.methods import imitation
from tl_core.methods.method import (
    NOTE,
    TEACHER_SAYS,
    TEACHER_SEES,
    Method,
    Setup,
    Term,
    tensor_operations,
)
from tl_core.tasks import task

MOST_OF_A_STEP = 24
"""Examples of a step whose angles are compared: they come in threes, so these are 14,000 already."""
RELATING = 1.4
"""What a step costs over one of distillation."""
TINY = 1e-8


class Own(imitation.Teaching):
    """How much relations count beside the teacher's answers."""

    distance: float = Field(
        1.0,
        ge=0,
        le=100,
        title=Said("Weight of distances"),
        description=Said(
            "How much it counts that two pictures are as far from each other as they are for the teacher. Raise it when there are many pictures without a class."
        ),
    )
    angle: float = Field(
        2.0,
        ge=0,
        le=100,
        title=Said("Weight of angles"),
        description=Said(
            "How much it counts that three pictures lie to each other as they do for the teacher. The authors let angles count twice as much as distances."
        ),
    )


def distances(features: Any) -> Any:
    """Return the distances between every two rows, (n, n), with a mean of 1 (equation 4 of Park et al.)."""
    ops = tensor_operations()

    square = ops.sum(features * features, axis=1)
    between = square[:, None] + square[None, :] - 2 * ops.matmul(features, ops.transpose(features))
    far = ops.sqrt(ops.maximum(between, TINY)) * (1 - ops.eye(ops.shape(features)[0]))
    count = ops.cast(ops.shape(features)[0], "float32")
    return far / (ops.sum(far) / ops.maximum(count * (count - 1), 1) + TINY)


def angles(features: Any) -> Any:
    """Return the cosine of the angle at the first of every three rows, (n, n, n) (equation 6)."""
    ops = tensor_operations()

    apart = features[None, :, :] - features[:, None, :]
    length = ops.sqrt(ops.sum(apart * apart, axis=-1, keepdims=True) + TINY)
    apart = apart / length
    return ops.matmul(apart, ops.transpose(apart, (0, 2, 1)))


def huber(found: Any, wanted: Any) -> Any:
    """Return the mean Huber loss, with its bend at 1 (equation 5)."""
    ops = tensor_operations()

    error = ops.abs(found - wanted)
    return ops.mean(ops.where(error <= 1, 0.5 * error * error, error - 0.5))


def term(setup: Setup) -> Term:
    """Return the loss of distillation plus that of distances and angles, on all that was shown the teacher."""
    ops = tensor_operations()

    own: Own = setup.settings
    answers = imitation.answers_term(setup)

    def related(batch: Mapping[str, Any]) -> Any:
        total = answers(batch)
        for part in imitation.taught_parts(batch):
            seen = batch[NOTE.format(part=part, what=TEACHER_SEES)]
            learnt = setup.features(batch[part])
            total += own.distance * huber(distances(learnt), distances(seen))
            few, wanted = learnt[:MOST_OF_A_STEP], seen[:MOST_OF_A_STEP]
            total += own.angle * huber(angles(few), angles(wanted))
        return ops.mean(total)

    return related


def explains(config: TrainConfig) -> Sequence[str]:
    """Return how much relations count, and when it hurts."""
    own = Own.model_validate(config.method.method_settings)
    return [
        *imitation.explains(config),
        counted(
            "Beside that, distances D count {distance} and angles A {angle} times: those within the {count} picture of a step, angles of {few} at most, in the features x of this network and of the teacher (T); m is the mean distance, h the Huber loss.",
            "Beside that, distances D count {distance} and angles A {angle} times: those between the {count} pictures of a step, angles of {few} of them, in the features x of this network and of the teacher (T); m is the mean distance, h the Huber loss.",
            config.steps.batch_size,
            distance=f"{own.distance:g}",
            angle=f"{own.angle:g}",
            few=min(MOST_OF_A_STEP, config.steps.batch_size),
        ),
        imitation.HURTS,
        Said(
            "With very few pictures in a step there are few relations, and they are mostly chance: then choose plain distillation."
        ),
    ]


METHOD = Method(
    name="relations",
    title=Said("Relational distillation"),
    sentence=Said(
        "As distillation, and the small network also learns which pictures are alike to the larger one. It needs stages that learn, and takes longer."
    ),
    paper="Park et al. 2019, Relational Knowledge Distillation. arXiv:1904.05068",
    needs=imitation.NEEDS,
    settings=Own,
    fixes=lambda config: {"mixup": 0.0},
    exact_head=task.exact_head,
    head_beside=imitation.imitating_head,
    head_work=2.0,
    teacher_tells=(TEACHER_SAYS, TEACHER_SEES),
    refuses=imitation.refuses,
    warns=imitation.warns,
    needs_stages=True,
    needs_one_class=True,
    term=term,
    work_share=lambda config, roles: RELATING * imitation.work_share(config, roles),
    drawing="kind-relations",
    formula="\n".join(
        (
            r"F = F_{\text{distillation}} + \lambda_D\, h(D, D^T) + \lambda_A\, h(A, A^T)",
            r"D_{ij} = \lVert x_i - x_j \rVert_2 \,/\, m",
            r"A_{ijk} = \cos \angle\, x_i\, x_j\, x_k",
        )
    ),
    explains=explains,
)
