"""Pictures for distillation: decoded once, then cropped and changed afresh at every step."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

SHORT_SIDE_PX = 120
SUFFIXES = {".webp", ".jpg", ".jpeg", ".png"}
HELD_OUT_EVERY = 40


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


def random_view(image: Image.Image, size_px: int, rng: np.random.Generator) -> Image.Image:
    """A random crop, flipped and changed in colour; sometimes blurred, grey, edges or inverted."""
    image = image.resize((size_px, size_px), Image.Resampling.BILINEAR, _random_box(image, rng))
    if rng.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if rng.random() < 0.1:
        image = image.convert("L").convert("RGB")
    kind = rng.random()
    if kind < 0.06:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 1.6)))
    elif kind < 0.12:
        image = image.convert("L").filter(ImageFilter.CONTOUR).convert("RGB")
    elif kind < 0.15:
        image = image.filter(ImageFilter.SHARPEN)
    elif kind < 0.18:
        image = image.transpose(Image.Transpose.ROTATE_90)
    return image.point(_random_curves(rng))


def _random_box(image: Image.Image, rng: np.random.Generator) -> tuple[float, float, float, float]:
    area = image.width * image.height * rng.uniform(0.25, 1.0)
    ratio = np.exp(rng.uniform(np.log(3 / 4), np.log(4 / 3)))
    width = min(image.width, np.sqrt(area * ratio))
    height = min(image.height, np.sqrt(area / ratio))
    left = rng.uniform(0, image.width - width)
    upper = rng.uniform(0, image.height - height)
    return left, upper, left + width, upper + height


def _random_curves(rng: np.random.Generator) -> list[int]:
    levels = np.arange(256, dtype=np.float32) / 255
    contrast, brightness = np.exp(rng.normal(0, 0.25)), rng.normal(0, 0.1)
    gamma, tint = np.exp(rng.normal(0, 0.2)), np.exp(rng.normal(0, 0.08, 3))
    if rng.random() < 0.04:
        levels = 1 - levels
    curve = (levels**gamma - 0.5) * contrast + 0.5 + brightness
    return np.clip(np.concatenate([curve * t for t in tint]) * 255, 0, 255).astype(int).tolist()


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
        share = rng.uniform(0.2, 0.8)
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
