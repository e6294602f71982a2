"""The weights of a trained model in a safetensors file: written, looked through and filled in by name.

Nothing in such a file can be executed. Names do not depend on what else was built before.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_core.base.errors import UserError
from tl_core.base.said import Said

if TYPE_CHECKING:
    import keras

PIECE = 1 << 22
"""Numbers of a file of weights that are looked at together."""


def stored_shapes(file: Path) -> dict[str, tuple[int, ...]]:
    """Return the shape of every weight in a safetensors file, from its header alone.

    Raises:
        UserError: "model-format" when the header and the file do not agree.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, "numpy") as stored:
            return {key: tuple(stored.get_slice(key).get_shape()) for key in stored.keys()}  # noqa: SIM118 not a mapping
    except (SafetensorError, OSError, ValueError) as error:
        raise unreadable(Said("{file} is not a file of weights", file=file.name)) from error


def first_not_finite(file: Path) -> str:
    """Return the name of the first weight that holds something else than finite float32, "" for none.

    Reads piece by piece, so it takes little memory whatever the file holds.
    """
    from safetensors import safe_open

    with safe_open(file, "numpy") as stored:
        for name in sorted(stored.keys()):
            weight = stored.get_slice(name)
            shape = weight.get_shape()
            if weight.get_dtype() != "F32":
                return name
            rows = shape[0] if shape else 1
            step = max(1, PIECE // max(1, math.prod(shape[1:])))
            for begin in range(0, rows, step):
                end = min(rows, begin + step)
                piece = weight[begin:end] if shape else stored.get_tensor(name)
                if not np.isfinite(piece).all():
                    return name
    return ""


def variables(tail: keras.Model | None, head: keras.Model) -> dict[str, Any]:
    """Return what is stored, under keys that do not depend on what else was built before."""
    found = layer_variables("tail", tail) if tail is not None else {}
    for layer in head.layers:
        for variable in _floats(layer):
            found[f"head/{layer.name}/{variable.name}"] = variable
    return found


def layer_variables(prefix: str, model: keras.Model) -> dict[str, Any]:
    """Return a model's variables, layers counted: Keras numbers nameless ones per process."""
    return {
        f"{prefix}/{position:03}/{_plain(layer)}/{number}_{variable.name}": variable
        for position, layer in enumerate(model.layers)
        for number, variable in enumerate(_floats(layer))
    }


def save(held: dict[str, Any], file: Path) -> None:
    """Write variables of a network under their names. Imports Keras."""
    import keras
    from safetensors.numpy import save_file

    arrays = {
        key: np.ascontiguousarray(keras.ops.convert_to_numpy(variable))
        for key, variable in held.items()
    }
    save_file(arrays, file)


def fill(wanted: dict[str, Any], file: Path) -> None:
    """Give variables of a network what a file holds under their names.

    Raises:
        UserError: "model-format" when names or shapes are not those of the network.
    """
    from safetensors import safe_open

    shapes = stored_shapes(file)
    if odd := sorted(set(shapes) ^ set(wanted)):
        raise unreadable(
            Said(
                "{count} weights do not belong to this network, {first} first",
                count=len(odd),
                first=odd[0],
            )
        )
    for key, variable in wanted.items():
        if shapes[key] != tuple(variable.shape):
            raise unreadable(
                Said(
                    "{name} is {shape}, this network needs {needed}",
                    name=key,
                    shape=shapes[key],
                    needed=variable.shape,
                )
            )
    with safe_open(file, "numpy") as stored:
        for key, variable in wanted.items():
            variable.assign(stored.get_tensor(key))


def unreadable(reason: str) -> UserError:
    """Return what is said of a model on disk that cannot be used, and why."""
    return UserError(
        "model-format",
        "This model cannot be read: {reason}.",
        hint="Choose another model, or train it again.",
        reason=reason,
    )


def _floats(layer: Any) -> list[Any]:
    """Return weights and statistics, without the states of random generators."""
    return [variable for variable in layer.variables if str(variable.dtype).startswith("float")]


def _plain(layer: Any) -> str:
    """Return the layer's name without the number that Keras gives to nameless ones."""
    return re.sub(r"_\d+$", "", layer.name)
