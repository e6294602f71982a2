"""Random looks at pictures: drawn as numbers, carried out by Pillow or where the student learns.

A look is a crop, perhaps mirrored, with other colours; sometimes grey, blurred, sharpened,
turned, inverted, or its edges alone. The two ways of carrying one out agree to about a grey level.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageFilter

KINDS = {"blurred": 0.06, "edges": 0.06, "sharpened": 0.03, "turned": 0.03}
"""Shares of the pictures to which one of these happens; at most one of them happens to any."""
LUMINANCE = (0.299, 0.587, 0.114)
EDGES, SHARPENED = 9.0, 1.125
"""How often the difference from the mean of the nine around a pixel is added to it; Pillow's
CONTOUR and SHARPEN, written that way."""
WINDOW = 6.0
"""A triangle of half width w has the variance w² / 6."""


class Looks(NamedTuple):
    """Looks at n pictures, a row each.

    Attributes:
        box: float32 (n, 4) left, upper, width and height of the crop, as shares of the picture.
        sigma: float32 (n,) of the blur, in pixels of the crop; 0 for none.
        curve: float32 (n, 3) gamma, contrast, brightness.
        tint: float32 (n, 3) factors of red, green and blue.
        edges, sharpened, turned, mirrored, grey, inverted: bool (n,).
    """

    box: np.ndarray
    sigma: np.ndarray
    curve: np.ndarray
    tint: np.ndarray
    edges: np.ndarray
    sharpened: np.ndarray
    turned: np.ndarray
    mirrored: np.ndarray
    grey: np.ndarray
    inverted: np.ndarray


def draw(sizes: np.ndarray, rng: np.random.Generator) -> Looks:
    """Looks at pictures of these sizes, (n, 2) height and width."""
    count = len(sizes)
    kind = np.searchsorted(np.cumsum(list(KINDS.values())), rng.random(count), side="right")
    happens = {name: kind == number for number, name in enumerate(KINDS)}
    curve = np.stack(
        [
            np.exp(rng.normal(0, 0.2, count)),
            np.exp(rng.normal(0, 0.25, count)),
            rng.normal(0, 0.1, count),
        ],
        axis=1,
    )
    return Looks(
        box=_boxes(sizes, rng).astype(np.float32),
        sigma=(happens["blurred"] * rng.uniform(0.4, 1.6, count)).astype(np.float32),
        curve=curve.astype(np.float32),
        tint=np.exp(rng.normal(0, 0.08, (count, 3))).astype(np.float32),
        edges=happens["edges"],
        sharpened=happens["sharpened"],
        turned=happens["turned"],
        mirrored=rng.random(count) < 0.5,
        grey=rng.random(count) < 0.1,
        inverted=rng.random(count) < 0.04,
    )


def _boxes(sizes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n, 4) crops of a quarter to all of the picture, between 3:4 and 4:3."""
    height, width = sizes.T.astype(float)
    area = height * width * rng.uniform(0.25, 1.0, len(sizes))
    ratio = np.exp(rng.uniform(np.log(3 / 4), np.log(4 / 3), len(sizes)))
    wide = np.minimum(width, np.sqrt(area * ratio)) / width
    high = np.minimum(height, np.sqrt(area / ratio)) / height
    left, upper = rng.uniform(0, 1 - wide), rng.uniform(0, 1 - high)
    return np.stack([left, upper, wide, high], axis=1)


def by_pillow(image: Image.Image, looks: Looks, size_px: int) -> Image.Image:
    """One picture, (size, size), as the first row of `looks` has it."""
    look = Looks(*(values[0] for values in looks))
    left, upper, wide, high = look.box * np.tile(image.size, 2)
    box = (left, upper, min(left + wide, image.width), min(upper + high, image.height))
    image = image.resize((size_px, size_px), Image.Resampling.BILINEAR, box)
    if look.mirrored:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if look.sigma:
        image = image.filter(ImageFilter.GaussianBlur(float(look.sigma)))
    if look.grey or look.edges:
        image = image.convert("L").convert("RGB")
    if look.edges:
        image = image.filter(ImageFilter.CONTOUR)
    if look.sharpened:
        image = image.filter(ImageFilter.SHARPEN)
    if look.turned:
        image = image.transpose(Image.Transpose.TRANSPOSE)
    levels = np.arange(256, dtype=np.float32) / 255
    gamma, contrast, brightness = look.curve
    curve = ((1 - levels if look.inverted else levels) ** gamma - 0.5) * contrast + 0.5 + brightness
    tinted = np.concatenate([curve * factor for factor in look.tint])
    return image.point(np.clip(tinted * 255, 0, 255).astype(int).tolist())


def on_device(pixels: Any, looks: Looks, size_px: int) -> Any:
    """Carry out looks on whole pictures that were resized to squares, on the device.

    Args:
        pixels: uint8 (n, side, side, 3).
        looks: n of them.
        size_px: side of the crops.

    Returns:
        float32 (n, size, size, 3) in [0, 1].
    """
    ops = _ops()
    left, upper, wide, high = (looks.box[:, place] for place in range(4))
    x = ops.cast(pixels, "float32") / 255
    side = x.shape[1]
    left = ops.where(looks.mirrored, left + wide, left)
    wide = ops.where(looks.mirrored, -wide, wide)
    x = ops.einsum("nas,nstc->natc", resampling(upper, high, side, size_px, looks.sigma), x)
    x = ops.einsum("nbt,natc->nabc", resampling(left, wide, side, size_px, looks.sigma), x)
    is_grey = ops.logical_or(looks.grey, looks.edges)
    luminance = ops.sum(x * ops.convert_to_tensor(LUMINANCE), axis=-1, keepdims=True)
    x = ops.where(_each(is_grey), luminance, x)
    detail = x - ops.average_pool(x, 3, 1, "same")
    x = ops.where(_each(looks.edges), 1 + EDGES * detail, x)
    x = ops.clip(ops.where(_each(looks.sharpened), x + SHARPENED * detail, x), 0, 1)
    x = ops.where(_each(looks.turned), ops.transpose(x, (0, 2, 1, 3)), x)
    x = ops.where(_each(looks.inverted), 1 - x, x)
    gamma, contrast, brightness = (_each(looks.curve[:, place]) for place in range(3))
    x = (ops.power(ops.maximum(x, 1e-6), gamma) - 0.5) * contrast + 0.5 + brightness
    return ops.clip(x * looks.tint[:, None, None, :], 0, 1)


def resampling(start: Any, length: Any, source: int, target: int, sigma: Any) -> Any:
    """(n, target, source) weights of Pillow's bilinear filter, perhaps blurred.

    Args:
        start: (n,) where the span begins, as a share of the source.
        length: (n,) how far it reaches; below 0 it is read backwards.
        source: pixels there are.
        target: pixels to make of the span.
        sigma: (n,) of a blur, in pixels of the target.
    """
    ops = _ops()
    ratio = ops.absolute(length) * (source / target)
    width = ops.sqrt(ops.square(ops.maximum(ratio, 1)) + WINDOW * ops.square(sigma * ratio))
    steps = ops.convert_to_tensor((np.arange(target, dtype=np.float32) + 0.5) / target)
    centres = (start[:, None] + length[:, None] * steps[None]) * source
    cells = ops.convert_to_tensor(np.arange(source, dtype=np.float32) + 0.5)
    off = ops.absolute(centres[:, :, None] - cells[None, None]) / width[:, None, None]
    weights = ops.maximum(1 - off, 0)
    return weights / ops.sum(weights, axis=-1, keepdims=True)


def shrunk(pictures: Any, size_px: int) -> Any:
    """Square pictures (n, side, side, 3) as a whole, resized to (n, size, size, 3)."""
    ops = _ops()
    if pictures.shape[1] == size_px:
        return pictures
    start, length, sigma = np.array([[0], [1], [0]], np.float32)
    weights = resampling(start, length, pictures.shape[1], size_px, sigma)[0]
    return ops.einsum("as,bt,nstc->nabc", weights, weights, pictures)


def _each(values: Any) -> Any:
    """(n,) to (n, 1, 1, 1)."""
    ops = _ops()
    return ops.reshape(values, (-1, 1, 1, 1))


def _ops() -> Any:
    """Return Keras's operations, whose published types are too narrow; Pillow needs none of them."""
    import keras

    return keras.ops
