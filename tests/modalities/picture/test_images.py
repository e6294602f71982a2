"""Opening pictures of every kind, and saying what is wrong with those that cannot be opened."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tl_core.base.errors import UserError
from tl_core.modalities.picture import greys, images
from tl_core.modalities.picture.images import open_picture

LIMIT = 1_000_000


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def ramp(width: int = 40, height: int = 24) -> Image.Image:
    rows, columns = np.mgrid[:height, :width]
    return Image.fromarray(
        np.stack([columns * 6, rows * 10, 255 - columns * 6], -1).astype(np.uint8)
    )


def code_of(data: bytes, limit: int = LIMIT) -> str:
    with pytest.raises(UserError) as caught:
        open_picture(data, limit)
    assert caught.value.hint
    return caught.value.code


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF"])
def test_ordinary_formats_open_as_rgb(kind: str) -> None:
    picture = open_picture(encoded(ramp(), kind), LIMIT)
    assert picture.shape == (24, 40, 3)
    assert picture.dtype == np.uint8
    assert np.abs(picture.astype(int) - np.asarray(ramp())).mean() < 12


def test_a_heic_picture_opens() -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.register_heif_opener()
    data = encoded(ramp(64, 64), "HEIF", quality=90)
    assert open_picture(data, LIMIT).shape == (64, 64, 3)


def avif(**how: object) -> bytes:
    buffer = io.BytesIO()
    shown = np.zeros((24, 40, 3), np.uint8)
    shown[:, :20] = (200, 30, 30)
    Image.fromarray(shown).save(buffer, "AVIF", quality=95, **how)
    return buffer.getvalue()


def test_an_avif_picture_opens_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    found = open_picture(avif(exif=exif))
    assert found.shape == (40, 24, 3)
    assert np.abs(found[5, 12].astype(int) - (200, 30, 30)).max() < 12


def test_avif_is_told_by_its_brands_whatever_the_first_is() -> None:
    data = avif()
    assert images.sniff(data[:64]) == "AVIF"
    assert images.sniff(data[:8] + b"mif1" + data[12:64]) == "AVIF"
    assert images.sniff(b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic" + b"\0" * 40) == "HEIF"


def test_transparent_parts_of_an_avif_become_white() -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (16, 16), (0, 0, 0, 0)).save(buffer, "AVIF")
    assert open_picture(buffer.getvalue()).min() > 250


def test_an_avif_is_held_to_the_limit_before_it_is_decoded_and_may_be_damaged() -> None:
    data = avif()
    with pytest.raises(UserError) as caught:
        open_picture(data, limit_pixels=24 * 40 - 1)
    assert caught.value.code == "picture-too-large"
    assert code_of(data[: len(data) // 2]) == "picture-damaged"
    assert code_of(data[:40]) == "picture-damaged"


def test_without_the_heic_package_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    assert code_of(b"\0\0\0\x18ftypheic" + b"\0" * 40) == "picture-heic"


def test_orientation_of_the_camera_is_honoured() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter to the right
    data = encoded(ramp(), "PNG", exif=exif)
    assert np.array_equal(open_picture(data, LIMIT), np.rot90(np.asarray(ramp()), -1))


def test_cmyk_becomes_rgb() -> None:
    red = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    picture = open_picture(encoded(red, "TIFF"), LIMIT)
    assert picture[0, 0].tolist() == [255, 0, 0]


def test_sixteen_bit_greys_are_scaled_not_clipped() -> None:
    values = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    picture = open_picture(encoded(Image.fromarray(values), "PNG"), LIMIT)
    assert np.array_equal(picture[..., 0].ravel(), np.arange(256))


def test_twelve_bits_in_sixteen_use_the_whole_range() -> None:
    values = np.linspace(0, 4095, 64).astype(np.uint16).reshape(8, 8)
    data = encoded(Image.fromarray(values), "TIFF")
    of_a_camera = greys.of([greys.Extent("whole", 0, 4095)])
    assert open_picture(data, LIMIT, of_a_camera.scales()).max() == 255
    assert open_picture(data, LIMIT).max() == 16, "without a data set the format's depth counts"


def test_transparent_parts_become_white() -> None:
    clear = Image.new("RGBA", (6, 6), (10, 20, 30, 0))
    assert np.all(open_picture(encoded(clear, "PNG"), LIMIT) == 255)
    palette = Image.new("P", (6, 6), 3)
    palette.putpalette(list(range(48)))
    assert np.all(open_picture(encoded(palette, "PNG", transparency=3), LIMIT) == 255)


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_of_an_animation_the_first_frame_counts(kind: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    assert open_picture(data, LIMIT)[4, 4].tolist() == [255, 0, 0]


@pytest.mark.parametrize("size", [(1, 1), (1, 10000), (10000, 1)])
def test_extreme_shapes_open(size: tuple[int, int]) -> None:
    picture = open_picture(encoded(Image.new("RGB", size), "PNG"), LIMIT)
    assert picture.shape[:2] == size[::-1]


def test_text_called_jpg_and_svg_are_no_pictures() -> None:
    assert code_of(b"just some words, no picture at all") == "picture-format"
    assert code_of(b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>") == "picture-format"
    assert code_of(b"") == "picture-empty"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_cut_short_is_damaged(kind: str) -> None:
    data = encoded(ramp(200, 200), kind)
    assert code_of(data[: len(data) // 2]) == "picture-damaged"


def test_a_picture_beyond_the_limit_is_refused_before_it_is_decoded() -> None:
    data = encoded(Image.new("1", (20_000, 20_000)), "PNG")
    assert code_of(data) == "picture-too-large"


def test_a_missing_file_is_named_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        open_picture(tmp_path / "gone.jpg", LIMIT)
    assert caught.value.code == "picture-unreadable"


def test_pillows_own_odd_images_open_or_are_refused_with_a_code(data_root: Path) -> None:
    files = sorted((data_root / "odd_images").iterdir())
    assert files
    for file in files:
        try:
            assert open_picture(file, LIMIT).ndim == 3
        except UserError as error:
            assert error.code.startswith("picture-"), file.name


def test_every_suffix_is_lower_case_and_known_once() -> None:
    assert not images.SUFFIXES & images.FOREIGN_SUFFIXES
    assert all(suffix == suffix.lower() for suffix in images.SUFFIXES | images.FOREIGN_SUFFIXES)
