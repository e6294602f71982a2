"""What the program of a training says of every task, by the task's name. A new task adds one line here."""

from collections.abc import Callable, Mapping
from typing import Any

from tl_core.config import TrainConfig
from tl_core.export.code.tasks import classes, labels, numbers
from tl_core.tasks import classify, multilabel, regress
from tl_core.tasks.task import Goal

BLOCKS: Mapping[str, Callable[[Goal, TrainConfig], dict[str, Any]]] = {
    classify.TASK.kind: classes.block,
    multilabel.TASK.kind: labels.block,
    regress.TASK.kind: numbers.block,
}
"""From what is learnt to the template for it, with what that needs."""


def block(goal: Goal, config: TrainConfig) -> dict[str, Any]:
    """Return the template for what is learnt, with what it needs."""
    return BLOCKS[goal.task.kind](goal, config)
