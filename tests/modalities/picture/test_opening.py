"""Opening pictures of every awkward kind, held against what is known of each without Pillow's help."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tl_core.modalities.picture import awkward
from tl_core.modalities.picture.images import open_picture

LIMIT = 20_000_000
SCENE = awkward.scene()
TURNED = {
    1: SCENE,
    2: SCENE[:, ::-1],
    3: SCENE[::-1, ::-1],
    4: SCENE[::-1],
    5: SCENE.transpose(1, 0, 2),
    6: np.rot90(SCENE, -1),
    7: SCENE[::-1, ::-1].transpose(1, 0, 2),
    8: np.rot90(SCENE),
}
"""What the camera saw, where it noted such a number beside the scene as stored (TIFF 6.0)."""


def encoded(picture: Image.Image, form: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def turned_by(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[awkward.ORIENTATION] = orientation
    return exif


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", TURNED)
def test_every_orientation_is_undone(form: str, orientation: int) -> None:
    how = {"lossless": True} if form == "WEBP" else {}
    data = encoded(Image.fromarray(SCENE), form, exif=turned_by(orientation), **how)
    assert np.array_equal(open_picture(data, LIMIT), TURNED[orientation])


@pytest.mark.parametrize("orientation", TURNED)
def test_deep_greys_are_turned_too(orientation: int) -> None:
    grey = Image.fromarray(SCENE[..., 0].astype(np.uint16) * 257)
    data = encoded(grey, "PNG", exif=turned_by(orientation))
    assert np.array_equal(open_picture(data, LIMIT)[..., 0], TURNED[orientation][..., 0])


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF"])
def test_what_is_half_clear_lies_on_white(form: str) -> None:
    alpha = np.full((*SCENE.shape[:2], 1), 128, np.uint8)
    how = {"lossless": True, "exact": True} if form == "WEBP" else {}
    data = encoded(Image.fromarray(np.concatenate([SCENE, alpha], -1)), form, **how)
    expected = SCENE * (128 / 255) + 255 * (127 / 255)
    assert np.abs(open_picture(data, LIMIT) - expected).max() <= 1


@pytest.mark.parametrize("order", ["<u2", ">u2"])
def test_sixteen_bits_of_either_byte_order_are_the_same_grey(order: str) -> None:
    steps = np.arange(0, 65536, 16).astype(np.uint16).reshape(64, 64)
    mode = "I;16" if order == "<u2" else "I;16B"
    grey = Image.frombytes(mode, (64, 64), steps.astype(order).tobytes())
    expected = np.floor(steps / 257 + 0.5)
    assert np.array_equal(open_picture(encoded(grey, "TIFF"), LIMIT)[..., 1], expected)


def test_a_clear_value_of_a_deep_grey_is_white() -> None:
    grey = np.full((8, 8), 1000, np.uint16)
    grey[2:4] = 30000
    data = encoded(Image.fromarray(grey), "PNG", transparency=1000)
    picture = open_picture(data, LIMIT)
    assert (picture[0, 0, 0], picture[3, 3, 0]) == (255, 117)


def test_holes_and_infinities_of_real_numbers_are_black_and_white() -> None:
    real = np.array([[np.nan, np.inf, -np.inf, 0.5, 2, -1]], np.float32)
    picture = open_picture(encoded(Image.fromarray(real), "TIFF"), LIMIT)
    assert picture[0, :, 0].tolist() == [0, 255, 0, 128, 255, 0]


def test_a_colour_profile_changes_nothing() -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    plain, with_profile = (
        open_picture(encoded(Image.fromarray(SCENE), "PNG", **how), LIMIT)
        for how in ({}, {"icc_profile": profile})
    )
    assert np.array_equal(plain, with_profile)


def test_the_first_frame_of_a_moving_png_counts() -> None:
    frames = [Image.fromarray(SCENE), Image.fromarray(255 - SCENE)]
    data = encoded(frames[0], "PNG", save_all=True, append_images=frames[1:])
    assert np.array_equal(open_picture(data, LIMIT), SCENE)


def test_two_levels_are_black_and_white() -> None:
    two = SCENE[..., 1] > 100
    picture = open_picture(encoded(Image.fromarray(two), "PNG"), LIMIT)
    assert np.array_equal(picture[..., 2], two * 255)


def test_greys_of_models_of_before_are_scaled_picture_by_picture() -> None:
    for reach, ceiling in ((200, 255), (300, 4095), (4095, 4095), (5000, 65535)):
        grey = np.full((4, 4), reach, np.uint16)
        picture = open_picture(encoded(Image.fromarray(grey), "PNG"), LIMIT, None)
        assert picture[0, 0, 0] == int(reach * 255 / ceiling + 0.5)
    signed = np.array([[-100, 155]], np.int32)
    assert open_picture(encoded(Image.fromarray(signed), "TIFF"), LIMIT, None)[0, 0, 0] == 0
    shares = np.full((4, 4), 0.5, np.float32)
    assert open_picture(encoded(Image.fromarray(shares), "TIFF"), LIMIT, None)[0, 0, 0] == 128
