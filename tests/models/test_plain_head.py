"""The head in NumPy is that of Keras: what it answers, and how its answers follow from the map."""

import numpy as np
import pytest

from tl_core.config import TrainConfig
from tl_core.models import heads, plain_head
from tl_core.models.plain_head import PlainHead


def test_a_linear_head_on_averages_has_the_same_slope_at_every_place():
    kernel, bias = np.float32([[1, 2], [3, -1], [0.5, 0]]), np.float32([0.1, 0.2])
    head = PlainHead(((kernel, bias),), flattens=False)
    last_map = np.random.default_rng(0).normal(size=(2, 4, 3, 3)).astype(np.float32)
    slope = head.gradient(last_map, np.float32([0, 1]))
    assert np.allclose(slope, kernel[:, 1] / 12)
    told = head.outputs(last_map)
    assert np.allclose((slope * last_map).sum((1, 2, 3)) + bias[1], told[:, 1], atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("pooling", ["average", "flatten"])
@pytest.mark.parametrize("hidden", [(), (7,), (9, 5)], ids=["linear", "one", "two"])
def test_answers_and_derivatives_are_those_that_keras_finds(pooling, hidden):
    import tensorflow as tf

    config = TrainConfig(pooling=pooling, hidden_units=hidden, dropout=0.3)
    built = heads.head(config, (3, 2, 4), 3)
    for variable in built.weights:  # biases begin at zero, and would hide a mistake
        if variable.name == "bias":
            variable.assign(np.random.default_rng(1).normal(size=variable.shape))
    layers = tuple(
        (layer.kernel.numpy(), layer.bias.numpy())
        for layer in built.layers
        if hasattr(layer, "kernel")
    )
    head = PlainHead(layers, flattens=pooling == "flatten")
    last_map = np.random.default_rng(0).normal(size=(5, 3, 2, 4)).astype(np.float32)
    direction = np.float32([1, -0.5, -0.5])
    given = tf.constant(last_map)
    with tf.GradientTape() as tape:
        tape.watch(given)
        outputs = built(given)
        aimed = tf.reduce_sum(outputs * direction)
    slope = np.asarray(tape.gradient(aimed, given))
    assert np.ptp(slope) > 0.01
    assert np.allclose(head.outputs(last_map), outputs, atol=1e-5)
    assert np.allclose(head.gradient(last_map, direction), slope, atol=1e-5)


def test_an_averaged_row_is_its_own_average():
    row = np.float32([[1, 2, 3]])
    assert np.array_equal(plain_head.averaged(row), row)
