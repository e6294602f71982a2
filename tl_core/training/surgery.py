"""Which block of stages learns, measured on the network as training begins with it. Imports Keras only inside functions.

Everything follows from the seed, and the network is afterwards as it was before, so a run that goes on, and
reads the choice from its folder, ends in the same bits.

Reference:
    Lee et al. 2022, Surgical Fine-Tuning Improves Adaptation to Distribution Shifts. arXiv:2210.11466.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_core.base import files
from tl_core.config import TrainConfig
from tl_core.datasets.splits import TRAIN, VALIDATION
from tl_core.encoding.encode import StoppedError
from tl_core.encoding.features import Part, batched
from tl_core.methods import registry
from tl_core.methods.method import Block
from tl_core.pricing.method_passes import LOOKED_AT
from tl_core.tasks.objective import Objective
from tl_core.tasks.task import Goal
from tl_core.training import prediction
from tl_core.training.run_context import RunContext
from tl_core.training.run_pictures import Parts

if TYPE_CHECKING:
    from tl_core.training.network import Network

FILE = "block.json"
STREAM = 6
"""Beside 0 to 5, which the order of the pictures, views, blends and others take."""
TRIAL_RATE = 1e-3
"""Of the trials: large enough that some steps tell, and the same for all blocks."""


def candidates(open_: int, length: int) -> list[range]:
    """Return all blocks of `length` neighbouring stages of `open_` that are open to choice, the lowest first."""
    return [range(first, first + length) for first in range(max(1, open_ - length + 1))]


def found(folder: Path) -> dict[str, Any] | None:
    """Return what was chosen for the run in `folder`: `first`, `last`, `by` and the `scores` of all blocks.

    Stages are counted from the lowest that is open to choice, from 0. None where nothing was.
    """
    path = folder / FILE
    return json.loads(path.read_text("utf-8")) if path.exists() else None


def let_block_learn(run: RunContext, network: "Network", parts: Parts, goal: Goal) -> None:
    """Let the block of stages learn that the run's method chooses, and the others freeze.

    The choice is kept in the run's folder, and once made stays.

    Raises:
        StoppedError: a person asked for it.
    """
    config, chooses = run.job.config, run.method.block
    if chooses is None:
        return
    asked, open_ = chooses(registry.settings_of(config)), config.network.trainable_stages
    chosen = found(run.folder)
    if chosen is None:
        run.phase("closed_form", "Looking for the block of stages that is to learn")
        looking = Looking(
            network,
            parts[TRAIN],
            parts[VALIDATION],
            goal.objective(config, parts[TRAIN].answers),
            config,
            run.should_give_up,
        )
        with run.clock.timing("forward"):
            chosen = choice(looking, asked, open_)
        files.write_whole(run.folder / FILE, json.dumps(chosen).encode())
    network.let_only_learn(depths(range(chosen["first"], chosen["last"] + 1), open_))


def choice(looking: "Looking", asked: Block, open_: int) -> dict[str, Any]:
    """Return which block is to learn, as `found` does; without validation pictures the gradient chooses."""
    blocks = candidates(open_, asked.stages)
    by = "trial" if asked.by == "trial" and len(looking.val) else "gradient"
    measure = looking.gains if by == "trial" else looking.relative_gradients
    scores = measure([depths(block, open_) for block in blocks])
    best = blocks[int(np.argmax(scores))]
    return {"first": best[0], "last": best[-1], "by": by, "scores": scores}


def depths(block: Sequence[int], open_: int) -> set[int]:
    """Return how many stages those of a block are below the top."""
    return {open_ - 1 - place for place in block}


@dataclass(slots=True)
class Looking:
    """What is measured on a network that afterwards is as it was, but for what learns of it.

    Attributes:
        network: with the weights that training starts from.
        train: training part, some of which is learnt from.
        val: validation part, some of which judges.
        objective: the loss.
        config: batch size and seed are read.
        should_stop: asked at every step.
    """

    network: "Network"
    train: Part
    val: Part
    objective: Objective
    config: TrainConfig
    should_stop: Callable[[], bool] = lambda: False
    batches: list[np.ndarray] = field(init=False)
    judged: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        random = np.random.default_rng([self.config.course.seed, STREAM])
        some = random.permutation(len(self.train))[:LOOKED_AT]
        self.batches = batched(some, self.config.steps.batch_size)
        self.judged = np.sort(random.permutation(len(self.val))[:LOOKED_AT])

    def relative_gradients(self, blocks: Sequence[set[int]]) -> list[float]:
        """Return the norm of each block's mean gradient over the norm of its weights.

        A plain step of size 1 moves weights by their gradient, with any backend.
        """
        import keras

        model, below = self.network.learner, self.network.depths
        before = _weights(model)
        self._compile(keras.optimizers.SGD(1.0))
        learning = [v for v in model.trainable_variables if v.path in below]
        start = [np.array(v.value, np.float64) for v in learning]
        total = [np.zeros_like(one) for one in start]
        for indices in self.batches:
            self._step(indices)
            for sums, own, variable in zip(total, start, learning, strict=True):
                sums += (own - np.array(variable.value)) * len(indices)
            _assign(model, before)
        count = sum(map(len, self.batches))
        scores = []
        for block in blocks:
            inside = [at for at, v in enumerate(learning) if below[v.path] in block]
            slope = np.sqrt(sum(float(np.sum((total[at] / count) ** 2)) for at in inside))
            size = np.sqrt(sum(float(np.sum(start[at] ** 2)) for at in inside))
            scores.append(float(slope / size) if size and np.isfinite(slope) else 0.0)
        return scores

    def gains(self, blocks: Sequence[set[int]]) -> list[float]:
        """Return by how much a pass in which only this block and the head learn lowers validation's loss."""
        import keras

        model = self.network.learner
        before = _weights(model)
        at_first, scores = self._loss(), []
        for block in blocks:
            self.network.let_only_learn(block)
            self._compile(keras.optimizers.Adam(TRIAL_RATE))
            for indices in self.batches:
                self._step(indices)
            gain = at_first - self._loss()
            scores.append(gain if np.isfinite(gain) else -1e9)
            _assign(model, before)
        return scores

    def _compile(self, optimiser: Any) -> None:
        no_xla: Any = False  # measured 16 times slower on a CPU
        self.network.learner.compile(
            optimizer=optimiser, loss=self.objective.loss(), jit_compile=no_xla
        )

    def _step(self, indices: np.ndarray) -> None:
        if self.should_stop():
            raise StoppedError
        answers = self.train.answers[indices]
        self.network.learner.train_on_batch(
            self.train.features.batch(indices, 0),
            self.objective.targets(answers),
            sample_weight=self.objective.weights(answers),
        )

    def _loss(self) -> float:
        outputs = prediction.predict(self.network.learner, self.val.features, self.judged)
        return self.objective.measure(outputs, self.val.answers[self.judged])[0]


def _weights(model: Any) -> list[np.ndarray]:
    return [np.array(variable.value) for variable in model.variables]


def _assign(model: Any, values: Sequence[np.ndarray]) -> None:
    for variable, value in zip(model.variables, values, strict=True):
        variable.assign(value)
