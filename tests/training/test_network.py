"""The frozen part in Keras; building one imports TensorFlow."""

import numpy as np
import pytest


@pytest.mark.slow
def test_a_card_encodes_in_half_precision_close_to_the_numbers_of_a_processor(
    random_weights, made_dataset, monkeypatch
):
    from dataclasses import replace

    from tl_core.config import TrainConfig
    from tl_core.encoding.job import resolve
    from tl_core.training import network

    config = TrainConfig(backbone="mobilenet_025", image_size_px=32)
    job = resolve(made_dataset(), config)
    pixels = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), np.uint8)
    exact = network.build_network(job, 3).encoder(job)(pixels)
    monkeypatch.setattr(network, "has_gpu", lambda: True)
    # In one batch, where a processor takes pictures one by one: the same but for the last bits.
    assert np.allclose(network.build_network(job, 3).encoder(job)(pixels), exact, atol=1e-5)
    built = network.build_network(job, 3)
    half = built.encoder(replace(job, half=True))(pixels)
    assert half.dtype == np.float32 and not np.array_equal(half, exact)
    assert np.abs(half - exact).max() < 0.02 * np.abs(exact).max()
    assert all(variable.dtype == "float32" for variable in built.learner.trainable_variables)


@pytest.mark.slow
def test_what_keras_encodes_does_not_depend_on_how_pictures_are_grouped(made_dataset):
    from tl_core.config import TrainConfig
    from tl_core.encoding.job import resolve
    from tl_core.training import network

    config = TrainConfig(backbone="starter", image_size_px=64, trainable_stages=1)
    job = resolve(made_dataset(), config)
    encode = network.build_network(job, 3).encoder(job)
    pixels = np.random.default_rng(0).integers(0, 256, (9, 64, 64, 3), np.uint8)
    together = encode(pixels)
    assert np.ptp(together) > 0.1
    for size in (1, 4):
        groups = [encode(pixels[start : start + size]) for start in range(0, 9, size)]
        assert np.array_equal(np.concatenate(groups), together)


@pytest.mark.slow
def test_the_l2_penalty_pulls_every_kernel_that_learns_and_nothing_else(made_dataset):
    from tl_core.config import TrainConfig
    from tl_core.encoding.job import resolve
    from tl_core.training import network, optimisers

    dataset, random = made_dataset(), np.random.default_rng(0)
    given = {"optimizer": "sgd", "momentum": 0.0, "learning_rate": 0.5, "tail_rate": 0.2}
    kernels, started, ended, losses = [], [], [], []
    for l2 in (0.0, 0.01):
        config = TrainConfig(
            backbone="starter", image_size_px=64, trainable_stages=1, l2=l2, batch_norm="learning"
        ).but(**given)
        job = resolve(dataset, config)
        built = network.build_network(job, 3)
        built.learner.compile(
            optimizer=optimisers.build(config, built.rate),
            loss="mean_squared_error",
            jit_compile=False,
        )
        learning = built.learner.trainable_variables
        shares = [built.rate(variable) for variable in learning]
        kernels.append([variable.name.endswith("kernel") for variable in learning])
        started.append([np.array(variable.value) for variable in learning])
        if not ended:
            rows = random.normal(size=(8, *job.cut.trunk_shape(64))).astype(np.float32)
            targets = random.normal(size=(8, 3)).astype(np.float32)
        losses.append(float(built.learner.train_on_batch(rows, targets)))
        ended.append([np.array(variable.value) for variable in learning])
    assert kernels[0] == kernels[1] and 0 < sum(kernels[0]) < len(shares) and len(set(shares)) == 2
    squares = sum(
        np.sum(w**2) for w, is_kernel in zip(started[0], kernels[0], strict=True) if is_kernel
    )
    assert losses[1] - losses[0] == pytest.approx(0.01 * squares, rel=1e-3)
    for begin, plain, pulled, share, is_kernel in zip(
        started[1], *ended, shares, kernels[0], strict=True
    ):
        pull = -0.5 * share * 2 * 0.01 * begin if is_kernel else np.zeros_like(begin)
        assert np.allclose(pulled - plain, pull, atol=2e-6)


@pytest.mark.slow
def test_trained_stages_are_pulled_to_where_they_began_and_the_head_is_not(made_dataset):
    from tl_core.config import TrainConfig
    from tl_core.encoding.job import resolve
    from tl_core.training import network

    config = TrainConfig(backbone="starter", image_size_px=64, trainable_stages=1)
    config = config.but(toward_pretrained=0.3, l2=0.01)
    built = network.build_network(resolve(made_dataset(), config), 3)
    learning = {variable.path: variable for variable in built.learner.trainable_variables}
    of_body = {variable.path for variable in built.body.trainable_variables}
    kernels = [v for v in learning.values() if v.name.endswith("kernel")]
    before = sum(0.01 * float(np.sum(np.array(v.value) ** 2)) for v in kernels)
    assert float(sum(built.learner.losses)) == pytest.approx(before, rel=1e-4), "no distance yet"
    for variable in learning.values():
        variable.assign(variable.value + 0.5)
    after = sum(0.01 * float(np.sum(np.array(v.value) ** 2)) for v in kernels)
    scalars = sum(int(np.prod(learning[path].shape)) for path in of_body)
    assert float(sum(built.learner.losses)) == pytest.approx(after + 0.3 * 0.25 * scalars, rel=1e-4)
    assert len(of_body) < len(learning)
