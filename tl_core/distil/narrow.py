"""Weights of a wider starter, cut down to the shape that it has now.

A block that is narrower inside keeps the channels from which the output of the wide block can be
put together best, and the weights that read them are solved for anew, on pictures: what one block
loses, the next one makes good. So training goes on from nearly the same function.

Reference:
    He, Zhang and Sun 2017, Channel Pruning for Accelerating Very Deep Neural Networks.
    arXiv:1707.06168.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from safetensors.numpy import load_file

from tl_core.backbones import starter
from tl_core.distil.network import BN_EPSILON

BN_PARTS = ("gamma", "beta", "moving_mean", "moving_variance")
RIDGE = 1e-4

Tensors = dict[str, np.ndarray]


def read(file: Path, pictures: np.ndarray) -> Tensors:
    """The weights of `file` by name, float32, in the shapes of `starter.STAGES`.

    Args:
        file: of this network, or of one with wider dense blocks.
        pictures: float32 (n, size, size, 3) in [-1, 1], on which narrow blocks are solved for.

    Raises:
        ValueError: another network's weights.
    """
    tensors = {name: values.astype(np.float32) for name, values in load_file(file).items()}
    blocks = list(starter.named_blocks())
    narrowed = [name for name, shape in blocks if _width(tensors, name) > shape.expanded]
    x = x_wide = pictures
    if narrowed:
        x = x_wide = _run(tensors, starter.stem, pictures)
    for name, shape in blocks:
        if not narrowed:
            break
        wide = replace(shape, expanded=_width(tensors, name))
        y_wide = _run(tensors, starter.block, x_wide, name, wide)
        if name == narrowed[0]:
            _narrow(tensors, name, wide, shape.expanded, x, y_wide)
            narrowed.pop(0)
        x, x_wide = _run(tensors, starter.block, x, name, shape), y_wide
    plain = starter.build(weights=None)
    expected = {variable.path: tuple(variable.shape) for variable in plain.variables}
    if expected != {name: values.shape for name, values in tensors.items()}:
        raise ValueError(f"{file} does not hold the weights of this network, or of a wider one")
    return tensors


def _width(tensors: Tensors, name: str) -> int:
    return tensors[f"{name}_expand_conv/kernel"].shape[-1]


def _run(tensors: Tensors, part: Any, x: np.ndarray, *about: Any) -> np.ndarray:
    """Run a part of the network with these weights."""
    inputs = keras.Input(x.shape[1:])
    model = keras.Model(inputs, part(inputs, *about, starter.conv_bn))
    for variable in model.variables:
        variable.assign(tensors[variable.path])
    parts = [model.predict_on_batch(x[start : start + 64]) for start in range(0, len(x), 64)]
    return np.concatenate(parts)


def _narrow(
    tensors: Tensors,
    name: str,
    wide: starter.Block,
    width: int,
    x: np.ndarray,
    wanted: np.ndarray,
) -> None:
    """Make the block called `name` give `wanted` for `x` with `width` channels inside."""
    conv, norm, behind = f"{name}_expand_conv/kernel", f"{name}_expand_bn", f"{name}_project_bn"
    hidden = _run(tensors, _expansion, x, name, wide).reshape(-1, wide.expanded)
    if wide.stride == 1 and x.shape[-1] == wide.filters:
        wanted = wanted - x
    scale = tensors[f"{behind}/gamma"] / np.sqrt(tensors[f"{behind}/moving_variance"] + BN_EPSILON)
    shift = tensors[f"{behind}/beta"] - tensors[f"{behind}/moving_mean"] * scale
    sums = (wanted.reshape(-1, wide.filters) - shift) / scale
    kept, weights, constant = _best_channels(hidden, sums, width)
    tensors[conv] = tensors[conv][..., kept]
    for part in BN_PARTS:
        tensors[f"{norm}/{part}"] = tensors[f"{norm}/{part}"][kept]
    tensors[f"{name}_project_conv/kernel"] = weights[None, None].astype(np.float32)
    tensors[f"{behind}/moving_mean"] = tensors[f"{behind}/moving_mean"] - constant


def _expansion(x: Any, name: str, wide: starter.Block, conv: starter.Conv) -> Any:
    return conv(x, f"{name}_expand", wide.expanded, 3, stride=wide.stride)


def _best_channels(
    hidden: np.ndarray, sums: np.ndarray, width: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Drop the channel that is missed least until `width` are left; the rest is solved for anew.

    Args:
        hidden: (n, c) what the channels give.
        sums: (n, out) what is to be put together from them.
        width: channels to keep.

    Returns:
        int (width,) the channels kept, (width, out) their weights, (out,) the constant.
    """
    mean, goal = hidden.mean(0, dtype=np.float64), sums.mean(0, dtype=np.float64)
    centred = hidden - mean.astype(np.float32)
    gram = (centred.T @ centred).astype(np.float64)
    gram += RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram))
    cross = (centred.T @ (sums - goal.astype(np.float32))).astype(np.float64)
    kept = np.arange(len(gram))
    while True:
        inverse = np.linalg.inv(gram[np.ix_(kept, kept)])
        weights = inverse @ cross[kept]
        if len(kept) == width:
            return kept, weights, goal - mean[kept] @ weights
        # How much the squared error grows without each of them.
        kept = np.delete(kept, np.argmin((weights**2).sum(1) / inverse.diagonal()))
