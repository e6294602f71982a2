"""How the program builds a backbone with stock Keras, and where the weights come from. Imports no Keras."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tl_core.backbones import efficientnet_lite, starter, weights
from tl_core.backbones.record import Backbone
from tl_core.base.errors import UserError

_LITE = "EfficientNetLite"
_WITH_SCALING = "EfficientNet"
"""The family into which Keras always builds a scaling of its own; see `backbones.build`."""


def carries_weights(record: Backbone) -> bool:
    """Say whether the weights travel with the program: Keras publishes none of them."""
    return record.card is not None or not record.builder


def block_of(record: Backbone) -> dict[str, Any]:
    """Return the template that builds a network, with what it needs.

    Raises:
        UserError: "code-network" for a network that no template builds.
    """
    if record.builder:
        return {
            "network_block": "network_keras.jinja",
            "builder": record.builder,
            "arguments": dict(record.arguments),
            "cuts_scaling": record.family == _WITH_SCALING,
        }
    if record.embedded_in is starter:
        blocks = [
            (name, one.kind, one.filters, one.expanded, one.stride)
            for name, one in starter.named_blocks()
        ]
        return _own("network_starter.jinja", blocks, starter) | {
            "top": starter.TOP,
            "top_channels": starter.CHANNELS,
        }
    if record.family == _LITE:
        blocks = [
            (name, group.kernel, stride, group.expansion, channels)
            for name, group, stride, channels in efficientnet_lite.blocks(**record.arguments)
        ]
        return _own("network_lite.jinja", blocks, efficientnet_lite) | {
            "top_channels": efficientnet_lite.TOP_CHANNELS
        }
    raise UserError(
        "code-network",
        "There is no program yet that builds {title}.",
        "Train with another backbone to see its code.",
        title=record.title,
    )


def arrays(record: Backbone) -> Mapping[str, np.ndarray]:
    """Return the weights that travel with the program, by the paths of Keras's variables.

    Those of a former model come in the order of the network's layers, by their places.

    Raises:
        UserError: "weights-missing" or "backbone" where they are not on this machine.
    """
    file = weights.locate(record.name)
    if record.card is not None:
        return _in_order(file)
    if record.embedded_in is starter:
        from safetensors.numpy import load

        return load(Path(file).read_bytes())
    return efficientnet_lite.arrays(file, **record.arguments)


def _in_order(file: Path) -> dict[str, np.ndarray]:
    """Return all weights of a backbone, layer by layer, under the numbers of their places."""
    from safetensors.numpy import load_file

    held = load_file(file)
    ordered = sorted(held, key=_place)
    return {f"{number:04}": held[name] for number, name in enumerate(ordered)}


def _place(name: str) -> tuple[int, int]:
    """Return which layer a weight belongs to, and which of that layer's it is; see `weight_files.layer_variables`."""
    _, position, _, variable = name.split("/", 3)
    return int(position), int(variable.partition("_")[0])


def _own(template: str, blocks: list[tuple[Any, ...]], module: Any) -> dict[str, Any]:
    return {
        "network_block": template,
        "blocks": blocks,
        "stem_channels": module.STEM_CHANNELS,
        "cuts_scaling": False,
    }
