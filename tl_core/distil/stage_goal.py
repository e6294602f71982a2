"""Teaching stage by stage: small regressions, each against the teacher's own tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from tl_core.distil import losses, network, pictures, teacher
from tl_core.distil.held_out import held_out

ops: Any = keras.ops  # its published types are too narrow

if TYPE_CHECKING:
    from tl_core.distil.student import Phase, Training

ON_THE_WAY = 0.3
"""Weight of a lesson before the last: what a head will read counts most."""


class StageGoal:
    """Every stage is taught the teacher's map, from the teacher's input or from the student's own."""

    def __init__(self, training: Training, phase: Phase, run_teacher: teacher.Teacher) -> None:
        self.training, self.teacher = training, run_teacher
        self.models = training.models
        settings = training.settings
        view = pictures.View(training.pool, settings.seed, 0.0)
        numbers = pictures.numbers_of_step(training.pool, 0, settings.seed, settings.batch)[0]
        seen = np.stack([view(n, 0, phase.teacher_px) for n in numbers])
        maps = self.teacher(pictures.to_float(seen))
        self.first = (pictures.to_float(pictures.shrink(seen, settings.student_px)), *maps)
        self.phase, self.teacher_px = phase, phase.teacher_px
        seen = [
            (small, *self.teacher(views)) for views, small in held_out(training, self.teacher_px)
        ]
        maps = [np.concatenate(found) for found in list(zip(*seen, strict=True))[1:]]
        # Many pictures and a floor: a channel that hardly ever speaks must not outweigh the others.
        # Maps joined by residual connections share one scale, or the identity would not fit them.
        self.mean = _of_last_as_wide(maps, [m.mean((0, 1, 2)) for m in maps])
        self.scale = _of_last_as_wide(maps, [m.std((0, 1, 2)) + 0.1 for m in maps])
        self.held_out = [(small, *self.lessons(list(found))) for small, *found in seen]
        self.pooled_scale = (
            np.concatenate([m[-1].mean((1, 2)) for m in self.held_out]).std(0) + 0.01
        )

    def lessons(self, maps: Sequence[Any]) -> list[Any]:
        """The teacher's maps, standardised: what `loss` compares with."""
        return [(m - a) / s for m, a, s in zip(maps, self.mean, self.scale, strict=True)]

    def targets(
        self, view: pictures.View, numbers: np.ndarray, epoch: int, rng: np.random.Generator
    ) -> tuple[np.ndarray, ...]:
        """The student's pictures and the teacher's standardised maps."""
        seen = np.stack([view(n, epoch, self.teacher_px) for n in numbers])
        small = pictures.shrink(seen, self.training.settings.student_px)
        maps = self.teacher(pictures.to_float(seen))
        given = self.phase.draw_given(len(numbers), rng)
        return pictures.to_float(small), given, *self.lessons(maps)

    def loss(self, small: Any, given: Any, *maps: Any) -> Any:
        """Squared error of all stages, then of pooled features and relations.

        Where `given` is 1 the next stage reads the teacher's map, elsewhere the student's own.
        """
        x, y, total = small, small, 0.0
        for model, wanted in zip(self.models, maps, strict=True):
            y, weight = model(x, training=True), ON_THE_WAY
            if model is self.models[-1]:
                y, weight = (y - self.mean[-1]) / self.scale[-1], 1.0
            total = total + weight * ops.mean(ops.square(y - wanted))
            x = y + given * (wanted - y)
        weights = self.training.settings.weights
        found = losses.pooled_losses(
            ops.mean(y, axis=(1, 2)), ops.mean(maps[-1], axis=(1, 2)), 0.0, self.pooled_scale
        )
        names = ("error", "cosine", "relation")
        return total + sum(weights[name] * value for name, value in zip(names, found, strict=True))

    def _errors(self, inputs: Sequence, maps: Sequence) -> list[Any]:
        errors = []
        for model, x, wanted in zip(self.models, inputs, maps, strict=True):
            y = model(x, training=True)
            if model is self.models[-1]:
                y = (y - self.mean[-1]) / self.scale[-1]
            errors.append(ops.mean(ops.square(y - wanted)))
        return errors

    def calibrate(self) -> None:
        """Set every layer's gain and bias from one batch."""
        maps = self.lessons(list(self.first[1:]))
        inputs = [self.first[0], *maps[:-1]]
        network.calibrate(self.models, [ops.convert_to_tensor(x) for x in inputs], "set")

    def check(self) -> dict[str, Any]:
        """Unexplained variance of every stage on held-out pictures: on its own, and in the chain."""
        alone, chain = [], []
        for small, *maps in self.held_out:
            alone.append([float(e) for e in self._errors((small, *maps[:-1]), maps)])
            inputs = [small]
            for model in self.models[:-1]:
                inputs.append(model(inputs[-1], training=False))
            chain.append([float(e) for e in self._errors(inputs, maps)])
        names = {"stage_error": alone, "chain_error": chain}
        return {name: [round(e, 4) for e in np.mean(rows, 0)] for name, rows in names.items()}


def _of_last_as_wide(maps: Sequence[np.ndarray], values: list[np.ndarray]) -> list[np.ndarray]:
    """For every map the value of the last one that is as wide."""
    last = {m.shape[-1]: value for m, value in zip(maps, values, strict=True)}
    return [last[m.shape[-1]] for m in maps]
