"""Heads that learnt behind a linear map, on raw features."""

import numpy as np

from tl_core.methods import folding
from tl_core.tasks.closed_form import Linear


def test_a_folded_head_says_of_features_what_it_said_behind_the_map():
    random = np.random.default_rng(0)
    features, matrix, centre = (random.normal(size=shape) for shape in ((9, 5), (5, 3), 5))
    weights, bias = (random.normal(size=shape).astype(np.float32) for shape in ((3, 2), 2))
    head = Linear(weights, bias, 0.5)
    folded = folding.on_raw_features(head, matrix, centre)
    np.testing.assert_allclose(folded(features), head((features - centre) @ matrix), atol=1e-5)
    assert folded.l2 == 0.5
