"""Several labels each: binary cross-entropy, one logistic regression a label, mean average precision."""

from typing import Any

from tl_core.config import TrainConfig
from tl_core.tasks import closed_form, strength
from tl_core.tasks.task import Goal


def block(goal: Goal, config: TrainConfig) -> dict[str, Any]:
    """Return the template with what it needs."""
    return {
        "task_block": "task_multilabel.jinja",
        "solver_block": "solve_logistic.jinja",
        "l2_path": closed_form.L2_PATH,
        "l2_middling": closed_form.L2_WITHOUT_VALIDATION,
        "least_varying": closed_form.LEAST_VARYING,
        "standard_errors": strength.STANDARD_ERRORS,
        "balanced": False,
        "raw_in_words": "the logistic function makes probabilities of them",
    }
