"""What the student is taught: maps, pooled features, and relations between pictures."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

ops: Any = keras.ops  # its published types are too narrow

TEMPERATURE = 0.1
"""Of the softmax over anchors: the nearest of 2,000 outweighs one that has nothing in common a few
hundred times."""


def area_matrix(source: int, target: int) -> np.ndarray:
    """(target, source) weights that average `source` cells into `target` equal spans."""
    edges = np.linspace(0, source, target + 1)
    cells = np.arange(source)
    overlap = np.minimum(edges[1:, None], cells + 1) - np.maximum(edges[:-1, None], cells)
    overlap = np.clip(overlap, 0, None)
    return (overlap / overlap.sum(1, keepdims=True)).astype(np.float32)


def resize_area(maps: Any, side: int) -> Any:
    """Square maps (n, h, h, c), an array or a tensor, averaged down to (n, side, side, c)."""
    if maps.shape[1] == side:
        return maps
    weights = area_matrix(maps.shape[1], side)
    if isinstance(maps, np.ndarray):
        return np.einsum("ah,bw,nhwc->nabc", weights, weights, maps, optimize=True)
    weights = ops.convert_to_tensor(weights)
    return ops.einsum("ah,bw,nhwc->nabc", weights, weights, maps)


def unit(features: Any) -> Any:
    """Rows (n, c) scaled to length 1."""
    return features / ops.sqrt(ops.sum(ops.square(features), axis=1, keepdims=True) + 1e-6)


def relation(features: Any) -> Any:
    """Cosine similarity of every two pictures of a batch, (n, n)."""
    features = unit(features)
    return ops.matmul(features, ops.transpose(features))


def pooled_losses(student: Any, teacher: Any, mean: Any, scale: Any) -> tuple[Any, Any, Any]:
    """Squared error, cosine distance and relation error of standardised pooled features.

    Args:
        student: (n, c) pooled features.
        teacher: (n, c) pooled features.
        mean: (c,) of the teacher over pictures.
        scale: (c,) deviation of the teacher over pictures.

    Reference:
        Park et al. 2019, Relational Knowledge Distillation. arXiv:1904.05068.
    """
    s, t = (student - mean) / scale, (teacher - mean) / scale
    error = ops.mean(ops.square(s - t))
    norms = ops.sqrt(ops.sum(s * s, axis=1) * ops.sum(t * t, axis=1) + 1e-6)
    cosine = 1 - ops.mean(ops.sum(s * t, axis=1) / norms)
    return error, cosine, ops.mean(ops.square(relation(s) - relation(t)))


def neighbours(student: Any, teacher: Any, anchors: Any) -> Any:
    """How differently student and teacher rank fixed anchor pictures by likeness, in nats.

    Squared error asks for every direction of the features alike; this asks for those that tell
    which pictures are akin.

    Args:
        student: (n, c) standardised pooled features.
        teacher: (n, c) standardised pooled features.
        anchors: (m, c) the teacher's standardised features of the anchors, each of length 1.

    Returns:
        Mean Kullback-Leibler divergence between the two softmaxes over anchors.

    Reference:
        Fang et al. 2021, SEED: Self-supervised Distillation. arXiv:2101.04731.
    """
    own, asked = (
        ops.log_softmax(ops.matmul(unit(x), ops.transpose(anchors)) / TEMPERATURE, axis=1)
        for x in (student, teacher)
    )
    return ops.mean(ops.sum(ops.exp(asked) * (asked - own), axis=1))
