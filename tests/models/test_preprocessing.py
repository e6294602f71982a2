"""The two forms of preprocessing: equal to each other and to Keras's own."""

from typing import Any, get_args

import numpy as np
import pytest

from tl_core.data.resize import Mode, resize
from tl_core.models import preprocessing
from tl_core.models.record import Preprocessing

KINDS = get_args(Preprocessing)


def pictures(number: int, height: int, width: int) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 256, (3, height, width, 3), dtype=np.uint8)


def test_tf_preprocessing_reaches_from_minus_one_to_one() -> None:
    scaled = preprocessing.scale_numpy("tf", np.array([[[[0, 128, 255]]]], np.uint8))
    assert np.allclose(scaled, [-1, 128 / 127.5 - 1, 1], atol=1e-6)
    assert scaled.dtype == np.float32


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_scaling_is_that_of_keras(kind: Preprocessing) -> None:
    from keras.applications import imagenet_utils

    batch = pictures(0, 9, 7)
    expected = imagenet_utils.preprocess_input(batch.astype(np.float32), mode=kind)
    assert np.allclose(preprocessing.scale_numpy(kind, batch), expected, atol=2e-5)


@pytest.mark.slow
@pytest.mark.parametrize("mode", get_args(Mode))
@pytest.mark.parametrize("kind", KINDS)
def test_layers_agree_with_numpy_to_the_grey_level(kind: Preprocessing, mode: Mode) -> None:
    import keras

    inputs: Any = keras.Input((None, None, 3), dtype="uint8")
    model = keras.Model(inputs, preprocessing.layers(kind, 32, mode, inputs))
    for number, (height, width) in enumerate([(64, 64), (32, 32), (45, 97), (20, 11), (33, 700)]):
        batch = pictures(number, height, width)
        own = preprocessing.scale_numpy(kind, np.stack([resize(p, 32, mode) for p in batch]))
        difference = np.abs(np.asarray(model(batch)) - own)
        grey_level = 1 if kind == "caffe" else 1 / 55
        assert difference.max() <= grey_level * 1.01
        assert (difference > 1e-4).mean() <= 1e-3
