"""THE definition of resizing: every picture that a network sees goes through `resize`.

It equals `keras.ops.image.resize(float32, "bilinear", antialias=True)` on the TensorFlow backend
(with `crop_to_aspect_ratio` or `pad_to_aspect_ratio`), rounded to whole grey levels. The weights
are computed in float32 in the same order as TensorFlow's ScaleAndTranslate kernel: Pillow's
float resampling, correct in double precision, rounds about two values in ten thousand to the
neighbouring grey level.
"""

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
    rows = _mix_rows(picture.reshape(height, width * 3), size_px)
    columns = rows.reshape(size_px, width, 3).transpose(1, 0, 2).reshape(width, size_px * 3)
    mixed = _mix_rows(columns, size_px).reshape(size_px, size_px, 3).transpose(1, 0, 2)
    return np.clip(np.floor(mixed + TIE_LIFT), 0, 255).astype(np.uint8)


def _mix_rows(rows: np.ndarray, size_px: int) -> npt.NDArray[np.float32]:
    """Return `size_px` weighted means of neighbouring rows; (n, columns) becomes (size, columns)."""
    first, weights = _triangle(len(rows), size_px)
    mixed = np.zeros((size_px, rows.shape[1]), np.float32)
    for tap in range(weights.shape[1]):
        index = np.minimum(first + tap, len(rows) - 1)
        mixed += np.multiply(rows[index], weights[:, tap, None], dtype=np.float32)
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
