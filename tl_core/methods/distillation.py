"""Distillation: a small network learns to answer as a finished, larger one does.

Beside the classes the network learns the shares that the teacher gives to all of them, softened by a
temperature, on every example and on further ones that nobody labelled.

Reference:
    Hinton, Vinyals and Dean 2015, Distilling the Knowledge in a Neural Network. arXiv:1503.02531.
"""

from collections.abc import Sequence

from tl_core.base.said import Said
from tl_core.config import TrainConfig
from tl_core.methods import imitation
from tl_core.methods.method import TEACHER_SAYS, Method
from tl_core.tasks import task


def explains(config: TrainConfig) -> Sequence[str]:
    """Return how much the teacher counts, and when it hurts."""
    return [*imitation.explains(config), imitation.HURTS]


METHOD = Method(
    name="distillation",
    title=Said("Distillation"),
    sentence=Said(
        "A small network learns to answer as a larger one that you trained before, also on pictures without a class. It hurts where the teacher is not clearly better."
    ),
    paper="Hinton et al. 2015, Distilling the Knowledge in a Neural Network. arXiv:1503.02531",
    needs=imitation.NEEDS,
    settings=imitation.Teaching,
    fixes=lambda config: {"mixup": 0.0},
    exact_head=task.exact_head,
    head_beside=imitation.imitating_head,
    head_work=2.0,
    teacher_tells=(TEACHER_SAYS,),
    refuses=imitation.refuses,
    warns=imitation.warns,
    needs_one_class=True,
    term=imitation.answers_term,
    work_share=imitation.work_share,
    drawing="method-distillation",
    formula="\n".join(imitation.FORMULA),
    explains=explains,
)
