"""Pictures for distillation: decoded once, then cropped and changed afresh at every step."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tl_core.distil import looks

SHORT_SIDE_PX = 120
SUFFIXES = {".webp", ".jpg", ".jpeg", ".png"}
HELD_OUT_EVERY = 40
BLENDED = (0.2, 0.8)
"""The least and the largest share that a picture keeps where it is blended with another."""


class Pool:
    """Unlabelled pictures under a folder, kept decoded in one memory-mapped file.

    Args:
        folder: searched recursively.
        cache: where the decoded pixels are kept between runs.
    """

    def __init__(self, folder: Path, cache: Path) -> None:
        self.files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)
        index_file, pixel_file = cache / "pool.json", cache / "pool.u8"
        if not index_file.exists():
            cache.mkdir(parents=True, exist_ok=True)
            self._decode(pixel_file, index_file)
        self.index = json.loads(index_file.read_text())
        self.pixels = np.memmap(pixel_file, np.uint8, "r")
        held_out = np.arange(len(self.index)) % HELD_OUT_EVERY == 0
        self.train, self.held_out = np.flatnonzero(~held_out), np.flatnonzero(held_out)

    def _decode(self, pixel_file: Path, index_file: Path) -> None:
        index, offset = [], 0
        with pixel_file.open("wb") as out:
            for file in self.files:
                with Image.open(file) as image:
                    image = image.convert("RGB")
                    scale = SHORT_SIDE_PX / min(image.size)
                    size = (round(image.width * scale), round(image.height * scale))
                    if size != image.size:
                        image = image.resize(size, Image.Resampling.BICUBIC)
                out.write(image.tobytes())
                index.append((offset, image.height, image.width))
                offset += image.height * image.width * 3
        index_file.write_text(json.dumps(index))

    def __getitem__(self, number: int) -> Image.Image:
        offset, height, width = self.index[number]
        flat = self.pixels[offset : offset + height * width * 3]
        return Image.fromarray(flat.reshape(height, width, 3))

    def squares(self, side_px: int) -> np.ndarray:
        """uint8 (n, side, side, 3): all pictures, each as a whole."""
        found = np.empty((len(self.index), side_px, side_px, 3), np.uint8)

        def fill(number: int) -> None:
            image = self[number].resize((side_px, side_px), Image.Resampling.BILINEAR)
            found[number] = np.asarray(image)

        with ThreadPoolExecutor() as threads:
            list(threads.map(fill, range(len(found))))
        return found


def random_view(image: Image.Image, size_px: int, rng: np.random.Generator) -> Image.Image:
    """A random look at a picture, (size, size); see `looks`."""
    return looks.by_pillow(image, looks.draw(np.array([image.size[::-1]]), rng), size_px)


def centre_view(image: Image.Image, size_px: int) -> Image.Image:
    """The largest central square, resized."""
    side = min(image.size)
    left, upper = (image.width - side) / 2, (image.height - side) / 2
    box = (left, upper, left + side, upper + side)
    return image.resize((size_px, size_px), Image.Resampling.BILINEAR, box)


def to_float(images: list[Image.Image] | np.ndarray) -> np.ndarray:
    """float32 (n, h, w, 3) in [-1, 1]."""
    return np.stack([np.asarray(image) for image in images]).astype(np.float32) / 127.5 - 1


@dataclass(frozen=True, slots=True)
class View:
    """One fixed random look at one picture of the pool; the same numbers give the same pixels."""

    pool: Pool
    seed: int
    mixup: float

    def __call__(self, number: int, view: int, size_px: int) -> np.ndarray:
        """uint8 (size, size, 3); with probability `mixup` blended with a view of another."""
        rng = np.random.default_rng([self.seed, view, number])
        pixels = np.asarray(random_view(self.pool[number], size_px, rng))
        if rng.random() >= self.mixup:
            return pixels
        other = random_view(self.pool[int(rng.choice(self.pool.train))], size_px, rng)
        share = rng.uniform(*BLENDED)
        return np.rint(share * pixels + (1 - share) * np.asarray(other)).astype(np.uint8)


def numbers_of_step(pool: Pool, step: int, seed: int, count: int) -> tuple[np.ndarray, int]:
    """Which pictures a step trains on, and the epoch it belongs to.

    The step number decides everything, so a resumed run sees what an unbroken one would have.
    """
    steps = max(1, len(pool.train) // count)
    order = np.random.default_rng([seed, 7, step // steps]).permutation(pool.train)
    start = (step % steps) * count
    return np.resize(order[start : start + count], count), step // steps


def shrink(views: np.ndarray, size_px: int) -> np.ndarray:
    """uint8 pictures (n, h, w, 3) resized to the student's size."""
    if views.shape[1] == size_px:
        return views
    size = (size_px, size_px)
    small = [Image.fromarray(v).resize(size, Image.Resampling.BILINEAR) for v in views]
    return np.stack([np.asarray(v) for v in small])
