"""The learning-rate range test: let the rate grow step by step and see when the loss runs away (imports keras)."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from tl_core.config import TrainConfig
from tl_core.encoding.encode import StoppedError
from tl_core.encoding.features import Part
from tl_core.tasks.objective import Objective
from tl_core.training import optimisers, rates

STEPS = 120
LOWEST, HIGHEST = 1e-6, 10.0
RUN_AWAY = 4.0
"""Times the best smoothed loss; beyond it there is nothing more to learn about rates."""
LOSS_LIMIT = 1e6


def sweep(
    model: keras.Model,
    train: Part,
    objective: Objective,
    config: TrainConfig,
    *,
    rate: optimisers.Rate = lambda variable: 1.0,
    on_step: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> rates.Sweep:
    """Train `model` with rates from tiny to huge and return the loss at each; it is spoilt afterwards.

    Args:
        model: as `fit.fit` takes it, with the weights that training would start from.
        train: training part.
        objective: the loss.
        config: batch size, optimiser and seed are read.
        rate: each weight's share of the learning rate.
        on_step: called with steps done and steps at most.
        should_stop: asked at every step.

    Raises:
        StoppedError: `should_stop` said so; half a curve would suggest a rate that is far too low.

    Reference:
        Smith 2015, Cyclical learning rates for training neural networks. arXiv:1506.01186.
    """
    optimiser: Any = optimisers.build(config, rate)
    optimiser.build(model.trainable_variables)
    no_xla: Any = False  # measured 16 times slower on a CPU
    model.compile(optimizer=optimiser, loss=objective.loss(), jit_compile=no_xla)
    tried = np.geomspace(LOWEST, HIGHEST, STEPS)
    losses: list[float] = []
    for step, indices in zip(range(STEPS), _batches(len(train), config), strict=False):
        if should_stop():
            raise StoppedError
        optimisers.set_rate(optimiser, float(tried[step]))
        answers = train.answers[indices]
        logs = model.train_on_batch(
            train.features.batch(indices, 0),
            objective.targets(answers),
            sample_weight=objective.weights(answers),
            return_dict=True,
        )
        loss = float(logs["loss"])
        if not loss <= LOSS_LIMIT:
            break
        losses.append(loss)
        on_step(step + 1, STEPS)
        smooth = rates.smoothed(losses)
        if len(smooth) > STEPS // 4 and smooth[-1] > RUN_AWAY * max(min(smooth), 1e-3):
            break
    return rates.Sweep(tuple(tried[: len(losses)].tolist()), tuple(losses))


def _batches(count: int, config: TrainConfig) -> Iterator[np.ndarray]:
    """Yield batches for ever, in an order that the seed fixes; none is smaller than the others."""
    size = min(config.steps.batch_size, count)
    for turn in range(math.ceil(STEPS * size / count) + STEPS):
        order = np.random.default_rng([config.course.seed, turn, 3]).permutation(count)
        for start in range(0, count - size + 1, size):
            yield order[start : start + size]
