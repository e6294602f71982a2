"""The store of pictures: lossless, once each, and shrinking that a model does not notice."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tl_core.modalities.picture import pictures
from tl_core.modalities.picture.resize import resize


def hard_photo(width: int, height: int) -> Image.Image:
    """Return a picture with soft shapes, noise, fine saturated lines and a dotted pattern."""
    generator = np.random.default_rng(3)
    small = generator.integers(0, 256, (height // 16, width // 16, 3), dtype=np.uint8)
    photo = Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)
    noisy = np.asarray(photo) + generator.normal(0, 12, (height, width, 1))
    noisy[height // 4 : height // 3 : 7, width // 6 : width // 2] = 255
    noisy[height // 2 : height // 2 + 90 : 3, width // 2 : width // 2 + 90 : 3] = 0
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


@pytest.mark.parametrize("size", [(3200, 2400), (1600, 1200)])
def test_a_shrunk_photo_looks_to_a_model_like_the_whole_one(size: tuple[int, int]) -> None:
    photo = hard_photo(*size)
    stored = pictures.shrunk(photo, 1024)
    assert 512 < max(stored.size) <= 1024
    whole = resize(np.asarray(photo), 224).astype(int)
    difference = np.abs(resize(np.asarray(stored), 224) - whole)
    assert difference.mean() < 1.0
    assert (difference > 8).mean() < 0.004  # where fine lines meet the limits of brightness


def test_shrinking_takes_the_mean_of_whole_blocks() -> None:
    pixels = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    small = np.asarray(pictures.shrunk(Image.fromarray(pixels), 3))
    means = pixels.reshape(2, 2, 3, 2, 3).mean(axis=(1, 3))
    assert np.array_equal(small, np.floor(means + 0.5))
    assert pictures.shrunk(Image.fromarray(pixels), 6).size == (6, 4)


def test_equal_pictures_are_kept_once(tmp_path: Path) -> None:
    image = hard_photo(64, 48)
    first = pictures.store(image, tmp_path, 1024)
    assert first[1:] == (64, 48)
    assert pictures.store(image.copy(), tmp_path, 1024) == first
    assert len(list(tmp_path.rglob("*.webp"))) == len(list(tmp_path.rglob("*.thumb.jpg"))) == 1


def test_a_picture_that_a_power_cut_emptied_is_healed_by_another_import(tmp_path: Path) -> None:
    image = hard_photo(64, 48)
    pictures.store(image, tmp_path, 1024)
    (kept,) = tmp_path.rglob("*.webp")
    whole = kept.read_bytes()
    kept.write_bytes(b"")
    pictures.store(image, tmp_path, 1024)
    assert kept.read_bytes() == whole


def test_a_thumbnail_that_is_missing_is_made_by_another_import(tmp_path: Path) -> None:
    image = hard_photo(64, 48)
    pictures.store(image, tmp_path, 1024)
    (thumbnail,) = tmp_path.rglob("*.thumb.jpg")
    thumbnail.unlink()
    pictures.store(image, tmp_path, 1024)
    assert thumbnail.exists()


def test_a_line_stays_at_least_a_pixel_wide(tmp_path: Path) -> None:
    digest, width, height = pictures.store(Image.new("RGB", (10_000, 1)), tmp_path, 1024)
    assert (width, height) == (1000, 1)
    assert len(digest) == 64
