"""One class each: cross-entropy, multinomial logistic regression, accuracy."""

from typing import Any

from tl_core.config import TrainConfig
from tl_core.tasks import closed_form, strength
from tl_core.tasks.task import Goal


def block(goal: Goal, config: TrainConfig) -> dict[str, Any]:
    """Return the template with what it needs."""
    return {
        "task_block": "task_classify.jinja",
        "solver_block": "solve_logistic.jinja",
        "l2_path": closed_form.L2_PATH,
        "l2_middling": closed_form.L2_WITHOUT_VALIDATION,
        "least_varying": closed_form.LEAST_VARYING,
        "standard_errors": strength.STANDARD_ERRORS,
        "balanced": config.objective.class_weights == "balanced",
        "label_smoothing": config.objective.label_smoothing,
        "raw_in_words": "softmax makes probabilities of them",
    }
