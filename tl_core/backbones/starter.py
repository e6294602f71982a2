"""The starter backbone: a small pretrained network that Graft carries with it.

Early stages use dense 3x3 convolutions, later ones inverted residuals: on a CPU a dense
convolution over few channels is cheaper than the three memory passes of a separable one.

Reference:
    Tan and Le 2021, EfficientNetV2: Smaller Models and Faster Training. arXiv:2104.00298.
    Sandler et al. 2018, MobileNetV2: Inverted Residuals and Linear Bottlenecks. arXiv:1801.04381.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tl_core.base.errors import UserError

if TYPE_CHECKING:  # the web process imports this module and must not load Keras
    import keras

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "starter"
FILE = FOLDER / "starter.safetensors"
POOLED_FILE = FOLDER / "starter_pooled.tflite"
# New weights: write here what `sha256sum assets/starter/starter*` tells.
SHA256 = "5bf7e5ecdb49d671e17ab71cbc9f7354bddf69c63771e40f4cd27964420d4ac5"
POOLED_SHA256 = "d7658647d79603d887687b5aac3953f48e0b8b343d806b3130ecc01ce8bc4ff4"
DEFAULT_SIZE_PX = 128
CHANNELS = 1280

Conv = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Block:
    """A residual block: `fused` expands with a dense 3x3, `mobile` with 1x1 and depthwise 3x3."""

    kind: Literal["fused", "mobile"]
    filters: int
    expanded: int
    stride: int = 1


@dataclass(frozen=True, slots=True)
class Stage:
    """Blocks that work at one resolution; exactly one tensor enters and leaves."""

    name: str
    blocks: tuple[Block, ...]


STAGES = (
    Stage("stage1", (Block("fused", 24, 32, 2), Block("fused", 24, 32))),
    Stage("stage2", (Block("fused", 32, 64, 2), Block("fused", 32, 64))),
    Stage("stage3", (Block("mobile", 64, 128, 2), *[Block("mobile", 64, 192)] * 3)),
    Stage("stage4", (Block("mobile", 96, 192), *[Block("mobile", 96, 288)] * 2)),
    Stage("stage5", (Block("mobile", 160, 288, 2), *[Block("mobile", 160, 480)] * 2)),
    Stage("stage6", (Block("mobile", 320, 480),)),
)
STEM_CHANNELS = 16
TOP = f"{STAGES[-1].name}_top"


def build(
    input_shape: tuple[int | None, ...] = (None, None, 3),
    weights: Literal["pretrained"] | None = "pretrained",
) -> keras.Model:
    """The network without a top: pictures in [-1, 1] to its last feature map.

    Args:
        input_shape: height, width and 3; None for any size (from 32 px).
        weights: "pretrained", or None for random weights.

    Returns:
        float32 (n, h, w, 3) to float32 (n, h/32, w/32, 1280), values in [0, 6].

    Raises:
        UserError: "starter-weights" when the weight file is missing or damaged.
    """
    import keras

    inputs = keras.Input(input_shape, name="pictures")
    model = keras.Model(inputs, features(inputs, conv_bn), name="starter")
    if weights is not None:
        load_weights(model)
    return model


def features(x: Any, conv: Conv) -> Any:
    """All stages in order, each convolution made by `conv` (see `conv_bn`)."""
    x = stem(x, conv)
    for name, each in named_blocks():
        x = block(x, name, each, conv)
    return top(x, conv)


def named_blocks() -> Iterator[tuple[str, Block]]:
    """Every block, input first, named STAGE_blockN."""
    for stage in STAGES:
        for number, each in enumerate(stage.blocks, 1):
            yield f"{stage.name}_block{number}", each


def stem(x: Any, conv: Conv) -> Any:
    """3 to 16 channels at half the size."""
    return conv(x, "stem", STEM_CHANNELS, 3, stride=2)


def top(x: Any, conv: Conv) -> Any:
    """The wide 1x1 convolution whose pooled output a head reads."""
    return conv(x, TOP, CHANNELS, 1)


def block(x: Any, name: str, shape: Block, conv: Conv) -> Any:
    """One residual block; its input is added where it has the shape of the output."""
    import keras

    y = x
    if shape.kind == "fused":
        y = conv(y, f"{name}_expand", shape.expanded, 3, stride=shape.stride)
    else:
        y = conv(y, f"{name}_expand", shape.expanded, 1)
        y = conv(y, f"{name}_depthwise", None, 3, stride=shape.stride)
    y = conv(y, f"{name}_project", shape.filters, 1, activation=False)
    if shape.stride == 1 and x.shape[-1] == shape.filters:
        y = keras.layers.Add(name=f"{name}_add")([x, y])
    return y


def conv_bn(
    x: Any,
    name: str,
    filters: int | None,
    kernel: int,
    *,
    stride: int = 1,
    activation: bool = True,
) -> Any:
    """Convolution (depthwise when `filters` is None), batch normalisation, ReLU6."""
    from keras import layers

    if filters is None:
        conv = layers.DepthwiseConv2D(kernel, stride, "same", use_bias=False, name=f"{name}_conv")
    else:
        conv = layers.Conv2D(filters, kernel, stride, "same", use_bias=False, name=f"{name}_conv")
    x = layers.BatchNormalization(epsilon=1e-3, momentum=0.99, name=f"{name}_bn")(conv(x))
    return layers.ReLU(6.0, name=f"{name}_relu")(x) if activation else x


def load_weights(model: keras.Model) -> None:
    """Fill `model` from the checked weight file (kernels are float16 on disk)."""
    from safetensors.numpy import load

    tensors = load(checked_file().read_bytes())
    for variable in model.variables:
        variable.assign(tensors[variable.path].astype("float32"))


def checked_file() -> Path:
    """Return the weight file, whose SHA-256 is the expected one.

    Raises:
        UserError: "starter-weights" when it is missing or damaged.
    """
    return _checked(FILE, SHA256)


def checked_pooled_file() -> Path | None:
    """Return the pooled LiteRT form likewise; None where it is missing: it can be made again.

    Raises:
        UserError: "starter-weights" when it is damaged.
    """
    return _checked(POOLED_FILE, POOLED_SHA256) if POOLED_FILE.is_file() else None


def _checked(path: Path, expected: str) -> Path:
    try:
        status = path.stat()
        found = _hash(path, status.st_size, status.st_mtime_ns)
    except OSError as error:
        raise UserError(
            "starter-weights",
            "The starter backbone's weights cannot be read from {file}.",
            hint="Install Graft again, or choose another backbone.",
            file=path.name,
        ) from error
    if found != expected:
        raise UserError(
            "starter-weights",
            "The starter backbone's weight file {file} is damaged: its SHA-256 is not"
            " the one expected.",
            hint="Install Graft again, or choose another backbone.",
            file=path.name,
        )
    return path


@lru_cache(maxsize=8)
def _hash(path: Path, _size: int, _changed_ns: int) -> str:
    """Return the SHA-256 of a file, worked out once a process until the file changes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
