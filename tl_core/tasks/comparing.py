"""What two models are held against each other by: a number for each example, whose mean is compared."""

from dataclasses import dataclass

import numpy as np

from tl_core.base.said import Said


@dataclass(frozen=True, slots=True)
class ByExample:
    """One measure of a model's answers, example by example.

    Attributes:
        key: what it is called in files; the same for every model of a task.
        title: what people are told that it is.
        values: float64 (n,), finite where the answer is; its mean is the measure.
        is_share: whether it lies between 0 and 1 and is told in percent.
        higher_is_better: else lower is.
    """

    key: str
    title: str
    values: np.ndarray
    is_share: bool
    higher_is_better: bool


def accuracy(right: np.ndarray) -> ByExample:
    """Return the share of examples that are answered right, bool (n,)."""
    return ByExample("accuracy", Said("accuracy"), right.astype(np.float64), True, True)
