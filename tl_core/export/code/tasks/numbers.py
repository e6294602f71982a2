"""Numbers: the distance that the settings name, ridge regression, mean absolute error and R²."""

from typing import Any

from tl_core.config import TrainConfig
from tl_core.tasks import closed_form
from tl_core.tasks.task import Goal

_LOSSES = {
    "mse": ("MeanSquaredError", "(missed**2)"),
    "mae": ("MeanAbsoluteError", "missed"),
    "huber": ("Huber", "np.where(missed <= 1, missed**2 / 2, missed - 0.5)"),
}


def block(goal: Goal, config: TrainConfig) -> dict[str, Any]:
    """Return the template with what it needs."""
    loss_class, loss_code = _LOSSES[config.objective.loss]
    return {
        "task_block": "task_regress.jinja",
        "solver_block": "solve_ridge.jinja",
        "l2_path": closed_form.RIDGE_PATH,
        "l2_middling": closed_form.RIDGE_WITHOUT_VALIDATION,
        "least_varying": closed_form.LEAST_VARYING,
        "log": list(goal.rules.log),
        "any_log": any(goal.rules.log),
        "loss_class": loss_class,
        "loss_code": loss_code,
        "raw_in_words": "times SPREAD and plus MIDDLE they are numbers again",
    }
