"""Batch normalisation is written anew with the statistics of what a model learnt from; no answer changes."""

import numpy as np
import pytest

from tests.training.test_statistics import new_body, pictures, statistics_of

pytestmark = pytest.mark.slow


def test_answers_stay_and_statistics_are_those_of_the_pictures_that_pass():
    import keras

    from tl_core.training import source_statistics

    stacked, rows = new_body(dropout=0.9), pictures(50)
    body = keras.Model(stacked.inputs, stacked.outputs)
    before = body.predict_on_batch(rows)
    assert source_statistics.put_in_place(body, np.split(rows, 5)) == 2
    assert np.allclose(body.predict_on_batch(rows), before, atol=1e-4)
    maps = np.asarray(body.get_layer("conv")(rows)).reshape(-1, 4)
    mean, variance = statistics_of(body, "norm")
    assert np.allclose(mean, maps.mean(0), rtol=1e-4, atol=1e-4)
    assert np.allclose(variance, maps.var(0), rtol=1e-4)
    upper = statistics_of(body, "upper")
    assert not np.allclose(upper[0], 0) and not np.allclose(upper[1], 1)
