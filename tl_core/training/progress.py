"""How far a training has come: what a checkpoint keeps of it, and how it is read again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tl_core.training.checkpoint import Checkpoint


@dataclass(slots=True)
class Progress:
    """Where a training stands.

    Attributes:
        epoch: epochs completed.
        steps: optimiser steps in all.
        best_epoch: whose weights are the best yet; 0 is the start.
        best_arrays: its weights; empty before anything was measured.
        right: bool (n,), which validation pictures were right last; None where that means nothing.
        event: what was told of the last epoch.
    """

    epoch: int = 0
    steps: int = 0
    best_epoch: int = 0
    best_arrays: list[np.ndarray] = field(default_factory=list)
    right: np.ndarray | None = None
    event: dict[str, Any] = field(default_factory=dict)

    def state(self) -> dict[str, Any]:
        """Return the numbers as JSON can hold them."""
        return {
            "steps": self.steps,
            "best_epoch": self.best_epoch,
            "event": self.event,
        }

    def arrays(
        self, weights: list[np.ndarray], optimiser: list[np.ndarray]
    ) -> dict[str, np.ndarray]:
        """Return what a checkpoint holds, by name; the best weights only where they are not the last.

        Where weights are averaged, those of the best epoch are other ones even if it is the last.
        """
        arrays = _named("w", weights) | _named("o", optimiser)
        pairs = zip(weights, self.best_arrays, strict=True)
        if self.best_epoch == self.epoch and all(np.array_equal(*pair) for pair in pairs):
            return arrays
        return arrays | _named("b", self.best_arrays)


def of(found: Checkpoint) -> Progress:
    """Return how far the training of a checkpoint had come."""
    state = found.state
    return Progress(
        epoch=found.epoch,
        steps=state["steps"],
        best_epoch=state["best_epoch"],
        best_arrays=_stack(found.arrays, "b") or weights(found),
        event=state["event"],
    )


def weights(found: Checkpoint) -> list[np.ndarray]:
    """Return the last weights of a checkpoint."""
    return _stack(found.arrays, "w")


def optimiser(found: Checkpoint) -> list[np.ndarray]:
    """Return the optimiser's state of a checkpoint."""
    return _stack(found.arrays, "o")


def _named(prefix: str, values: list[np.ndarray]) -> dict[str, np.ndarray]:
    return {f"{prefix}.{number:05d}": value for number, value in enumerate(values)}


def _stack(arrays: Mapping[str, np.ndarray], prefix: str) -> list[np.ndarray]:
    return [arrays[name] for name in sorted(arrays) if name.startswith(f"{prefix}.")]
