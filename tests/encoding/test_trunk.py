"""Conversion needs TensorFlow, so tests that convert are slow."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tl_core.backbones import catalogue
from tl_core.encoding import trunk
from tl_core.encoding.trunk import BATCH, Runner, Runners, Trunk

SPEC = Trunk("mobilenet_025", 0, 32, True, "sha256:x")


def test_a_trunk_is_named_by_everything_that_changes_its_numbers():
    import dataclasses

    changes = {"backbone": "b", "cut": 1, "size_px": 64, "pooled": False, "weights": "sha256:y"}
    keys = {dataclasses.replace(SPEC, **{name: value}).key for name, value in changes.items()}
    assert len(keys | {SPEC.key}) == 6
    assert Trunk("mobilenet_025", 0, 32, True, "sha256:x").key == SPEC.key


@pytest.fixture(scope="module")
def model():
    import keras

    keras.utils.set_random_seed(1)
    inputs = keras.Input((24, 24, 3))
    x = keras.layers.Conv2D(16, 3, strides=2, padding="same", use_bias=False)(inputs)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.ReLU(6.0)(x)
    x = keras.layers.DepthwiseConv2D(3, padding="same")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, x)


@pytest.mark.slow
def test_a_converted_trunk_gives_the_numbers_of_keras(home, model):
    path = trunk.convert(SPEC, model)
    assert trunk.converted(SPEC) == path
    batch = np.random.default_rng(0).normal(size=(21, 24, 24, 3)).astype(np.float32)
    expected = np.asarray(model.predict_on_batch(batch))
    found = Runner(path).run(batch)
    assert np.abs(found - expected).max() / np.abs(expected).max() < 1e-5


QUICK = ("mobilenet_025", "mobilenet_v3_small")
"""Converted within seconds, without gates and with; `make test-all` converts the other families too."""


def by_family():
    """Return every backbone, smallest first; those that take long only where everything is tried."""
    records = sorted(catalogue.BACKBONES.values(), key=lambda record: record.parameters)
    return [
        pytest.param(record.name, marks=() if record.name in QUICK else pytest.mark.exhaustive)
        for record in records
    ]


def coarse_pictures(count, size_px, seed):
    """Return scaled pictures of a few large patches each, in colours of their own."""
    random = np.random.default_rng(seed)
    patches = random.uniform(-0.5, 0.5, (count, 1, 1, 3)) + random.uniform(
        -0.5, 0.5, (count, 8, 8, 3)
    )
    side = -(-size_px // 8)
    return patches.repeat(side, 1).repeat(side, 2)[:, :size_px, :size_px].astype(np.float32)


def pooled_backbone(name, size_px, dtype="float32"):
    import keras

    from tl_core.backbones import build

    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    try:
        base = build.backbone(name, size_px)
        pooled = keras.layers.GlobalAveragePooling2D()(base.output)
        return keras.Model(base.input, pooled)
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")


def settle(model, size_px):
    """Let batch normalisation fit the made weights, as training would: signals keep their size."""
    import keras

    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    model(coarse_pictures(16, size_px, 1), training=True)


def off(found, exact):
    """Return the relative difference over all numbers."""
    return np.linalg.norm(found - exact) / np.linalg.norm(exact)


@pytest.mark.slow
@pytest.mark.parametrize("name", by_family())
def test_every_family_is_as_exact_converted_as_in_keras(home, random_weights, name):
    import keras

    keras.backend.clear_session()
    size_px = max(64, catalogue.get(name).min_size_px)
    frozen = pooled_backbone(name, size_px)
    settle(frozen, size_px)
    batch = coarse_pictures(3, size_px, 0)
    path = trunk.convert(Trunk(name, 0, size_px, True, "sha256:random"), frozen)
    in_double = pooled_backbone(name, size_px, "float64")
    in_double.set_weights(frozen.get_weights())
    exact = np.asarray(in_double.predict_on_batch(batch.astype(np.float64)))
    assert exact.dtype == np.float64 and np.ptp(exact) > 0
    # Made weights magnify rounding, more with every layer; how much, Keras's own float32 tells.
    of_keras = off(np.asarray(frozen.predict_on_batch(batch)), exact)
    assert off(Runner(path).run(batch), exact) <= max(1e-5, 3 * of_keras)
    assert of_keras < 1e-3


@pytest.mark.slow
def test_with_trained_weights_not_one_number_is_further_off_than_a_hundred_thousandth(home):
    size_px = catalogue.get("starter").default_size_px
    frozen = pooled_backbone("starter", size_px)
    batch = coarse_pictures(3, size_px, 0)
    expected = np.asarray(frozen.predict_on_batch(batch))
    path = trunk.convert(Trunk("starter", 0, size_px, True, "sha256:test"), frozen)
    found = Runner(path).run(batch)
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()


@pytest.mark.slow
@pytest.mark.parametrize("trained", [0, 2, 5])
def test_with_imagenet_weights_no_cut_is_further_off_than_a_hundred_thousandth(
    home, data_root, monkeypatch, trained
):
    from tl_core.backbones import build, cut, stages

    monkeypatch.setenv("KERAS_HOME", str(data_root / "keras_home"))
    size_px = 96
    frozen, _ = cut.split(
        build.backbone("mobilenet_v2", size_px), stages.cut_for("mobilenet_v2", trained)
    )
    batch = coarse_pictures(3, size_px, 0)
    expected = np.asarray(frozen.predict_on_batch(batch))
    named = Trunk(
        "mobilenet_v2", stages.cut_for("mobilenet_v2", trained).node_index, size_px, False, "x"
    )
    found = Runner(trunk.convert(named, frozen)).run(batch)
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()


@pytest.mark.slow
def test_a_pictures_numbers_depend_neither_on_its_neighbours_nor_on_threads(home, model):
    path = trunk.convert(SPEC, model)
    batch = np.random.default_rng(0).normal(size=(BATCH * 2 + 3, 24, 24, 3)).astype(np.float32)
    together = Runner(path, 2).run(batch)
    alone = np.concatenate([Runner(path, 1).run(picture[None]) for picture in batch[:5]])
    assert np.array_equal(together[:5], alone)
    assert np.array_equal(Runner(path, 2).run(batch[::-1])[::-1], together)


@pytest.mark.slow
def test_runners_side_by_side_give_the_same_bits_to_every_thread_that_asks(home, model):
    path = trunk.convert(SPEC, model)
    batch = np.random.default_rng(0).normal(size=(37, 24, 24, 3)).astype(np.float32)
    expected, runners = Runner(path, 2).run(batch), Runners(path, 3)
    assert runners.side_by_side == 3
    assert np.array_equal(runners.run(batch), expected)
    assert runners.run(batch[:0]).shape == (0, 16)
    pieces = [(start, start + 1 + start % 7) for start in range(30)]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda piece: runners.run(batch[slice(*piece)]), pieces))
    for piece, rows in zip(pieces, found, strict=True):
        assert np.array_equal(rows, expected[slice(*piece)])


@pytest.mark.parametrize(
    ("threads", "file_mb", "runners"),
    [(1, 10, 1), (2, 10, 2), (8, 10, 8), (16, 10, 8), (8, 100, 4), (6, 100, 3), (8, 900, 1)],
)
def test_runners_share_threads_evenly_within_the_memory_they_may_take(threads, file_mb, runners):
    assert trunk.runners_within(threads, file_mb * 1024**2) == runners


@pytest.mark.slow
def test_an_empty_batch_gives_an_empty_answer(home, model):
    runner = Runner(trunk.convert(SPEC, model))
    assert runner.run(np.empty((0, 24, 24, 3), np.float32)).shape == (0, 16)
    assert runner.output_shape == (16,)
