"""A trained head in NumPy: its outputs, and how they follow from every number that enters it.

A head is a few dense layers; with their weights at hand neither its answers nor their exact
derivatives need a network library.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tl_core.backbones import weight_files
from tl_core.base.said import Said
from tl_core.models import persist
from tl_core.models.persist import Description

Layers = tuple[tuple[np.ndarray, np.ndarray], ...]


@dataclass(frozen=True, slots=True, eq=False)
class PlainHead:
    """What `heads.head` builds, without dropout, as it answers after training.

    Attributes:
        layers: kernel float32 (entering, leaving) and bias float32 (leaving,) of each dense layer;
            all but the last are followed by max(0, x).
        flattens: every place of the map enters by itself; else their average does.
    """

    layers: Layers
    flattens: bool

    def outputs(self, last_map: np.ndarray) -> np.ndarray:
        """Return the logits, or numbers, float32 (n, outputs).

        Args:
            last_map: float32 (n, *sides, channels); (n, channels) where it was averaged before.
        """
        return np.stack([self._forward(row)[-1] for row in self._entering(last_map)])

    def gradient(self, last_map: np.ndarray, direction: np.ndarray) -> np.ndarray:
        """Return how a weighted sum of the outputs changes with each number of the map.

        Args:
            last_map: float32 (n, *sides, channels).
            direction: weight of each output, float (outputs,).

        Returns:
            Exact derivatives, float32 (n, *sides, channels).
        """
        direction = direction.astype(np.float32)
        rows = [self._backward(row, direction) for row in self._entering(last_map)]
        entering = np.stack(rows)
        if self.flattens:
            return entering.reshape(last_map.shape)
        places = math.prod(last_map.shape[1:-1])
        spread = entering.reshape(len(entering), *[1] * (last_map.ndim - 2), -1) / np.float32(
            places
        )
        return np.broadcast_to(spread, last_map.shape)

    def _entering(self, last_map: np.ndarray) -> np.ndarray:
        if self.flattens:
            return last_map.reshape(len(last_map), -1)
        return averaged(last_map)

    def _forward(self, row: np.ndarray) -> list[np.ndarray]:
        """Return what leaves each layer for one example; one by one, no row depends on another."""
        left = []
        for number, (kernel, bias) in enumerate(self.layers, 1):
            row = row @ kernel + bias
            if number < len(self.layers):
                row = np.maximum(row, 0)
            left.append(row)
        return left

    def _backward(self, row: np.ndarray, direction: np.ndarray) -> np.ndarray:
        left, slope = self._forward(row), direction
        for (kernel, _), below in zip(self.layers[:0:-1], left[-2::-1], strict=True):
            slope = (kernel @ slope) * (below > 0)
        return self.layers[0][0] @ slope


def averaged(last_map: np.ndarray) -> np.ndarray:
    """Return the mean over all places, float32 (n, channels)."""
    return last_map.mean(axis=tuple(range(1, last_map.ndim - 1)), dtype=np.float32)


def read(folder: Path, described: Description) -> PlainHead:
    """Return the head of the model in `folder`.

    Raises:
        UserError: "model-format" when its weights are not those of the head that is described.
    """
    from safetensors import safe_open

    file = folder / persist.TAIL
    stored, wanted = weight_files.stored_shapes(file), described.head_shapes()
    if any(stored.get(name) != shape for name, shape in wanted.items()):
        raise weight_files.unreadable(
            Said("{name} does not belong to {other}", name=persist.TAIL, other=persist.DESCRIPTION)
        )
    with safe_open(file, "numpy") as held:
        weights = {name: held.get_tensor(name) for name in wanted}
    names = dict.fromkeys(name.rpartition("/")[0] for name in wanted)
    layers = tuple((weights[f"{name}/kernel"], weights[f"{name}/bias"]) for name in names)
    return PlainHead(layers, flattens=described.head.pooling == "flatten")
