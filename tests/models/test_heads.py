"""Heads: what they are made of, counted with and without Keras."""

import numpy as np
import pytest

from tl_core.config import TrainConfig
from tl_core.models import heads

HEADS = (
    TrainConfig(),
    TrainConfig(pooling="flatten", hidden_units=(1024,)),
    TrainConfig(hidden_units=(64, 32), dropout=0.5, l2=0.01),
)


def test_parameters_are_counted_without_keras() -> None:
    assert heads.parameters(TrainConfig(), (7, 7, 1280), 6) == 1281 * 6
    config = TrainConfig(pooling="flatten", hidden_units=(1024,))
    assert heads.parameters(config, (2, 2, 8), 3) == 33 * 1024 + 1025 * 3
    assert heads.parameters(TrainConfig(), (1280,), 6) == 1281 * 6


@pytest.mark.slow
@pytest.mark.parametrize("config", HEADS)
@pytest.mark.parametrize("shape", [(3, 3, 16), (16,)])
def test_a_head_has_the_parameters_that_were_promised(
    config: TrainConfig, shape: tuple[int, ...]
) -> None:
    head = heads.head(config, shape, 5)
    learns = sum(weight.size for weight in head.get_weights() if weight.dtype == np.float32)
    assert learns == heads.parameters(config, shape, 5)
    rows = np.random.default_rng(0).normal(size=(4, *shape)).astype(np.float32)
    assert head(rows).shape == (4, 5)
    assert bool(head.losses) == bool(config.head.l2)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_head() -> None:
    first, again = (heads.head(TrainConfig(seed=3), (8,), 4) for _ in range(2))
    other = heads.head(TrainConfig(seed=4), (8,), 4)
    assert np.array_equal(first.get_weights()[0], again.get_weights()[0])
    assert not np.array_equal(first.get_weights()[0], other.get_weights()[0])
