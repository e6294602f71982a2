"""What a method adds to every step: further examples beside the batch, and a term of the loss (imports keras).

The model that is trained then has several inputs and the learner inside it. Which further examples a
step sees follows from the seed, the epoch and the step alone, so a run goes on exactly.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from tl_core.config import TrainConfig
from tl_core.datasets.splits import TRAIN
from tl_core.encoding.features import Part
from tl_core.encoding.job import Job
from tl_core.methods import registry
from tl_core.methods.method import NOTE, OUTPUTS, ROWS, TARGETS, Setup, Term
from tl_core.training.network import Network

TERM = "term"
"""The mean of the term over a step, among what a step tells of itself."""
ANSWERS = "{role}_answers"
STREAM = 4
"""Beside 0 to 3, which the order of the pictures, views, blends and the rate search take."""


class _WithTerm(keras.layers.Layer):
    """Passes outputs on; the term joins the loss of whatever model it stands in."""

    def __init__(self, term: Term) -> None:
        super().__init__(name="method")
        self.term = term  # weights of one that is a layer become weights of the model
        self.told = keras.metrics.Mean(name=TERM)

    def call(self, outputs: Any, batch: Mapping[str, Any]) -> Any:
        value = self.term({**batch, OUTPUTS: outputs})
        self.add_loss(value)
        self.told.update_state(value)
        return outputs


@dataclass(slots=True)
class Beside:
    """A learner, a term, and the examples that the term sees.

    Attributes:
        learner: rows to raw outputs.
        term: see `methods.method.Term`.
        parts: further examples by role.
        config: batch size and seed are read.
        notes: what is noted of each example, by the part's name and the note's; see `methods.method.NOTE`.
        model: what is trained: `rows` and all the rest by name, to the outputs of `learner`.
    """

    learner: keras.Model
    term: Term
    parts: Mapping[str, Part]
    config: TrainConfig
    notes: Mapping[str, np.ndarray] = field(default_factory=dict)
    model: keras.Model = field(init=False)
    _drawn: dict[str, np.ndarray] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        given = {ROWS: keras.Input(self.learner.input_shape[1:], name=ROWS)}
        given[TARGETS] = keras.Input(self.learner.output_shape[1:], name=TARGETS)
        for role, part in self.parts.items():
            given[role] = keras.Input(self.learner.input_shape[1:], name=role)
            name, answers = ANSWERS.format(role=role), part.answers
            given[name] = keras.Input(answers.shape[1:], dtype=_kind(answers), name=name)
        for name, note in self.notes.items():
            given[name] = keras.Input(note.shape[1:], dtype="float32", name=name)
        outputs = _WithTerm(self.term)(self.learner(given[ROWS]), given)
        self.model = keras.Model(given, outputs, name="learner_with_method")

    def expect(self, epoch: int, steps: int) -> None:
        """Draw what each step of an epoch sees, and let it be read ahead."""
        for number, (role, part) in enumerate(self.parts.items()):
            order = self._order(len(part), number, epoch, steps)
            self._drawn[role] = order
            part.features.expect(list(order), epoch)

    def inputs(
        self, indices: np.ndarray, rows: np.ndarray, targets: np.ndarray, epoch: int, step: int
    ) -> dict[str, np.ndarray]:
        """Return everything that the model takes in one step, counted from 0 in its epoch.

        Args:
            indices: which of the run's own examples the step learns from.
            rows: theirs.
            targets: theirs.
            epoch: the epoch's number.
            step: the step's.
        """
        given = {ROWS: rows, TARGETS: targets, **self._noted(ROWS, indices)}
        for role, part in self.parts.items():
            indices = self._drawn[role][step]
            given[role] = part.features.batch(indices, epoch)
            answers = part.answers[indices]
            given[ANSWERS.format(role=role)] = answers.astype(_kind(answers))
            given |= self._noted(role, indices)
        return given

    def _noted(self, part: str, indices: np.ndarray) -> dict[str, np.ndarray]:
        """Return what is noted of some examples of a part."""
        begin = NOTE.format(part=part, what="")
        return {
            name: note[indices].astype(np.float32)
            for name, note in self.notes.items()
            if name.startswith(begin)
        }

    def _order(self, count: int, number: int, epoch: int, steps: int) -> np.ndarray:
        """Return which examples each step of an epoch sees, int (steps, size): all, then all again."""
        size = min(self.config.steps.batch_size, count)
        random = np.random.default_rng([self.config.course.seed, epoch, STREAM, number])
        turns = -(-steps * size // count)
        drawn = np.concatenate([random.permutation(count) for _ in range(turns)])
        return drawn[: steps * size].reshape(steps, size)


def _kind(answers: np.ndarray) -> str:
    return "int32" if answers.dtype.kind in "iu" else "float32"


def of_method(
    network: Network, job: Job, parts: Mapping[str, Part], notes: Mapping[str, np.ndarray]
) -> Beside | None:
    """Return what the method of a training adds to every step, if it adds anything.

    Args:
        network: what is trained.
        job: its pictures and settings.
        parts: further examples by role.
        notes: what is noted of each example.
    """
    method, config = registry.of(job.config), job.config
    if method.term is None:
        return None
    setup = Setup(
        network.learner,
        network.body,
        network.head,
        config,
        registry.settings_of(config),
        job.further,
        job.teacher,
        config.course.epochs * math.ceil(len(job.members(TRAIN)) / config.steps.batch_size),
    )
    return Beside(network.learner, method.term(setup), parts, config, notes)
