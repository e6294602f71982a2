"""Train tail and head on features, one epoch after another, so that nothing is ever lost (imports keras).

Everything random follows from the seed and the epoch's number: the order of the pictures, the
views drawn, blends, dropout. A run resumed from a checkpoint therefore ends in the same bits.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tl_core.base.said import Said
from tl_core.config import TrainConfig, effects
from tl_core.encoding.features import Part, batched
from tl_core.tasks.objective import Objective
from tl_core.training import (
    averaging,
    checkpoint,
    commentary,
    mixup,
    optimisers,
    prediction,
    progress,
    rates,
)
from tl_core.training.choice_of_epoch import ChoiceOfEpoch
from tl_core.training.outcome import Ended, Outcome
from tl_core.training.progress import Progress
from tl_core.training.terms import TERM, Beside

Emit = Callable[..., None]
LetLearn = Callable[[int], None]
"""Told how many stages, counted from the top, are to learn from now on."""

STEP_EVENT_SECONDS = 0.2
WATCHED_STEPS = 2000
"""A run that starts from nothing is there to be watched: so many steps are all told."""
LOSS_LIMIT = 1e6
"""Beyond this, in nats or squared deviations, weights have run away even if they are still finite."""


def fit(
    model: keras.Model,
    train: Part,
    val: Part,
    objective: Objective,
    config: TrainConfig,
    *,
    rate: optimisers.Rate = lambda variable: 1.0,
    let_learn: LetLearn = lambda stages: None,
    beside: Beside | None = None,
    from_exact_head: bool = False,
    checkpoints: Path,
    emit: Emit = lambda event, **fields: None,
    should_stop: Callable[[], bool] = lambda: False,
    look: int = prediction.FIRST_LOOK,
) -> Outcome:
    """Train until the epochs are done, validation stops improving or a person stops it.

    The weights that `model` comes with count as epoch 0; the best epoch's weights are restored at
    the end, see `choice_of_epoch`. Without validation pictures the last weights are kept. A loss
    that runs away ends the training with the best weights yet, if any are good.

    Args:
        model: features to logits (or standardised targets), built, trainable flags set.
        train: training part.
        val: validation part; may be empty.
        objective: loss and judgement.
        config: epochs, batch size, optimiser, patience, seed.
        rate: each weight's share of the learning rate.
        let_learn: freezes and thaws stages of `model`, which comes with all of them thawed.
        beside: what a method adds to every step; None where it adds nothing.
        from_exact_head: whether `model` comes with the exact head, which only doubtless gains replace.
        checkpoints: folder; an intact checkpoint in it is resumed from.
        emit: called as emit(event, **fields).
        should_stop: asked at every step.
        look: training pictures that the start is measured on.

    Raises:
        UserError: "diverged" when the loss is not finite or has run away, and nothing good is there.
    """
    return _Fit(
        model if beside is None else beside.model,
        model,
        train,
        val,
        objective,
        config,
        rate,
        let_learn,
        beside,
        ChoiceOfEpoch(
            objective,
            val.answers,
            from_exact_head,
            rates.comes_to_rest(config.rate.schedule, config.course.patience),
        ),
        checkpoints,
        emit,
        should_stop,
        look,
    ).run()


@dataclass(slots=True)
class _Fit:
    model: keras.Model
    """What is trained: the learner, or the learner with what a method adds."""
    learner: keras.Model
    train: Part
    val: Part
    objective: Objective
    config: TrainConfig
    rate: optimisers.Rate
    let_learn: LetLearn
    beside: Beside | None
    choice: ChoiceOfEpoch
    checkpoints: Path
    emit: Emit
    should_stop: Callable[[], bool]
    look: int
    at: Progress = field(default_factory=Progress)
    start_arrays: list[np.ndarray] = field(default_factory=list)
    optimiser: Any = None
    learning: int = -1
    because: Said | None = None
    schedule: rates.Schedule = field(init=False)
    told: float = 0.0

    def __post_init__(self) -> None:
        self.learning = self.config.network.trainable_stages
        self.schedule = rates.Schedule(
            self.config, self.config.course.epochs * self.steps_per_epoch
        )

    @property
    def steps_per_epoch(self) -> int:
        return math.ceil(len(self.train) / self.config.steps.batch_size)

    def run(self) -> Outcome:
        self._prepare()
        if self.choice.comes_to_rest and self.choice.from_exact_head:
            # Also of a run that goes on: its model is made anew.
            self.start_arrays = averaging.weights(self.model)
        ended = None if self._resume() else self._first_look()
        while ended is None:
            ended = self._next()
        # Who stops it before the first look is over gets the weights that it started with.
        if self.at.best_arrays:
            averaging.assign(self.model, self.at.best_arrays)
        if self.because is not None:
            self.emit("note", text=self.because)
        at, choice = self.at, self.choice
        return Outcome(
            ended, at.epoch, at.best_epoch, at.steps, self.because, choice.kept, choice.trained
        )

    def _next(self) -> Ended | None:
        """Train one epoch more; return why the training ends, None where it goes on."""
        if self.at.epoch >= self.config.course.epochs:
            return "epochs"
        if self._has_stopped_improving():
            waited = self.config.course.patience
            self.because = commentary.not_improved(waited, self._kept_in_words())
            return "early"
        return self._epoch()

    def _prepare(self) -> None:
        keeps = averaging.keeps(self.config, self.steps_per_epoch)
        self.optimiser = optimisers.build(self.config, self.rate, keeps)
        self.optimiser.build(self.model.trainable_variables)
        averaging.begin(self.optimiser)
        self._compile()

    def _compile(self) -> None:
        self.model.compile(
            optimizer=self.optimiser,
            loss=self.objective.loss(),
            metrics=self.objective.metrics(),
            weighted_metrics=[],
            jit_compile=False,  # XLA on a CPU was measured 16 times slower here
        )

    def _resume(self) -> bool:
        found, damaged = checkpoint.load(self.checkpoints)
        if found is None and damaged:
            raise checkpoint.all_damaged(damaged)
        for name in damaged:
            self.emit("note", text=commentary.damaged(name))
        if found is None:
            return False
        if found.state.get("settings", self._settings()) != self._settings():
            raise checkpoint.other_settings()
        self.at = progress.of(found)
        if "choice" in found.state:
            self.choice.restore(found.state["choice"], found.arrays)
        else:
            averaging.assign(self.model, self.at.best_arrays)
            best = prediction.predict(self.learner, self.val.features)
            self.choice.restore_from(self.at.best_epoch, best)
        averaging.assign(self.model, progress.weights(found))
        optimisers.restore(self.optimiser, progress.optimiser(found))
        if "schedule" in found.state:
            self.schedule.restore(found.state["schedule"])
        # The kill may have come between the checkpoint and its event; readers take the later one.
        self.emit("epoch", **self.at.event)
        self.emit("note", text=Said("Resumed after epoch {epoch}.", epoch=found.epoch))
        return True

    def _tell_of_few_pictures(self) -> None:
        """Say that a batch holds more than all pictures, as the page does before Start."""
        size, count = self.config.steps.batch_size, len(self.train)
        if count < size:
            self.emit("note", text=commentary.few_pictures(size, count))

    def _first_look(self) -> Ended | None:
        """Measure the start as epoch 0; return why the training ends, None where it goes on."""
        self._tell_of_few_pictures()
        began = time.monotonic()
        random = np.random.default_rng([self.config.course.seed, 0])
        some = np.sort(random.permutation(len(self.train))[: self.look])
        outputs = prediction.predict(self.learner, self.train.features, some, self.should_stop)
        if len(outputs) < len(some):
            return "stopped"
        loss, accuracy = self.objective.measure(outputs, self.train.answers[some])
        return self._end_epoch(0, {"loss": loss, "accuracy": accuracy}, began)

    def _epoch(self) -> Ended | None:
        """Train one epoch; return why the training ends, None where it goes on."""
        epoch, began = self.at.epoch + 1, time.monotonic()
        self._thaw(epoch)
        order = np.random.default_rng([self.config.course.seed, epoch]).permutation(len(self.train))
        size = self.config.steps.batch_size
        steps = self.steps_per_epoch
        self.train.features.expect(batched(order, size), epoch)
        if self.beside is not None:
            self.beside.expect(epoch, steps)
        sums: dict[str, float] = {}
        mean: dict[str, float] = {}
        for step in range(steps):
            if self.should_stop():
                return "stopped"
            indices = order[step * size : (step + 1) * size]
            self._set_rate()
            logs = self._step(indices, epoch, step)
            self.at.steps += 1
            if not logs["loss"] <= LOSS_LIMIT:
                return self._ran_away(epoch)
            sums = {
                name: sums.get(name, 0.0) + value * len(indices) for name, value in logs.items()
            }
            seen = min((step + 1) * size, len(order))
            mean = {name: total / seen for name, total in sums.items()}
            self._tell_step(epoch, step + 1, steps, mean)
        return self._end_epoch(epoch, mean, began)

    def _thaw(self, epoch: int) -> None:
        """Let as many stages learn as are to learn in this epoch."""
        learning = rates.thawed(self.config, epoch)
        if learning != self.learning:
            self.let_learn(learning)
            self.learning = learning
            self._compile()
        if epoch > 1 and learning > rates.thawed(self.config, epoch - 1):
            optimisers.forget(self.optimiser)
            stages = self.config.network.trainable_stages
            self.emit("note", text=commentary.one_more_stage(epoch, learning, stages))

    def _set_rate(self) -> None:
        if self.config.rate.schedule != "constant":
            share = self.schedule.share(self.at.steps)
            optimisers.set_rate(self.optimiser, self.config.rate.learning_rate * share)

    def _step(self, indices: np.ndarray, epoch: int, step: int) -> dict[str, float]:
        """Take one optimiser step; return loss and accuracy of its pictures."""
        answers = self.train.answers[indices]
        batch = (
            self.train.features.batch(indices, epoch),
            self.objective.targets(answers),
            self.objective.weights(answers),
        )
        if self.config.objective.mixup:
            random = np.random.default_rng([self.config.course.seed, epoch, 2, step])
            batch = mixup.mixed(batch, self.config.objective.mixup, random)
        inputs, targets, weights = batch
        if self.beside is not None:
            inputs = self.beside.inputs(indices, inputs, targets, epoch, step)
        logs = self.model.train_on_batch(inputs, targets, sample_weight=weights, return_dict=True)
        return {name: float(value) for name, value in logs.items()}

    def _tell_step(self, epoch: int, step: int, steps: int, logs: dict[str, float]) -> None:
        now = time.monotonic()
        is_watched = (
            self.config.course.start == "random"
            and self.config.course.epochs * steps <= WATCHED_STEPS
        )
        if not is_watched and now - self.told < STEP_EVENT_SECONDS and step < steps:
            return
        self.told = now
        accuracy = logs.get("accuracy")
        self.emit("step", epoch=epoch, step=step, steps=steps, loss=logs["loss"], accuracy=accuracy)

    def _end_epoch(
        self, epoch: int, mean: Mapping[str, float | None], began: float
    ) -> Ended | None:
        """Measure an epoch on the validation part and save a checkpoint; return why the training ends, if it does.

        An epoch that was not judged to the end does not count: a run that goes on repeats it.
        """
        loss = mean["loss"] or 0.0
        with averaging.judged(self.model, self.optimiser) as weights:
            outputs = prediction.predict(
                self.learner, self.val.features, should_stop=self.should_stop
            )
        if len(outputs) < len(self.val):
            return "stopped"
        val_loss, val_accuracy = self.objective.measure(outputs, self.val.answers)
        # One step can be a whole epoch, whose own loss was measured before the step.
        if not (val_loss <= LOSS_LIMIT and loss <= LOSS_LIMIT):
            return self._ran_away(epoch)
        best = self.choice.take(epoch, outputs)
        score = self.objective.score(outputs, self.val.answers)
        used = self.config.rate.learning_rate * self.schedule.share(max(0, self.at.steps - 1))
        if self.schedule.after_epoch(-score[1] if len(self.val) else loss):
            self.emit("note", text=commentary.lowered(epoch))
        self.at.epoch = epoch
        if best:
            self.at.best_epoch, self.at.best_arrays = epoch, weights
        elif self.choice.kept is self.choice.start and self.at.best_epoch:
            self.at.best_epoch, self.at.best_arrays = 0, self.start_arrays
        errors = self.objective.mean_errors(outputs, self.val.answers)
        self.at.event = {
            "epoch": epoch,
            "epochs": self.config.course.epochs,
            "loss": loss,
            "accuracy": mean.get("accuracy"),
            "val_loss": val_loss if len(self.val) else None,
            "val_accuracy": val_accuracy if len(self.val) else None,
            **({} if errors is None else {"val_mae": errors}),
            **({TERM: mean[TERM]} if TERM in mean else {}),
            "learning_rate": used,
            "stages": rates.thawed(self.config, epoch),
            "seconds": time.monotonic() - began,
            "best": best,
            "kept": self.at.best_epoch,
        }
        self._save()
        self.emit("epoch", **self.at.event)
        self._tell_flips(outputs)
        return None

    def _ran_away(self, epoch: int) -> Ended:
        """Return how a training ends whose loss ran away, if weights of before are good.

        Raises:
            UserError: "diverged".
        """
        rate, at = self.config.rate.learning_rate, self.at
        # Unjudged weights of shortly before may be nearly as bad, and so may a start at random.
        is_good = bool(len(self.val)) if at.best_epoch else self.choice.from_exact_head
        if not (at.best_arrays and is_good):
            raise commentary.diverged(epoch, rate)
        self.because = commentary.ran_away(epoch, rate, self._kept_in_words())
        return "diverged"

    def _has_stopped_improving(self) -> bool:
        patience = self.config.course.patience
        # Patience begins once everything learns that is to learn.
        since = max(self.choice.improved_in, rates.last_thaw(self.config))
        return bool(patience and len(self.val)) and self.at.epoch - since >= patience

    def _kept_in_words(self) -> Said:
        return commentary.kept(self.at.best_epoch, self.choice.from_exact_head)

    def _tell_flips(self, outputs: np.ndarray) -> None:
        right = self.objective.right(outputs, self.val.answers)
        before, self.at.right = self.at.right, right
        pictures = commentary.flips(before, right, self.val.hashes)
        if pictures:
            self.emit("flips", epoch=self.at.epoch, pictures=pictures)

    def _save(self) -> None:
        arrays = self.at.arrays(averaging.weights(self.model), optimisers.arrays(self.optimiser))
        arrays |= self.choice.arrays()
        state = {
            **self.at.state(),
            "choice": self.choice.state(),
            "schedule": self.schedule.state(),
            "settings": self._settings(),
        }
        checkpoint.save(self.checkpoints, self.at.epoch, arrays, state)

    def _settings(self) -> str:
        """Return what names the settings that a training goes on with; earlier ones did not keep it."""
        return effects.fit_name(self.config)
