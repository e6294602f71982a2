"""THE definition of resizing: every picture that a network sees goes through `resize`.

It equals `keras.ops.image.resize(float32, "bilinear", antialias=True)` on the TensorFlow backend
(with `crop_to_aspect_ratio` or `pad_to_aspect_ratio`), rounded to whole grey levels. The weights
are computed in float32 in the same order as TensorFlow's ScaleAndTranslate kernel: Pillow's
float resampling, correct in double precision, rounds about two values in ten thousand to the
neighbouring grey level.
"""

import math
import threading
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

Mode = Literal["squash", "crop", "pad"]
Picture = npt.NDArray[np.uint8]

TIE_LIFT = np.float32(0.5) + np.float32(1e-3)
"""Added before rounding down: ties go up on both sides, whatever the last float bit says."""


def resize(picture: Picture, size_px: int, mode: Mode = "squash") -> Picture:
    """Return `picture` as a square of `size_px` pixels.

    Args:
        picture: uint8 (height, width, 3).
        size_px: side of the square.
        mode: "squash" changes proportions, "crop" keeps the middle, "pad" adds black bars.

    Returns:
        uint8 (size_px, size_px, 3).
    """
    if mode == "crop":
        picture = _cropped(picture)
    elif mode == "pad":
        picture = _padded(picture)
    height, width, _ = picture.shape
    if height == width == size_px:
        return np.ascontiguousarray(picture)
    rows = _mix_rows(picture.reshape(height, width * 3), size_px, "rows")
    if width == size_px:
        return _grey_levels(rows.reshape(size_px, size_px, 3))
    columns = _own.room("turned", (width, size_px, 3), rows.dtype)
    np.copyto(columns, rows.reshape(size_px, width, 3).transpose(1, 0, 2))
    mixed = _mix_rows(columns.reshape(width, size_px * 3), size_px, "columns")
    return _grey_levels(mixed.reshape(size_px, size_px, 3).transpose(1, 0, 2))


class _Rooms(threading.local):
    """Memory that a thread keeps for its next picture.

    Arrays of this size come fresh from the system otherwise, page by page, which took up to ten
    times as long as the arithmetic.
    """

    def __init__(self) -> None:
        self._kept: dict[str, np.ndarray] = {}

    def room(self, name: str, shape: tuple[int, ...], kind: npt.DTypeLike) -> np.ndarray:
        """Return an array with anything in it; it holds until the next call with this name."""
        needed = math.prod(shape) * np.dtype(kind).itemsize
        kept = self._kept.get(name)
        if kept is None or kept.size < needed:
            kept = self._kept[name] = np.empty(needed, np.uint8)
        return kept[:needed].view(kind).reshape(shape)


_own = _Rooms()


def _grey_levels(mixed: np.ndarray) -> Picture:
    mixed += TIE_LIFT
    np.clip(np.floor(mixed, out=mixed), 0, 255, out=mixed)
    levels = np.empty(mixed.shape, np.uint8)
    np.copyto(levels, mixed, casting="unsafe")
    return levels


def _mix_rows(rows: np.ndarray, size_px: int, name: str) -> np.ndarray:
    """Return `size_px` weighted means of neighbouring rows; (n, columns) becomes (size, columns).

    Float32, in the room called `name`; as many rows as wanted are returned as they are.
    """
    if len(rows) == size_px:
        return rows
    first, weights = _triangle(len(rows), size_px)
    shape = size_px, rows.shape[1]
    taken = _own.room("taken", shape, rows.dtype)
    weighted = _own.room("weighted", shape, np.float32)
    mixed = _own.room(name, shape, np.float32)
    mixed.fill(0)
    for tap in range(weights.shape[1]):
        np.take(rows, first + tap, axis=0, out=taken, mode="clip")
        mixed += np.multiply(taken, weights[:, tap, None], out=weighted)
    return mixed


@lru_cache(maxsize=256)
def _triangle(length: int, size_px: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """Return the first input and the weights of each output of an antialiased triangle filter.

    Returns:
        first: intp (size_px,), the first input that counts.
        weights: float32 (size_px, taps), each row sums to 1; zero where a tap is out of range.

    Reference:
        tensorflow/core/kernels/image/scale_and_translate_op.cc, ComputeSpansCore.
    """
    one, half = np.float32(1), np.float32(0.5)
    inverse_scale = one / (np.float32(size_px) / np.float32(length))
    reach = np.maximum(inverse_scale, one)
    centre = (np.arange(size_px, dtype=np.float32) + half) * inverse_scale
    first = np.clip(np.ceil(centre - reach - half).astype(np.intp), 0, length - 1)
    last = np.clip(np.floor(centre + reach - half).astype(np.intp), 0, length - 1)
    taps = first[:, None] + np.arange(int((last - first).max()) + 1)
    distance = np.abs((taps.astype(np.float32) + half - centre[:, None]) * (one / reach))
    weights = np.where(taps <= last[:, None], np.maximum(one - distance, 0), 0).astype(np.float32)
    total = np.zeros(size_px, np.float32)
    for tap in range(weights.shape[1]):  # one after the other, as the kernel adds them
        total += weights[:, tap]
    return first, np.asarray(weights * (one / total)[:, None], np.float32)


def _cropped(picture: Picture) -> Picture:
    """Keep the middle square, to the pixel that Keras keeps."""
    height, width, _ = picture.shape
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return picture[top : top + side, left : left + side]


def _padded(picture: Picture) -> Picture:
    """Add black bars of equal width; an odd difference leaves the result one pixel off square.

    Keras adds the same whole number of rows on both sides, so (6, 9) becomes (8, 9), not (9, 9).
    """
    height, width, _ = picture.shape
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    return np.pad(picture, ((top, top), (left, left), (0, 0)))
