"""The training: first every stage on its own, then the whole network end to end."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np

from tl_core.backbones import starter
from tl_core.distil import delivery, narrow, network, pictures, teacher
from tl_core.distil.checkpoint import Checkpoint
from tl_core.distil.on_device import OnDevice
from tl_core.distil.prefetch import prefetched
from tl_core.distil.stage_goal import StageGoal
from tl_core.distil.steps import make_step
from tl_core.distil.whole_goal import WholeGoal

ops: Any = keras.ops  # its published types are too narrow

CHECK_EVERY_S = 240.0


@dataclass(frozen=True, slots=True)
class Phase:
    """One part of the training; ends after `steps`, or after `minutes` if those come first.

    Attributes:
        goal: "stages" teaches every stage the teacher's map, "whole" mostly the last one.
        mixup: share of pictures blended with another one.
        views: different looks at each picture; then they come again, mirrored at random.
        frozen: how many stages stay as they are, counted from the input.
        given: share of pictures that go on from the teacher's map after a stage; 1 trains every
            stage by itself, 0 the whole chain.
    """

    goal: Literal["stages", "whole"]
    steps: int
    minutes: float
    learning_rate: float
    teacher_px: int
    mixup: float
    views: int
    frozen: int = 0
    given: float = 0.0

    def draw_given(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Which of `count` pictures go on from the teacher's map: float32 (count, 1, 1, 1), 0 or 1."""
        return (rng.random((count, 1, 1, 1)) < self.given).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that decides a training, stored in its record.

    Attributes:
        ema: share of the running average that one step keeps.
        threads: of the teacher, which works beside the student's step.
        on_device: looks and the teacher's answers are made in the step itself, afresh.
        weights: of the terms of the loss, end to end.
    """

    phases: tuple[Phase, ...]
    batch: int = 64
    seed: int = 0
    student_px: int = starter.DEFAULT_SIZE_PX
    ema: float = 0.998
    threads: int = 1
    on_device: bool = False
    weights: dict[str, float] = field(
        default_factory=lambda: {
            "error": 1.0, "cosine": 1.0, "relation": 10.0, "neighbours": 2.0, "map": 0.3,
            "middle": 0.1,
        }
    )  # fmt: skip


class Training:
    """A training that can be stopped at any moment and taken up again.

    Args:
        pool: where pictures come from.
        out: folder of checkpoints, caches and the result.
        settings: what decides the training.
        start: weights to begin with instead of random ones, such as those that come with Graft;
            see `narrow`.
    """

    def __init__(
        self, pool: pictures.Pool, out: Path, settings: Settings, *, start: Path | None = None
    ) -> None:
        keras.utils.set_random_seed(settings.seed)
        self.pool, self.out, self.settings = pool, out, settings
        self.models, self.start = network.segments(settings.student_px), start
        if start:
            plain, weights = starter.build(weights=None), narrow.read(start, self._some_pictures())
            for variable in plain.variables:
                variable.assign(weights[variable.path])
            network.from_plain(self.models, plain)
        self.variables = [v for m in self.models for v in m.trainable_variables]
        self.record: dict[str, Any] = {"settings": asdict(settings), "curve": [], "checks": []}
        self.checkpoint = Checkpoint(out / "checkpoint.safetensors")
        self.ema: list[np.ndarray] = []

    def run(self) -> None:
        """Train all phases from wherever the last checkpoint stopped."""
        done = self.checkpoint.peek()
        for number, phase in enumerate(self.settings.phases):
            if phase.steps and (done is None or number >= done["phase"]):
                self._run_phase(number, phase)
        self.finish()

    def finish(self, *, half_way: bool = False) -> keras.Model:
        """Write the averaged weights as a plain model, and the record.

        Args:
            half_way: write the mean of these weights and those that `start` gave, which often
                serve other pictures better than either.

        Reference:
            Wortsman et al. 2022, Robust fine-tuning of zero-shot models. arXiv:2109.01903.
        """
        begun = self._values()
        if not self.ema and (done := self.checkpoint.peek()):
            self._resume_weights()
            self.record = done["record"]
        if half_way:
            self.ema = [(a + b) / 2 for a, b in zip(begun, self.ema, strict=True)]
        self._assign(self.ema)
        plain = network.to_plain(self.models, self._some_pictures())
        delivery.write_weights(plain, self.out / starter.FILE.name)
        delivery.write_pooled(plain, self.settings.student_px, self.out / starter.POOLED_FILE.name)
        (self.out / "training.json").write_text(json.dumps(self.record, indent=1) + "\n")
        return plain

    def _some_pictures(self) -> np.ndarray:
        """About 512 pictures spread over the pool, as the student sees them."""
        some = self.pool.train[:: max(1, len(self.pool.train) // 512)]
        side = self.settings.student_px
        return pictures.to_float([pictures.centre_view(self.pool[n], side) for n in some])

    # -- one phase ---------------------------------------------------------------------------

    def _run_phase(self, number: int, phase: Phase) -> None:
        staged = phase.goal == "stages"
        maps = teacher.LESSON_MAPS if staged else teacher.FINAL_MAPS
        run_teacher = teacher.load(
            maps, phase.teacher_px, self.settings.batch, self.out, self.settings.threads
        )
        done = self.checkpoint.peek()
        fresh = done is not None and (done["phase"] != number or not done["step"])
        if done is not None:
            self._resume_weights()
        if fresh:
            self._assign(self.ema)  # a phase starts from the average that the one before left
        goal: Any = (StageGoal if staged else WholeGoal)(self, phase, run_teacher)
        if self.settings.on_device:
            goal = OnDevice(goal, self, phase, maps)
        trained = self.models[phase.frozen :]
        muon: Any = keras.optimizers.Muon
        optimizer = muon(
            phase.learning_rate,
            adam_beta_2=0.99,
            adam_lr_ratio=0.5,
            weight_decay=0.01,
            adam_weight_decay=0.0,
            exclude_layers=[starter.TOP],
            global_clipnorm=5.0,
        )
        optimizer.build([v for m in trained for v in m.trainable_variables])
        step, elapsed = self._resume(fresh, goal, optimizer)
        train = make_step(trained, optimizer, goal.loss)
        started, last_check, recent = time.monotonic() - elapsed, time.monotonic(), []
        if not step:
            self._check(phase, step, elapsed, goal)
        for batch in self._batches(step, phase, goal):
            elapsed = time.monotonic() - started
            progress = max(step / phase.steps, elapsed / (phase.minutes * 60))
            if progress >= 1:
                break
            optimizer.learning_rate.assign(phase.learning_rate * rate(progress, step))
            recent.append(train(*batch))
            step += 1
            if step % 5 == 0:
                self._average(step)
            if step % 50 == 0:
                self._log(phase, step, elapsed, recent)
                recent = []
            if time.monotonic() - last_check > CHECK_EVERY_S:
                last_check = time.monotonic()
                self._check(phase, step, elapsed, goal)
                self._save(number, step, elapsed, optimizer)
        self._check(phase, step, elapsed, goal)
        self._save(number + 1, 0, 0.0, None)

    def _resume(self, fresh: bool, goal: Any, optimizer: Any) -> tuple[int, float]:
        done = self.checkpoint.peek()
        if done is None:
            if not self.start:
                goal.calibrate()
            self.ema = self._values()
            return 0, 0.0
        self.record = {**done["record"], "settings": self.record["settings"]}
        if fresh:
            return 0, 0.0
        _, _, state = self.checkpoint.load(len(self.variables))
        for variable, value in zip(optimizer.variables, state, strict=True):
            variable.assign(value.reshape(variable.shape))
        return done["step"], done["elapsed"]

    def _resume_weights(self) -> None:
        weights, ema, _ = self.checkpoint.load(len(self.variables))
        self.ema = [e.reshape(v.shape) for e, v in zip(ema, self.variables, strict=True)]
        self._assign(weights)

    def _batches(self, step: int, phase: Phase, goal: Any) -> Iterator[tuple]:
        seed = self.settings.seed * 100 + len(phase.goal)
        view = pictures.View(self.pool, seed, phase.mixup)

        def make(step: int) -> tuple:
            numbers, epoch = pictures.numbers_of_step(self.pool, step, seed, self.settings.batch)
            rng = np.random.default_rng([seed, 11, step])
            return goal.targets(view, numbers, epoch, rng)

        return prefetched(make, step)

    def _log(self, phase: Phase, step: int, elapsed: float, recent: list[Any]) -> None:
        row = {"phase": phase.goal, "step": step, "seconds": round(elapsed, 1),
               "loss": round(float(np.mean([float(loss) for loss in recent])), 5)}  # fmt: skip
        self.record["curve"].append(row)
        print(json.dumps(row), flush=True)

    def _check(self, phase: Phase, step: int, elapsed: float, goal: Any) -> None:
        values = self._values()
        self._assign(self.ema)
        row = {"phase": phase.goal, "step": step, "seconds": round(elapsed, 1), **goal.check()}
        self._assign(values)
        self.record["checks"].append(row)
        print(json.dumps(row), flush=True)

    def _save(self, number: int, step: int, elapsed: float, optimizer: Any) -> None:
        state = [] if optimizer is None else [np.array(v) for v in optimizer.variables]
        about = {"phase": number, "step": step, "elapsed": elapsed, "record": self.record}
        self.checkpoint.save(self._values(), self.ema, state, about)

    def trunk_key(self, frozen: int) -> str:
        """Changes when any weight of the first `frozen` stages changes."""
        weights = [v for model in self.models[:frozen] for v in model.get_weights()]
        return hashlib.sha256(b"".join(w.tobytes() for w in weights)).hexdigest()

    # -- weights -----------------------------------------------------------------------------

    def _values(self) -> list[np.ndarray]:
        return [np.array(ops.convert_to_numpy(v)) for v in self.variables]

    def _assign(self, values: list[np.ndarray]) -> None:
        for variable, value in zip(self.variables, values, strict=True):
            variable.assign(value.reshape(variable.shape))

    def _average(self, step: int) -> None:
        keep = min(self.settings.ema, (step + 1) / (step + 50)) ** 5
        for average, variable in zip(self.ema, self.variables, strict=True):
            average *= keep
            average += (1 - keep) * ops.convert_to_numpy(variable)


def rate(progress: float, step: int) -> float:
    """Share of the full learning rate: short linear warm-up, then a cosine to 1 %."""
    warm = min(1.0, (step + 1) / 100)
    return warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))
