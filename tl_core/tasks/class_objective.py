"""What training minimises where every example has one class: cross-entropy over logits."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tl_core.config import TrainConfig
from tl_core.tasks.closed_form import balance, cross_entropy, negative_log_likelihoods


@dataclass(frozen=True, slots=True)
class Classes:
    """Cross-entropy over logits; answers are int (n,)."""

    outputs: int
    label_smoothing: float
    class_weights: np.ndarray
    balanced: bool = False

    @classmethod
    def of(cls, config: TrainConfig, labels: np.ndarray, classes: int) -> "Classes":
        """Return the objective for training examples with these labels."""
        balanced = config.objective.class_weights == "balanced"
        weights = np.ones(classes, np.float32)
        if balanced:
            counts = np.bincount(labels, minlength=classes)
            weights = np.where(counts > 0, len(labels) / (classes * np.maximum(counts, 1)), 0)
        return cls(classes, config.objective.label_smoothing, weights.astype(np.float32), balanced)

    def loss(self) -> Any:
        import keras

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

    def losses(self, outputs: np.ndarray, answers: np.ndarray) -> np.ndarray:
        losses = negative_log_likelihoods(outputs, answers)
        return losses * balance(answers, self.outputs) if self.balanced else losses

    def right(self, outputs: np.ndarray, answers: np.ndarray) -> np.ndarray:
        return outputs.argmax(axis=1) == answers

    def mean_errors(self, outputs: np.ndarray, answers: np.ndarray) -> None:
        return None
