"""The frozen part in Keras; building one imports TensorFlow."""

import numpy as np
import pytest


@pytest.mark.slow
def test_a_card_encodes_in_half_precision_close_to_the_numbers_of_a_processor(
    random_weights, made_dataset, monkeypatch
):
    from tl_core.config import TrainConfig
    from tl_core.training import network
    from tl_core.training.job import resolve

    config = TrainConfig(backbone="mobilenet_025", image_size_px=32)
    job = resolve(made_dataset(), config)
    pixels = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), np.uint8)
    monkeypatch.setattr(network, "has_gpu", lambda: False)
    exact = network.build_network(job, 3).encoder(job)(pixels)
    monkeypatch.setattr(network, "has_gpu", lambda: True)
    built = network.build_network(job, 3)
    assert not built.converts()
    half = built.encoder(job)(pixels)
    assert half.dtype == np.float32 and not np.array_equal(half, exact)
    assert np.abs(half - exact).max() < 0.02 * np.abs(exact).max()
    assert all(variable.dtype == "float32" for variable in built.learner.trainable_variables)


@pytest.mark.slow
def test_what_keras_encodes_does_not_depend_on_how_pictures_are_grouped(made_dataset):
    from tl_core.config import TrainConfig
    from tl_core.training import network
    from tl_core.training.job import resolve

    config = TrainConfig(backbone="starter", image_size_px=64, trainable_stages=1)
    job = resolve(made_dataset(), config)
    encode = network.build_network(job, 3).encoder(job)
    pixels = np.random.default_rng(0).integers(0, 256, (9, 64, 64, 3), np.uint8)
    together = encode(pixels)
    assert np.ptp(together) > 0.1
    for size in (1, 4):
        groups = [encode(pixels[start : start + size]) for start in range(0, 9, size)]
        assert np.array_equal(np.concatenate(groups), together)
