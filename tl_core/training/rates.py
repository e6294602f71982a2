"""How fast what learns when: schedules, a rate for every stage, stages that join one by one.

Plain arithmetic, so that the app can draw it before anything is trained. Imports no Keras.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tl_core.config import TrainConfig

LEAST_STEPS = 12
"""Fewer steps of a range test say nothing."""
SLIGHTLY = 1e-4
"""Validation losses nearer to the best than this are no improvement."""


@dataclass(slots=True)
class Schedule:
    """The share of the learning rate that is in force, step by step.

    Attributes:
        config: schedule, warmup, plateau_patience and plateau_factor are read.
        steps: optimiser steps of the whole run.
        lowered: share that plateaus have left, 1 before the first.
        best: lowest loss that `after_epoch` was told.
        waited: epochs since.

    Reference:
        Loshchilov and Hutter 2017, SGDR: stochastic gradient descent with warm restarts.
        arXiv:1608.03983.
    """

    config: TrainConfig
    steps: int
    lowered: float = 1.0
    best: float = math.inf
    waited: int = 0

    def share(self, step: int) -> float:
        """Return the share for optimiser step number `step`, counted from 0."""
        if self.config.rate.schedule == "cosine":
            return _cosine(step, self.steps, round(self.config.rate.warmup * self.steps))
        return self.lowered if self.config.rate.schedule == "plateau" else 1.0

    def after_epoch(self, loss: float) -> bool:
        """Take in an epoch's loss; return whether the rate was lowered."""
        if loss < self.best - SLIGHTLY:
            self.best, self.waited = loss, 0
            return False
        self.waited += 1
        if (
            self.config.rate.schedule != "plateau"
            or self.waited < self.config.rate.plateau_patience
        ):
            return False
        self.lowered, self.waited = self.lowered * self.config.rate.plateau_factor, 0
        return True

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint must hold, as JSON allows it."""
        best = self.best if math.isfinite(self.best) else None
        return {"lowered": self.lowered, "best": best, "waited": self.waited}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self.lowered, self.waited = state["lowered"], state["waited"]
        self.best = math.inf if state["best"] is None else state["best"]


@dataclass(frozen=True, slots=True)
class Sweep:
    """A range test: the loss of one step at each of a growing row of learning rates."""

    rates: tuple[float, ...]
    losses: tuple[float, ...]

    @property
    def suggested(self) -> float | None:
        """Return a tenth of the rate from which on the loss runs away, rounded; None if too little is known.

        Where the loss falls first, that lies near its steepest fall; where training starts at the
        exact solution and nothing is left to fall, it is still a rate that spoils nothing.
        """
        if len(self.losses) < LEAST_STEPS:
            return None
        return float(f"{self.rates[self._last_good()] / 10:.0e}")

    @property
    def runs_away(self) -> bool:
        """Whether the loss ran away at any rate that was tried."""
        return len(self.losses) >= LEAST_STEPS and self._last_good() < len(self.losses) - 1

    def _last_good(self) -> int:
        """Return the last step at which the loss was still about as low as it got."""
        smooth = smoothed(self.losses)[LEAST_STEPS // 2 :]
        calm = smooth[: len(smooth) // 3]
        lowest = min(smooth)
        within = max(max(calm) - min(calm), 0.1 * (smooth[0] - lowest), 0.1 * lowest)
        # The last rate that still does well: noise may look like running away much earlier.
        last = max(at for at, loss in enumerate(smooth) if loss <= lowest + within)
        return last + LEAST_STEPS // 2


def smoothed(losses: Sequence[float], keep: float = 0.9) -> list[float]:
    """Return the running mean of a noisy row: each step counts `keep` times as much as the one after."""
    mean, weight, told = 0.0, 0.0, []
    for loss in losses:
        mean, weight = keep * mean + (1 - keep) * loss, keep * weight + 1 - keep
        told.append(mean / weight)
    return told


def stage_rate(config: TrainConfig, below_top: int) -> float:
    """Return the share of the learning rate for a stage `below_top` stages under the last one.

    Reference:
        Howard and Ruder 2018, Universal language model fine-tuning. arXiv:1801.06146.
    """
    return config.rate.tail_rate * config.rate.stage_decay**below_top


def first_epoch(config: TrainConfig, below_top: int) -> int:
    """Return the epoch, from 1, in which the stage `below_top` stages under the last one joins.

    With gradual unfreezing the head learns alone for `thaw_every` epochs, then one more stage
    joins after every `thaw_every`, from the top down.

    Reference:
        Howard and Ruder 2018, Universal language model fine-tuning. arXiv:1801.06146.
    """
    return (below_top + 1) * config.rate.thaw_every + 1


def thawed(config: TrainConfig, epoch: int) -> int:
    """Return how many stages, counted from the top, learn in epoch number `epoch`, from 1."""
    if not config.rate.thaw_every:
        return config.network.trainable_stages
    return min(config.network.trainable_stages, max(0, epoch - 1) // config.rate.thaw_every)


def last_thaw(config: TrainConfig) -> int:
    """Return the epochs that pass before everything that is to learn does; 0 without unfreezing."""
    return config.rate.thaw_every * config.network.trainable_stages


def comes_to_rest(schedule: str, patience: int) -> bool:
    """Say whether the rate is sure to fall to nothing before the end, and the weights with it to rest.

    Patience may end a training while its steps are still large; then there is no such end.
    """
    return schedule == "cosine" and not patience


def curve(config: TrainConfig, points: int = 60) -> list[float]:
    """Return the share of the learning rate over a run, for drawing.

    When a plateau comes is not known beforehand, so two are made up.
    """
    if config.rate.schedule == "plateau":
        return [config.rate.plateau_factor ** (3 * point // points) for point in range(points)]
    schedule = Schedule(config, points - 1)
    return [schedule.share(point) for point in range(points)]


def _cosine(step: int, steps: int, warmup: int) -> float:
    if step < warmup:
        return (step + 1) / (warmup + 1)
    return (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup))) / 2
