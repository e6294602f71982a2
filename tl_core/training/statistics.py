"""Batch normalisation measured anew: means and variances of new pictures in place of old ones (imports keras)."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from tl_core.backbones import cut
from tl_core.encoding.encode import StoppedError
from tl_core.encoding.features import Features

BATCH = 64
"""Pictures that a mean and a variance are taken of at a time."""
OLD = 16
"""What was learnt in pretraining counts as so many pictures: a few new ones only bend it."""
STREAM = 5
"""Beside 0 to 4, which the order of the pictures, views, blends, the rate search and a method take."""


def refresh(
    body: keras.Model | None,
    features: Features,
    seed: int,
    should_stop: Callable[[], bool] = lambda: False,
    old: int = OLD,
) -> int:
    """Move the statistics of batch normalisation to those of plain new pictures, in one pass over them.

    Each batch passes as in training, so that a layer sees maps that those below it have evened out by
    the new pictures. Afterwards every statistic is the mean of the old one, which weighs as `old`
    pictures, and of those of the batches, which weigh as their pictures do. No weight changes. The
    order follows from the seed alone: done again, it ends in the same bits.

    Args:
        body: rows to the backbone's last map, with the statistics learnt in pretraining; None has none.
        features: of the pictures to learn from.
        seed: fixes which pictures share a batch.
        should_stop: asked before every batch.
        old: how many pictures the old statistics count as.

    Returns:
        Layers of batch normalisation in `body`; without any nothing is looked at.

    Raises:
        StoppedError: as `should_stop` asked for.

    Reference:
        Schneider et al. 2020, Improving robustness against common corruptions by covariate shift
        adaptation. arXiv:2006.16971.
    """
    if body is None:
        return 0
    norms = [one for one in cut.within(body) if isinstance(one, keras.layers.BatchNormalization)]
    if not norms or not len(features):
        return len(norms)
    order = np.random.default_rng([seed, STREAM]).permutation(len(features))
    batches = np.array_split(order, math.ceil(len(order) / BATCH))
    features.expect(batches, 0)
    seen = old
    with _measuring(body, norms):
        for indices in batches:
            if should_stop():
                raise StoppedError
            for norm in norms:
                norm.momentum = seen / (seen + len(indices))
            body(features.batch(indices, 0), training=True)
            seen += len(indices)
    return len(norms)


@contextmanager
def _measuring(body: keras.Model, norms: list[Any]) -> Iterator[None]:
    """Let normalisation measure batches, and nothing be dropped at random; afterwards all is as before."""
    dropping = [one for one in cut.within(body) if isinstance(one, keras.layers.Dropout)]
    rates = [one.rate for one in dropping]
    before = [(one.trainable, one.momentum) for one in norms]
    for one in dropping:
        one.rate = 0.0
    for one in norms:
        one.trainable = True
    try:
        yield
    finally:
        for one, rate in zip(dropping, rates, strict=True):
            one.rate = rate
        for one, (trainable, momentum) in zip(norms, before, strict=True):
            one.trainable, one.momentum = trainable, momentum
