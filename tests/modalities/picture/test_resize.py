"""The one definition of resizing, against Keras and against properties it must have."""

import numpy as np
import pytest

from tl_core.modalities.picture.resize import Mode, resize

MODES: tuple[Mode, ...] = ("squash", "crop", "pad")


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (37, 5), (64, 64), (31, 97)])
def test_every_shape_becomes_the_square_asked_for(shape: tuple[int, int], mode: Mode) -> None:
    assert resize(noise(*shape), 32, mode).shape == (32, 32, 3)


@pytest.mark.parametrize("mode", ["squash", "crop"])
def test_a_plain_picture_stays_plain(mode: Mode) -> None:
    plain = np.full((53, 71, 3), 137, np.uint8)
    assert np.all(resize(plain, 24, mode) == 137)


def test_a_square_of_the_right_size_is_returned_unchanged() -> None:
    picture = noise(48, 48)
    assert np.array_equal(resize(picture, 48), picture)


def test_crop_keeps_the_middle_and_pad_keeps_everything() -> None:
    picture = np.zeros((40, 80, 3), np.uint8)
    picture[:, 20:60] = 255
    assert np.all(resize(picture, 40, "crop") == 255)
    padded = resize(picture, 80, "pad")
    assert np.all(padded[:20] == 0)
    assert np.all(padded[-20:] == 0)
    assert np.all(padded[20:60, 20:60] == 255)


def test_halves_go_up() -> None:
    picture = np.array([[[0] * 3, [1] * 3]], np.uint8)
    assert resize(picture, 1).tolist() == [[[1, 1, 1]]]


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_resizing_equals_keras_to_the_grey_level(mode: Mode) -> None:
    import keras

    generator = np.random.default_rng(7)
    values = differing = 0
    for number in range(40):
        height, width = np.exp(generator.uniform(np.log(2), np.log(1100), 2)).astype(int)
        size_px = int(generator.choice([32, 96, 160, 224, 299]))
        picture = noise(height, width, number)
        expected = keras.ops.image.resize(
            picture[None].astype(np.float32),
            (size_px, size_px),
            interpolation="bilinear",
            antialias=True,
            crop_to_aspect_ratio=mode == "crop",
            pad_to_aspect_ratio=mode == "pad",
        )
        rounded = np.floor(np.asarray(expected)[0] + np.float32(0.5) + np.float32(1e-3))
        difference = np.abs(resize(picture, size_px, mode) - np.clip(rounded, 0, 255))
        assert difference.max() <= 1, (height, width, size_px)
        values += difference.size
        differing += int((difference > 0).sum())
    assert differing <= 1e-4 * values
