"""How long pictures take from an upload to a data set that is ready to train."""

import io
import os
import secrets
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from tl_core.data import intake
from tl_core.data.pictures import available_cores

pytestmark = pytest.mark.benchmark


def scenery(width: int, height: int, seed: int) -> Image.Image:
    """Return a picture with the detail of a photograph: large shapes, fine texture, some noise."""
    generator = np.random.default_rng(seed)
    picture = np.zeros((height, width, 3), np.float32)
    for knots, strength in ((6, 110), (40, 45), (200, 22)):
        grid = generator.integers(0, 256, (knots, knots, 3), dtype=np.uint8)
        layer = Image.fromarray(grid).resize((width, height), Image.Resampling.BICUBIC)
        picture += (np.asarray(layer, np.float32) / 127.5 - 1) * strength
    grain = generator.standard_normal((height, width, 1), dtype=np.float32)
    picture += 128 + 4 * ndimage.uniform_filter(grain, (2, 2, 0)) * 2
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))


def jpeg(picture: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def packed(path: Path, count: int, width: int, height: int, quality: int, distinct: int) -> float:
    """Write a zip of `count` JPEG files in four classes and return its size in MB."""
    with ThreadPoolExecutor(available_cores()) as pool:
        made = list(pool.map(lambda seed: scenery(width, height, seed), range(distinct)))

        def file(number: int) -> bytes:
            moved = np.roll(np.asarray(made[number % distinct]), number * 17, axis=1)
            return jpeg(Image.fromarray(moved), quality)

        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for number, data in enumerate(pool.map(file, range(count))):
                archive.writestr(f"set/class {number % 4}/{number:05}.jpg", data)
    return path.stat().st_size / 1e6


@pytest.mark.parametrize(
    ("title", "count", "size", "quality", "distinct", "limit_s"),
    [
        ("3,000 small pictures", 3000, (224, 224), 81, 60, 30),
        ("300 phone photos of 12 megapixels", 300, (4032, 3024), 88, 6, 40),
    ],
)
def test_an_upload_is_ready_to_train_in_time(
    home: Path,
    tmp_path: Path,
    title: str,
    count: int,
    size: tuple[int, int],
    quality: int,
    distinct: int,
    limit_s: float,
) -> None:
    path = tmp_path / "upload.zip"
    megabytes = packed(path, count, *size, quality, distinct)
    before = os.times()
    summary = intake.ingest(path, secrets.token_hex(12))
    after = os.times()
    work_s = sum(after[:4]) - sum(before[:4])
    print(
        f"\n{title}, {megabytes:.0f} MB: {summary.seconds:.1f} s (to reach: {limit_s} s on 2 cores); "
        f"{work_s:.1f} s of processor time in all, {1000 * work_s / count:.1f} ms a picture"
    )
    assert summary.images == count
    assert summary.seconds <= limit_s
