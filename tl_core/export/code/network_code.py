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
    """Say whether the weights travel with the program: Keras publishes none for this network."""
    return not record.builder


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

    Raises:
        UserError: "weights-missing" where they are not on this machine.
    """
    file = weights.locate(record.name)
    if record.embedded_in is starter:
        from safetensors.numpy import load

        return load(Path(file).read_bytes())
    return efficientnet_lite.arrays(file, **record.arguments)


def _own(template: str, blocks: list[tuple[Any, ...]], module: Any) -> dict[str, Any]:
    return {
        "network_block": template,
        "blocks": blocks,
        "stem_channels": module.STEM_CHANNELS,
        "cuts_scaling": False,
    }
