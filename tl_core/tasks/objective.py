"""What training minimises and how an epoch is judged: the protocol that `training.fit` works with.

Members of the tasks give one each; what needs Keras imports it inside.
"""

from typing import Any, Protocol

import numpy as np


class Objective(Protocol):
    """The one place where tasks differ while training."""

    @property
    def outputs(self) -> int: ...

    def loss(self) -> Any:
        """Return the Keras loss."""
        ...

    def metrics(self) -> list[str]:
        """Return the Keras metrics counted while training."""
        ...

    def targets(self, answers: np.ndarray) -> np.ndarray:
        """Return what the loss compares with, float32 (n, outputs)."""
        ...

    def weights(self, answers: np.ndarray) -> np.ndarray:
        """Return how much each example counts, float32 (n,), mean 1 over the training part."""
        ...

    def measure(self, outputs: np.ndarray, answers: np.ndarray) -> tuple[float, float | None]:
        """Return the loss and, where answers can be right, the score that is drawn."""
        ...

    def score(self, outputs: np.ndarray, answers: np.ndarray) -> list[float]:
        """Return what epochs are compared by, the larger the better: accuracy, then the loss below 0.

        Classes count as they do in training; the first is 0 for numbers.
        """
        ...

    def losses(self, outputs: np.ndarray, answers: np.ndarray) -> np.ndarray:
        """Return each example's loss, float64 (n,), whose mean is what `score` ends with, above 0."""
        ...

    def right(self, outputs: np.ndarray, answers: np.ndarray) -> np.ndarray | None:
        """Return which examples are answered right, bool (n,); None where nothing is right or wrong."""
        ...

    def mean_errors(self, outputs: np.ndarray, answers: np.ndarray) -> list[float] | None:
        """Return how far each target is missed on average, in its own unit; None for classes."""
        ...
