"""The two forms of preprocessing: equal to each other and to Keras's own."""

import sys
from typing import Any, get_args

import numpy as np
import pytest
from PIL import Image

from tests.backbones.unmade import without_weights
from tl_core.backbones import catalogue
from tl_core.backbones.record import Backbone
from tl_core.modalities.picture import pictures as store
from tl_core.modalities.picture import preprocessing
from tl_core.modalities.picture.preprocessing import Preprocessing
from tl_core.modalities.picture.resize import Mode, resize

KINDS = preprocessing.KINDS
BUILT_IN = [
    record for record in catalogue.BACKBONES.values() if "include_preprocessing" in record.arguments
]
BESIDE = [
    record
    for record in catalogue.BACKBONES.values()
    if record.builder and record not in BUILT_IN and record.family != "EfficientNet"
]
"""EfficientNet's own, inside the network but not as an option, has a test of its own below."""


def pictures(number: int, height: int, width: int) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 256, (3, height, width, 3), dtype=np.uint8)


def test_tf_preprocessing_reaches_from_minus_one_to_one() -> None:
    scaled = preprocessing.scale_numpy("tf", np.array([[[[0, 128, 255]]]], np.uint8))
    assert np.allclose(scaled, [-1, 128 / 127.5 - 1, 1], atol=1e-6)
    assert scaled.dtype == np.float32


@pytest.mark.slow
@pytest.mark.parametrize("record", BESIDE, ids=str)
def test_scaling_is_that_of_the_function_beside_the_network(record: Backbone) -> None:
    import keras

    module = sys.modules[getattr(keras.applications, record.builder).__module__]
    batch = pictures(0, 9, 7)
    expected = module.preprocess_input(batch.astype(np.float32))
    assert not np.array_equal(expected, batch), "this family has its scaling inside"
    assert np.allclose(preprocessing.scale_numpy(record.preprocessing, batch), expected, atol=2e-5)


@pytest.mark.slow
@pytest.mark.parametrize("record", BUILT_IN, ids=str)
def test_scaling_is_that_which_keras_builds_into_the_network(record: Backbone) -> None:
    import keras

    build = getattr(keras.applications, record.builder)
    with without_weights():
        own = build(input_shape=(64, 64, 3), include_top=False, weights=None)
    scaling = (keras.layers.Rescaling, keras.layers.Normalization)
    last = [layer for layer in own.layers if isinstance(layer, scaling)][-1]
    batch = pictures(0, 64, 64)
    expected = np.asarray(keras.Model(own.input, last.output)(batch.astype(np.float32)))
    assert np.allclose(preprocessing.scale_numpy(record.preprocessing, batch), expected, atol=2e-6)


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


@pytest.mark.slow
def test_layers_shrink_as_the_store_does_to_the_grey_level() -> None:
    import keras

    inputs: Any = keras.Input((None, None, 3), dtype="uint8")
    model = keras.Model(inputs, preprocessing.shrink_layers(inputs, 64))
    for size in [
        (64, 64),
        (65, 30),
        (200, 100),
        (700, 801),
        (1000, 333),
        (832, 50),
        (3, 1083),
        (1, 500),
    ]:
        batch = pictures(size[0], *size)
        batch[0] = size[1] % 256  # an even grey, where a quotient just below is a whole level off
        stored = [np.asarray(store.shrunk(Image.fromarray(p), 64)) for p in batch]
        for answer in (model(batch), model.predict_on_batch(batch)):
            assert np.array_equal(np.asarray(answer), np.stack(stored)), size


@pytest.mark.slow
def test_efficientnet_with_our_preprocessing_is_efficientnet_with_its_own() -> None:
    """Keras scales by 1/255, normalises with the file's figures, then divides by a second root."""
    import keras

    from tl_core.backbones import build

    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    own = keras.applications.EfficientNetB0(
        include_top=False, weights=None, input_shape=(32, 32, 3)
    )
    norm = own.get_layer(index=2)
    norm.adapt_mean.assign(mean.reshape(norm.adapt_mean.shape))
    norm.adapt_variance.assign(deviation.reshape(norm.adapt_variance.shape))
    norm.finalize_state()
    batch = pictures(0, 32, 32)
    entering = keras.Model(own.input, norm.output)(batch.astype(np.float32))
    expected = np.asarray(entering) / np.sqrt(deviation)
    assert np.allclose(preprocessing.scale_numpy("torch", batch), expected, atol=1e-5)
    stripped = build._without_preprocessing(own, loaded=True)
    assert stripped.input_shape == (None, 32, 32, 3)
    rest = keras.Model(own.get_layer("stem_conv_pad").input, own.output)
    assert np.allclose(stripped(expected), rest(expected), atol=1e-5)
    norm.adapt_variance.assign((deviation**2).reshape(norm.adapt_variance.shape))
    with pytest.raises(ValueError, match="not that of the published weights"):
        build._without_preprocessing(own, loaded=True)
