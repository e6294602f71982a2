"""From uint8 pixels to the numbers a network expects: once in NumPy, once in stock Keras layers.

The two forms agree to the last float bits, so that a picture means the same while training
(NumPy, outside any network) and inside an exported model (Keras).

Reference:
    keras.applications.imagenet_utils.preprocess_input, modes "tf", "torch" and "caffe".
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from tl_core.modalities.picture.resize import Mode

Preprocessing = Literal["tf", "tf128", "torch", "caffe", "lite"]
"""How pixels 0 to 255 become the numbers that a network expects."""
KINDS: tuple[Preprocessing, ...] = get_args(Preprocessing)
_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_STD = (0.229, 0.224, 0.225)
_CAFFE_MEAN_BGR = (103.939, 116.779, 123.68)

_SCALES: dict[Preprocessing, tuple[list[float], list[float]]] = {
    "tf": ([1 / 127.5] * 3, [-1.0] * 3),
    "tf128": ([1 / 128] * 3, [-1.0] * 3),
    "torch": (
        [1 / (255 * std) for std in _IMAGENET_STD],
        [-mean / std for mean, std in zip(_IMAGENET_MEAN, _IMAGENET_STD, strict=True)],
    ),
    "caffe": ([1.0] * 3, [-mean for mean in _CAFFE_MEAN_BGR]),
    "lite": ([1 / 128] * 3, [-127 / 128] * 3),
}
"""Per channel: factor, then what is added. "caffe" first turns RGB into BGR; "tf128" is what the
larger EfficientNetV2 were trained with and Keras builds into them."""


def scale_numpy(kind: Preprocessing, pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return `pictures` as the network expects them.

    Args:
        kind: the backbone's `preprocessing`.
        pictures: uint8 (n, h, w, 3), RGB.

    Returns:
        float32 (n, h, w, 3).
    """
    factor, offset = _SCALES[kind]
    if kind == "caffe":
        pictures = pictures[..., ::-1]
    # Whole lines at once: NumPy is five times slower in steps of three.
    count, height, width, channels = pictures.shape
    scaled = pictures.reshape(count * height, width * channels).astype(np.float32)
    scaled *= np.tile(np.asarray(factor, np.float32), width)
    scaled += np.tile(np.asarray(offset, np.float32), width)
    return scaled.reshape(pictures.shape)


def layers(kind: Preprocessing, size_px: int, mode: Mode, pictures: Any, side_px: int = 0) -> Any:
    """Shrink, resize and scale a Keras tensor of pictures, with stock operations only.

    The result reloads anywhere with plain `keras.saving.load_model`, safe mode on. Imports Keras.

    Args:
        kind: the backbone's `preprocessing`.
        size_px: side of the square that the network sees.
        mode: "squash", "crop" or "pad", as in `tl_core.modalities.picture.resize`.
        pictures: symbolic uint8 (n, any, any, 3), RGB.
        side_px: longest side of a stored picture; larger ones are first shrunk as the store does.
            0 leaves them as they are.

    Returns:
        symbolic float32 (n, size_px, size_px, 3).
    """
    from keras import ops

    if side_px:
        pictures = shrink_layers(pictures, side_px)
    resized: Any = ops.image.resize(
        ops.cast(pictures, "float32"),
        (size_px, size_px),
        interpolation="bilinear",
        antialias=True,
        crop_to_aspect_ratio=mode == "crop",
        pad_to_aspect_ratio=mode == "pad",
    )
    # Ties go up whatever the last float bit says, as in tl_core.modalities.picture.resize.
    whole = ops.clip(ops.floor(resized + (0.5 + 1e-3)), 0.0, 255.0)
    return scale_layers(kind, whole)


def shrink_layers(pictures: Any, side_px: int) -> Any:
    """Do to symbolic uint8 pictures what `pictures.shrunk` does to those it stores.

    Stock operations on whole numbers that float32 holds exactly. Where pictures are small enough,
    blocks are single pixels and nothing changes.

    Args:
        pictures: symbolic uint8 (n, any, any, 3).
        side_px: longest side kept.

    Returns:
        symbolic float32 (n, any, any, 3), whole grey levels.
    """
    from keras import ops

    ones: Any = ops.ones_like(pictures[0, :, :, 0], dtype="int32")
    ones_down, ones_across = ones[:, 0], ones[0, :]
    sides: Any = ops.maximum(ops.sum(ones_down), ops.sum(ones_across))
    block = ops.floor_divide(sides + (side_px - 1), side_px)
    down, across = (
        ops.floor_divide(ops.subtract(ops.cumsum(line), 1), block)
        for line in (ones_down, ones_across)
    )
    # Sums over blocks of rows, then of columns; the summed axis has to come first.
    rows = ops.segment_sum(
        ops.transpose(ops.cast(pictures, "float32"), (1, 2, 0, 3)), down, sorted=True
    )
    sums = ops.segment_sum(ops.transpose(rows, (1, 0, 2, 3)), across, sorted=True)
    heights: Any = ops.segment_sum(ones_down, down, sorted=True)
    widths: Any = ops.segment_sum(ones_across, across, sorted=True)
    count: Any = ops.multiply(ops.expand_dims(widths, 1), ops.expand_dims(heights, 0))
    return ops.transpose(_means(sums, ops.expand_dims(count, (2, 3))), (2, 1, 0, 3))


def _means(sums: Any, count: Any) -> Any:
    """Return rounded means as Pillow's `reduce` does, to the last grey level.

    It multiplies by a reciprocal of 24 bits, cut off, instead of dividing; where a sum and half
    its count are a multiple of the count, or nearly so, that falls short of the quotient by one.
    """
    from keras import ops

    reciprocal: Any = ops.floor_divide(1 << 24, count)
    missing: Any = ops.cast((1 << 24) - reciprocal * count, "float32")
    missing = missing / float(1 << 24)
    lifted: Any = sums + ops.cast(ops.floor_divide(count, 2), "float32")
    count = ops.cast(count, "float32")
    # TensorFlow may multiply by an approximate reciprocal: 128 / 1 was seen to be 127.99999.
    quotient: Any = ops.floor((lifted + 0.5) / count)
    is_short: Any = ops.less(lifted - quotient * count, lifted * missing)
    return ops.subtract(quotient, ops.cast(is_short, "float32"))


def scale_layers(kind: Preprocessing, pictures: Any) -> Any:
    """Scale a symbolic float32 tensor of grey levels 0 to 255; see `layers`. Imports Keras."""
    from keras import layers as stock
    from keras import ops

    factor, offset = _SCALES[kind]
    per_channel: dict[str, Any] = {"scale": factor, "offset": offset}
    if kind == "caffe":
        pictures = ops.flip(pictures, axis=-1)
    return stock.Rescaling(**per_channel, name="scale")(pictures)
