"""Looks, teacher and student in one compiled step, so that a graphics card never waits for a CPU.

The pool stays on the card; a step brings the numbers of its pictures and of its looks. No look
comes twice, and nothing is kept on disk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from tl_core.distil import looks, pictures, teacher
from tl_core.training.network import halve, has_gpu

ops: Any = keras.ops  # its published types are too narrow

if TYPE_CHECKING:
    from tl_core.distil.stage_goal import StageGoal
    from tl_core.distil.student import Phase, Training
    from tl_core.distil.whole_goal import WholeGoal

SIDE_PX = 144
"""Of the squares that whole pictures are kept as: no side of a picture loses much."""


class OnDevice:
    """A goal whose pictures and answers are made in the step itself."""

    def __init__(
        self, goal: StageGoal | WholeGoal, training: Training, phase: Phase, maps: tuple[str, ...]
    ) -> None:
        self.goal, self.phase, self.models = goal, phase, training.models
        self.student_px = training.settings.student_px
        self.pixels = ops.convert_to_tensor(training.pool.squares(SIDE_PX))
        self.sizes = np.array(training.pool.index)[:, 1:]
        self.teacher = teacher.model(maps, phase.teacher_px)
        self.teacher.trainable = False
        if has_gpu():
            halve(self.teacher)
        self.calibrate, self.check = goal.calibrate, goal.check

    def targets(
        self, view: pictures.View, numbers: np.ndarray, epoch: int, rng: np.random.Generator
    ) -> tuple[Any, ...]:
        """The pictures, what to blend them with, who is given the teacher's map, and the looks."""
        count = len(numbers)
        partners = rng.permutation(count)
        shares = np.where(rng.random(count) < view.mixup, rng.uniform(*pictures.BLENDED, count), 1)
        given = self.phase.draw_given(count, rng)
        return (
            ops.take(self.pixels, numbers, axis=0),
            partners,
            shares.astype(np.float32),
            given,
            *looks.draw(self.sizes[numbers], rng),
        )

    def loss(self, pixels: Any, partners: Any, shares: Any, given: Any, *drawn: Any) -> Any:
        """Make what the goal compares, and let it compare."""
        large = looks.on_device(pixels, looks.Looks(*drawn), self.phase.teacher_px)
        shares = ops.reshape(shares, (-1, 1, 1, 1))
        large = shares * large + (1 - shares) * ops.take(large, partners, axis=0)
        large = ops.stop_gradient(large * 2 - 1)
        answers = [
            ops.stop_gradient(ops.cast(answer, "float32"))
            for answer in self.teacher(large, training=False)
        ]
        x = looks.shrunk(large, self.student_px)
        for model in self.models[: self.phase.frozen]:
            x = ops.stop_gradient(model(x, training=False))
        return self.goal.loss(x, given, *self.goal.lessons(answers))
