"""Makes pictures without natural twins, and plants faults among them whose place is known."""

import io
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from tl_core.modalities.picture import fingerprints

_WAYS = Image.Transpose
TURNS = {
    1: _WAYS.FLIP_LEFT_RIGHT,
    2: _WAYS.FLIP_TOP_BOTTOM,
    3: _WAYS.ROTATE_180,
    4: _WAYS.TRANSPOSE,
    5: _WAYS.ROTATE_270,
    6: _WAYS.ROTATE_90,
    7: _WAYS.TRANSVERSE,
}
"""What makes a mirrored or turned copy; Pillow turns against the clock."""
CHANGES = ("resized", "saved again", "cropped", "lighter or darker", "all of it")


def prints_of(pictures: list[Image.Image]) -> np.ndarray:
    """Return the fingerprints of pictures that are stored nowhere."""
    rows = [fingerprints.measure(picture, f"{row:064x}") for row, picture in enumerate(pictures)]
    return np.array(rows, dtype=fingerprints.Fingerprint)


def scene(random: np.random.Generator, size_px: tuple[int, int] = (160, 120)) -> Image.Image:
    """Return a picture of random shapes over a random slope of light; no two are alike."""
    width, height = size_px
    corners = random.integers(0, 256, (2, 2, 3), dtype=np.uint8)
    picture = Image.fromarray(corners).resize(size_px, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    for _ in range(random.integers(4, 12)):
        x, y = random.uniform(0, width), random.uniform(0, height)
        w, h = random.uniform(5, width / 2), random.uniform(5, height / 2)
        shape = draw.ellipse if random.random() < 0.5 else draw.rectangle
        shape((x, y, x + w, y + h), fill=tuple(random.integers(0, 256, 3).tolist()))
    noise = random.normal(0, 4, (height, width, 3))
    return Image.fromarray(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8))


def scene_of(seed: int) -> Image.Image:
    """Return another `scene` for every seed, always the same one."""
    return scene(np.random.default_rng(seed))


def changed(picture: Image.Image, change: str, random: np.random.Generator) -> Image.Image:
    """Return a near-duplicate: what people and programs do to a picture they pass on."""
    if change in ("cropped", "all of it"):
        picture = cropped(picture, 0.05, random)
    if change in ("resized", "all of it"):
        share = random.uniform(0.5, 0.9)
        size = round(picture.width * share), round(picture.height * share)
        picture = picture.resize(size, Image.Resampling.BICUBIC)
    if change in ("lighter or darker", "all of it"):
        factor = 1 + random.choice([-1, 1]) * random.uniform(0.05, 0.15)
        picture = ImageEnhance.Brightness(picture).enhance(factor)
    if change in ("saved again", "all of it"):
        picture = saved_again(picture, int(random.integers(40, 81)))
    return picture


def cropped(picture: Image.Image, share: float, random: np.random.Generator) -> Image.Image:
    """Return `picture` without `share` of its width and height, taken off at random sides."""
    lost_x, lost_y = picture.width * share, picture.height * share
    left, top = random.uniform(0, lost_x), random.uniform(0, lost_y)
    box = left, top, left + picture.width - lost_x, top + picture.height - lost_y
    return picture.crop(tuple(round(side) for side in box))


def saved_again(picture: Image.Image, quality: int) -> Image.Image:
    """Return `picture` as JPEG of `quality` leaves it."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return Image.open(io.BytesIO(buffer.getvalue())).convert("RGB")


def blurred(picture: Image.Image, share: float = 0.012) -> Image.Image:
    """Return `picture` out of focus by `share` of its longer side."""
    return picture.filter(ImageFilter.GaussianBlur(max(picture.size) * share))


@dataclass(slots=True)
class Planted:
    """Pictures, each with the number of the picture that it was made from."""

    pictures: list[Image.Image] = field(default_factory=list)
    origins: list[int] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)

    @classmethod
    def among(cls, originals: list[Image.Image], copies: int, seed: int = 0) -> "Planted":
        """Return the originals followed by changed copies of some of them."""
        random = np.random.default_rng(seed)
        chosen = random.choice(len(originals), copies, replace=False)
        changes = [CHANGES[number % len(CHANGES)] for number in range(copies)]
        made = [
            changed(originals[origin], change, random)
            for origin, change in zip(chosen, changes, strict=True)
        ]
        return cls(
            pictures=[*originals, *made],
            origins=[*range(len(originals)), *map(int, chosen)],
            changes=[""] * len(originals) + changes,
        )

    def pairs(self) -> set[tuple[int, int]]:
        """Return every pair of rows of one origin, the smaller row first."""
        rows: dict[int, list[int]] = {}
        for row, origin in enumerate(self.origins):
            rows.setdefault(origin, []).append(row)
        return {
            (first, second)
            for some in rows.values()
            for place, first in enumerate(some)
            for second in some[place + 1 :]
        }


def flipped(
    labels: np.ndarray, classes: int, share: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return labels of which `share` are wrong, and the rows that are."""
    random = np.random.default_rng(seed)
    rows = random.choice(len(labels), round(share * len(labels)), replace=False)
    wrong = labels.copy()
    wrong[rows] = (wrong[rows] + random.integers(1, classes, len(rows))) % classes
    return wrong, rows
