"""One file that a stopped training goes on from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

from tl_core.base import files

Arrays = list[np.ndarray]


class Checkpoint:
    """Weights, their running average, the optimiser's state and the record so far."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def save(self, weights: Arrays, ema: Arrays, state: Arrays, about: dict[str, Any]) -> None:
        """Write everything beside the old file, then put it in its place."""
        groups = {"weight": weights, "ema": ema, "state": state}
        tensors = {
            f"{name}/{number}": np.array(array, order="C")
            for name, arrays in groups.items()
            for number, array in enumerate(arrays)
        }
        with files.whole(self.path) as fresh:
            save_file(tensors, fresh, metadata={"about": json.dumps(about)})

    def peek(self) -> dict[str, Any] | None:
        """What was stored beside the arrays, or None without a checkpoint."""
        if not self.path.exists():
            return None
        with safe_open(self.path, "numpy") as file:
            return json.loads(file.metadata()["about"])

    def load(self, count: int) -> tuple[Arrays, Arrays, Arrays]:
        """Weights, average and optimiser state, `count` of the first two."""
        with safe_open(self.path, "numpy") as file:
            total = len(file.keys()) - 2 * count
            groups = (("weight", count), ("ema", count), ("state", total))
            weights, ema, state = (
                [file.get_tensor(f"{name}/{n}") for n in range(number)] for name, number in groups
            )
        return weights, ema, state
