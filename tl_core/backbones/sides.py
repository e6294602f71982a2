"""How long the side of every map in a network is, for any picture size.

Each convolution, pooling and padding turns a side of floor((picture + offset) / stride) into
another of that form, so one pass over the graph gives an exact rule for every map.
Works on Keras functional models; imports Keras only through the model it is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tl_core.backbones import liveness
from tl_core.backbones.stages import Side

if TYPE_CHECKING:
    import keras

ONE_PLACE = Side(0, 0)
_FIXED_PADDING = ("conv_pad", "zero_padding")
"""Names of paddings that stay as they are; all others follow the parity of the side."""


def of(model: keras.Model) -> list[Side]:
    """Return the rule of the map that each operation gives, in the order of `operations`.

    Raises:
        ValueError: when a rule disagrees with the sides that Keras computed.
    """
    size_px = model.inputs[0].shape[1]
    rules: dict[int, Side] = {}
    found = []
    for node in liveness.nodes_of(model):
        leaving = node.output_tensors[0]
        entering = [rules[id(tensor)] for tensor in node.input_tensors]
        # Where a map is scaled by one number for each channel, the map decides.
        rule = max(entering, key=lambda side: side.stride) if entering else Side(1, 0)
        for layer in leaves(node.operation):
            rule = after(rule, layer)
        padding = type(node.operation).__name__ == "ZeroPadding2D"
        if len(leaving.shape) == 4 and not padding and rule.at(size_px) != leaving.shape[1]:
            raise ValueError(f"{node.operation.name}: {rule} is not {leaving.shape}")
        rules[id(leaving)] = rule
        found.append(rule)
    return found


def after(side: Side, layer: Any) -> Side:
    """Return the rule of what leaves `layer` when a map of rule `side` enters it."""
    kind = type(layer).__name__
    if kind.startswith("Global"):
        return ONE_PLACE
    if not side.stride:
        return side
    if kind == "ZeroPadding2D":
        return Side(side.stride, side.offset + side.stride * _padding(layer))
    if kind == "Cropping2D":
        return Side(side.stride, side.offset - side.stride * sum(layer.cropping[0]))
    window = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    if window is None or kind == "Dense":
        return side
    step = layer.strides[0]
    less = 1 if layer.padding == "same" else window[0]
    return Side(side.stride * step, side.offset + side.stride * (step - less))


def leaves(operation: Any) -> list[Any]:
    """Return the layers inside `operation`, or itself."""
    inner = getattr(operation, "layers", None)
    return [operation] if not inner else [leaf for child in inner for leaf in leaves(child)]


def _padding(layer: Any) -> int:
    """Return how much is added to a side.

    `keras.applications` pads even sides by one less than odd ones before a stride of two; the
    stride then rounds that difference away.
    """
    top, bottom = layer.padding[0]
    return top + bottom if layer.name.startswith(_FIXED_PADDING) else 2 * max(top, bottom)
