"""The frozen part in Keras; building one imports TensorFlow."""

import numpy as np
import pytest


@pytest.mark.slow
def test_a_card_encodes_in_half_precision_close_to_the_numbers_of_a_processor(
    random_weights, made_dataset, monkeypatch
):
    from dataclasses import replace

    from tl_core.config import TrainConfig
    from tl_core.training import network
    from tl_core.training.job import resolve

    config = TrainConfig(backbone="mobilenet_025", image_size_px=32)
    job = resolve(made_dataset(), config)
    pixels = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), np.uint8)
    exact = network.build_network(job, 3).encoder(job)(pixels)
    monkeypatch.setattr(network, "has_gpu", lambda: True)
    assert np.array_equal(network.build_network(job, 3).encoder(job)(pixels), exact)
    built = network.build_network(job, 3)
    half = built.encoder(replace(job, half=True))(pixels)
    assert half.dtype == np.float32 and not np.array_equal(half, exact)
    assert np.abs(half - exact).max() < 0.02 * np.abs(exact).max()
    assert all(variable.dtype == "float32" for variable in built.learner.trainable_variables)
