"""Teaching end to end: what a head will read, from the pictures alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from tl_core.distil import losses, network, pictures, teacher
from tl_core.distil.held_out import held_out
from tl_core.distil.memory import Memory, TrunkMemory, mirrored

ops: Any = keras.ops  # its published types are too narrow

if TYPE_CHECKING:
    from tl_core.distil.student import Phase, Training


ANCHORS = 2048
"""Pictures that every other one is compared with."""


class WholeGoal:
    """The whole network: last map, pooled features, relations, and one map in the middle."""

    def __init__(self, training: Training, phase: Phase, run_teacher: teacher.Teacher) -> None:
        self.training, self.teacher, self.models = training, run_teacher, training.models
        self.phase, self.teacher_px = phase, phase.teacher_px
        side = training.settings.student_px
        self.sides = (math.ceil(side / 16), math.ceil(side / 32))
        self.held_out = list(held_out(training, self.teacher_px))
        maps = [self._maps(views) for views, _ in self.held_out]
        middle, last, self.wanted = (np.concatenate(m) for m in zip(*maps, strict=True))
        self.middle = middle.mean((0, 1, 2)), middle.std((0, 1, 2)) + 0.02
        self.last_scale = last.std((0, 1, 2)) + 0.02
        self.pooled = self.wanted.mean(0), self.wanted.std(0) + 0.01
        self.anchors = self._anchors()
        self.shapes = (middle.shape[1:], last.shape[1:])
        self.whole = network.chained(self.models)

    @cached_property
    def memory(self) -> Memory:
        """What the teacher said about the views seen so far."""
        side = self.training.settings.student_px
        shapes = ((side, side, 3), *self.shapes)
        return Memory(self.training.out / "memory", self._slots(), shapes)

    @cached_property
    def trunk(self) -> TrunkMemory:
        """What the frozen stages make of them."""
        shape = self.models[self.phase.frozen - 1].output_shape[1:]
        key = self.training.trunk_key(self.phase.frozen)
        return TrunkMemory(self.training.out / "memory", self._slots(), shape, key)

    def _slots(self) -> int:
        return self.phase.views * len(self.training.pool.index)

    def _anchors(self) -> np.ndarray:
        """(ANCHORS, c) what the teacher sees in pictures spread over the pool, of length 1."""
        pool, count = self.training.pool, self.training.settings.batch
        places = np.linspace(0, len(pool.train) - 1, -(-ANCHORS // count) * count).astype(int)
        pooled = []
        for numbers in np.array_split(pool.train[places], len(places) // count):
            views = [pictures.centre_view(pool[int(n)], self.teacher_px) for n in numbers]
            pooled.append(self._maps(pictures.to_float(views))[2])
        features = (np.concatenate(pooled)[:ANCHORS] - self.pooled[0]) / self.pooled[1]
        return ops.convert_to_numpy(losses.unit(features))

    def _maps(self, large: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        middle, last = self.teacher(large)
        return (*self._resized(middle, last), last.mean((1, 2)))

    def _resized(self, middle: Any, last: Any) -> tuple[Any, Any]:
        return losses.resize_area(middle, self.sides[0]), losses.resize_area(last, self.sides[1])

    def lessons(self, maps: Sequence[Any]) -> tuple[Any, Any]:
        """What `loss` compares with, from the teacher's two maps."""
        middle, last = self._resized(*maps)
        return (middle - self.middle[0]) / self.middle[1], last

    def targets(
        self, view: pictures.View, numbers: np.ndarray, epoch: int, rng: np.random.Generator
    ) -> tuple[np.ndarray, ...]:
        """The student's pictures, who is given the teacher's middle map, and its two maps.

        The teacher is asked once about a view, then its answer is remembered; so is the output
        of frozen stages. A share of the pictures may go on from the teacher's middle map.
        """
        which = epoch % self.phase.views

        def make() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            seen = np.stack([view(n, which, self.teacher_px) for n in numbers])
            small = pictures.shrink(seen, self.training.settings.student_px)
            return small, *self.lessons(self.teacher(pictures.to_float(seen)))

        slots = which * len(self.training.pool.index) + numbers
        remembered = self.memory.get(slots, make)
        small = pictures.to_float(remembered[0])
        if self.phase.frozen:
            small = self.trunk.get(slots, lambda: self._through_trunk(small))
        small, middle, last = mirrored((small, *remembered[1:]), rng)
        given = self.phase.draw_given(len(numbers), rng)
        return small, given, middle, last

    def _through_trunk(self, small: np.ndarray) -> np.ndarray:
        x = ops.convert_to_tensor(small)
        for model in self.models[: self.phase.frozen]:
            x = model(x, training=False)
        return ops.convert_to_numpy(x)

    def loss(self, small: Any, given: Any, middle: Any, last: Any) -> Any:
        """Weighted sum of everything taught."""
        x, own_middle = small, None
        for number, model in enumerate(self.models[self.phase.frozen :], self.phase.frozen):
            x = model(x, training=True)
            if number == teacher.MIDDLE_LESSON:
                own_middle, x = x, x + given * (middle - x)
        terms = {
            **self._compared(ops.mean(x, axis=(1, 2)), ops.mean(last, axis=(1, 2))),
            "map": ops.mean(ops.square((x - last) / self.last_scale)),
            "middle": ops.mean(ops.square(own_middle - middle)),
        }
        return sum(self.training.settings.weights[name] * value for name, value in terms.items())

    def calibrate(self) -> None:
        """Set every layer's gain and bias from one batch, end to end."""
        x = ops.convert_to_tensor(self.held_out[0][1])
        for model in self.models:
            network.calibrate([model], [x], "set")
            x = model(x, training=False)

    def check(self) -> dict[str, Any]:
        """Error, cosine distance, relation error and neighbours on held-out pictures."""
        maps = [self.whole.predict_on_batch(small) for _, small in self.held_out]
        student = [np.asarray(each).mean((1, 2)) for each in maps]
        compared = self._compared(np.concatenate(student), self.wanted)
        return {name: round(float(value), 4) for name, value in compared.items()}

    def _compared(self, student: Any, wanted: Any) -> dict[str, Any]:
        """How far pooled features (n, c) are from those of the teacher, in four ways."""
        error, cosine, relation = losses.pooled_losses(student, wanted, *self.pooled)
        mean, scale = self.pooled
        neighbours = losses.neighbours(
            (student - mean) / scale, (wanted - mean) / scale, self.anchors
        )
        return {"error": error, "cosine": cosine, "relation": relation, "neighbours": neighbours}
