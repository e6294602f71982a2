"""Batch normalisation measured anew on new pictures: exactly, repeatably, and nothing else changes."""

import numpy as np
import pytest

from tests.training.test_fit import Held
from tl_core.encoding.encode import StoppedError

pytestmark = pytest.mark.slow


def new_body(dropout=0.0):
    import keras

    keras.utils.set_random_seed(5)
    layers = keras.layers
    stages = [layers.Conv2D(4, 3, name="conv"), layers.BatchNormalization(name="norm")]
    stages += [layers.Dropout(dropout), layers.Dense(3), layers.BatchNormalization(name="upper")]
    body = keras.Sequential([keras.Input((6, 6, 2)), *stages])
    for name in ("norm", "upper"):
        body.get_layer(name).trainable = False
    return body


def pictures(count):
    random = np.random.default_rng(1)
    return random.normal(2.0, 3.0, (count, 6, 6, 2)).astype(np.float32)


def statistics_of(body, name):
    norm = body.get_layer(name)
    return np.array(norm.moving_mean.value), np.array(norm.moving_variance.value)


def test_statistics_are_the_mean_of_the_old_ones_and_of_the_batches_by_their_pictures():
    from tl_core.training import statistics

    body, rows = new_body(dropout=0.9), pictures(150)
    others = {v.path: np.array(v.value) for v in body.variables if "moving" not in v.path}
    assert statistics.refresh(body, Held(rows), seed=3) == 2
    order = np.random.default_rng([3, statistics.STREAM]).permutation(150)
    mean, variance, seen = np.zeros(4), np.ones(4), 16
    for indices in np.array_split(order, 3):
        maps = np.asarray(body.get_layer("conv")(rows[indices])).reshape(-1, 4)
        mean = (mean * seen + maps.mean(0) * len(indices)) / (seen + len(indices))
        variance = (variance * seen + maps.var(0) * len(indices)) / (seen + len(indices))
        seen += len(indices)
    found = statistics_of(body, "norm")
    assert np.allclose(found[0], mean, rtol=1e-4) and np.allclose(found[1], variance, rtol=1e-4)
    # The upper layer saw maps that the lower one had evened out, and nothing was dropped.
    assert np.abs(statistics_of(body, "upper")[0]).max() < 1
    assert all(np.array_equal(others[v.path], v.value) for v in body.variables if v.path in others)
    assert not any(body.get_layer(name).trainable for name in ("norm", "upper"))
    assert body.layers[2].rate == 0.9 and body.get_layer("norm").momentum == 0.99


def test_done_again_it_ends_in_the_same_bits_and_another_seed_in_others():
    from tl_core.training import statistics

    ends = []
    for seed in (0, 0, 1):
        body = new_body()
        statistics.refresh(body, Held(pictures(130)), seed)
        ends.append(np.concatenate([*statistics_of(body, "norm"), *statistics_of(body, "upper")]))
    assert np.array_equal(ends[0], ends[1]) and not np.array_equal(ends[0], ends[2])


def test_a_single_picture_bends_the_statistics_only_a_little():
    from tl_core.training import statistics

    body, row = new_body(), pictures(1)
    statistics.refresh(body, Held(row), seed=0)
    maps = np.asarray(body.get_layer("conv")(row)).reshape(-1, 4)
    assert np.allclose(statistics_of(body, "norm")[0], maps.mean(0) / 17, rtol=1e-4)


def test_a_stop_is_heard_between_batches_and_a_body_without_normalisation_is_left_alone():
    import keras

    from tl_core.training import statistics

    with pytest.raises(StoppedError):
        statistics.refresh(new_body(), Held(pictures(10)), 0, lambda: True)
    plain = keras.Sequential([keras.Input((6, 6, 2)), keras.layers.Conv2D(4, 3)])
    assert statistics.refresh(plain, Held(pictures(10)), 0, lambda: True) == 0
