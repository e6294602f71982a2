"""What training minimises and how an answer is judged (imports keras).

`Classes` for labelled pictures, `Numbers` for pictures with measured targets.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import keras
import numpy as np

from tl_core.config import Loss, TrainConfig
from tl_core.tasks.closed_form import balance, cross_entropy


class Objective(Protocol):
    """The one place where classification and regression differ while training."""

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
        """Return how much each picture counts, float32 (n,), mean 1 over the training part."""
        ...

    def measure(self, outputs: np.ndarray, answers: np.ndarray) -> tuple[float, float | None]:
        """Return the loss and, for classes, the accuracy."""
        ...

    def score(self, outputs: np.ndarray, answers: np.ndarray) -> list[float]:
        """Return what epochs are compared by, the larger the better: accuracy, then the loss below 0.

        Classes count as they do in training; the first is 0 for numbers.
        """
        ...

    def right(self, outputs: np.ndarray, answers: np.ndarray) -> np.ndarray | None:
        """Return which pictures are answered right, bool (n,); None where nothing is right or wrong."""
        ...

    def mean_errors(self, outputs: np.ndarray, answers: np.ndarray) -> list[float] | None:
        """Return how far each target is missed on average, in its own unit; None for classes."""
        ...


@dataclass(frozen=True, slots=True)
class Classes:
    """Cross-entropy over logits; answers are int (n,)."""

    outputs: int
    label_smoothing: float
    class_weights: np.ndarray
    balanced: bool = False

    @classmethod
    def of(cls, config: TrainConfig, labels: np.ndarray, classes: int) -> "Classes":
        """Return the objective for training pictures with these labels."""
        balanced = config.objective.class_weights == "balanced"
        weights = np.ones(classes, np.float32)
        if balanced:
            counts = np.bincount(labels, minlength=classes)
            weights = np.where(counts > 0, len(labels) / (classes * np.maximum(counts, 1)), 0)
        return cls(classes, config.objective.label_smoothing, weights.astype(np.float32), balanced)

    def loss(self) -> Any:
        return keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=self.label_smoothing
        )

    def metrics(self) -> list[str]:
        return ["accuracy"]

    def targets(self, answers: np.ndarray) -> np.ndarray:
        return np.eye(self.outputs, dtype=np.float32)[answers]

    def weights(self, answers: np.ndarray) -> np.ndarray:
        return self.class_weights[answers]

    def measure(self, outputs: np.ndarray, answers: np.ndarray) -> tuple[float, float | None]:
        if len(answers) == 0:
            return 0.0, 0.0
        return cross_entropy(outputs, answers), float(np.mean(self.right(outputs, answers)))

    def score(self, outputs: np.ndarray, answers: np.ndarray) -> list[float]:
        if len(answers) == 0:
            return [0.0, 0.0]
        weights = balance(answers, self.outputs) if self.balanced else None
        right = np.average(self.right(outputs, answers), weights=weights)
        return [float(right), -cross_entropy(outputs, answers, weights)]

    def right(self, outputs: np.ndarray, answers: np.ndarray) -> np.ndarray:
        return outputs.argmax(axis=1) == answers

    def mean_errors(self, outputs: np.ndarray, answers: np.ndarray) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Numbers:
    """Distance from standardised targets; answers are float (n, targets), standardised.

    Attributes:
        kind: mean squared error, mean absolute error, or Huber's mixture of both, which is
            squared up to one standard deviation and absolute beyond.
        deviation: float (targets,), what one standardised unit is in the target's own.
        told: standardised numbers to the target's own, where that is more than a factor.

    Reference:
        Huber 1964, Robust estimation of a location parameter.
    """

    kind: Loss
    deviation: np.ndarray
    told: Callable[[np.ndarray], np.ndarray] | None = None

    @property
    def outputs(self) -> int:
        return len(self.deviation)

    def loss(self) -> Any:
        losses = keras.losses
        return {"mse": losses.MeanSquaredError, "mae": losses.MeanAbsoluteError}.get(
            self.kind, losses.Huber
        )()

    def metrics(self) -> list[str]:
        return []

    def targets(self, answers: np.ndarray) -> np.ndarray:
        return answers.astype(np.float32)

    def weights(self, answers: np.ndarray) -> np.ndarray:
        return np.ones(len(answers), np.float32)

    def measure(self, outputs: np.ndarray, answers: np.ndarray) -> tuple[float, float | None]:
        if len(answers) == 0:
            return 0.0, None
        missed = np.abs(outputs.astype(np.float64) - answers)
        if self.kind == "mse":
            missed = missed**2
        elif self.kind == "huber":
            missed = np.where(missed <= 1, missed**2 / 2, missed - 0.5)
        return float(missed.mean()), None

    def score(self, outputs: np.ndarray, answers: np.ndarray) -> list[float]:
        return [0.0, -self.measure(outputs, answers)[0]]

    def right(self, outputs: np.ndarray, answers: np.ndarray) -> None:
        return None

    def mean_errors(self, outputs: np.ndarray, answers: np.ndarray) -> list[float] | None:
        if len(answers) == 0:
            return None
        told = self.told or (lambda numbers: numbers * self.deviation)
        missed = np.abs(told(outputs.astype(np.float64)) - told(answers)).mean(axis=0)
        return [float(error) for error in missed]
