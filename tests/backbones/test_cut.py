"""Trunk and tail, one after the other, are the whole network: at every cut of every backbone.

At four cuts of a member of each kind of network, unless everything is tried.
"""

import numpy as np
import pytest

from tests.backbones.test_stages import SMALLEST
from tl_core.backbones import catalogue, stages
from tl_core.backbones.catalogue import BACKBONES

KINDS = ("starter", "mobilenet_025", "mobilenet_v3_small", "resnet50", "vgg16", "convnext_tiny")
"""Networks without and with shortcuts, with gates, and with scaled branches; built within seconds."""
CASES = [
    *(
        pytest.param(
            name,
            False,
            marks=pytest.mark.slow if name in KINDS else pytest.mark.exhaustive,
            id=name,
        )
        for name in SMALLEST
    ),
    *(
        pytest.param(name, True, marks=pytest.mark.exhaustive, id=f"{name} everywhere")
        for name in BACKBONES
    ),
]


@pytest.mark.parametrize(("name", "is_everywhere"), CASES)
def test_trunk_and_tail_together_equal_the_whole_network(name: str, is_everywhere: bool) -> None:
    import keras

    from tl_core.backbones import build, cut, liveness

    size_px = max(catalogue.get(name).min_size_px, 64)
    base = build.backbone(name, size_px, None)
    generator = np.random.default_rng(0)
    for variable in base.variables:  # zero biases and unit scales would hide a layer left out
        if "float" in str(variable.dtype) and len(variable.shape) == 1:
            near = generator.uniform(0.9, 1.1, variable.shape)
            variable.assign(near if variable.name in ("gamma", "moving_variance") else near - 1)
    pictures = generator.uniform(-1, 1, (2, size_px, size_px, 3)).astype(np.float32)
    depths = np.arange(len(stages.of(name)) + 1)
    few = np.unique(depths[[0, 1, len(depths) // 2, -1]])  # of these the trunk is looked at as well
    cuts = [stages.cut_for(name, int(depth)) for depth in (depths if is_everywhere else few)]
    crossing = [liveness.crossing(base, point.node_index) for point in cuts]
    everywhere = keras.Model(base.input, crossing)(pictures, training=False)  # all trunks at once
    whole = np.asarray(everywhere[0])
    largest = np.abs(whole).max()
    assert largest > 0
    for point, row in zip(cuts, everywhere, strict=True):
        trunk, tail = cut.split(base, point)
        found = np.asarray(tail(row, training=False))
        assert np.abs(found - whole).max() <= 1e-5 * largest, point
        if point.trainable_stages in few:
            assert np.allclose(trunk(pictures, training=False), row, rtol=1e-5, atol=1e-6), point


@pytest.mark.slow
def test_frozen_batch_normalisation_keeps_its_statistics() -> None:
    from tl_core.backbones import build, cut

    base = build.backbone("mobilenet_025", 32, None)
    _, tail = cut.split(base, stages.cut_for("mobilenet_025", 2))
    before = [np.asarray(variable) for variable in tail.non_trainable_variables]
    rows = np.random.default_rng(0).normal(3, 2, (8, *tail.input_shape[1:])).astype(np.float32)
    cut.set_trainable(tail, train_batch_norm=False)
    frozen = np.asarray(tail(rows, training=True))
    assert np.allclose(frozen, np.asarray(tail(rows, training=False)), rtol=1e-5, atol=1e-6)
    cut.set_trainable(tail, train_batch_norm=True)
    tail(rows, training=True)
    after = [np.asarray(variable) for variable in tail.non_trainable_variables]
    assert any(not np.array_equal(a, b) for a, b in zip(before, after, strict=True))
