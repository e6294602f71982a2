"""Batch normalisation by the statistics of what a model learnt from, every answer as before (imports Keras inside).

A model that was fine-tuned with batch normalisation frozen still has the means and variances of pretraining in
it: its own pictures pass off-centre, and what follows has learnt to expect them so. Whoever puts the statistics
of other pictures in their place centres these, and shifts everything that follows. So each layer first gets
the statistics of the model's own pictures, and a scale and shift that undo the difference.

Reference:
    Ioffe and Szegedy 2015, Batch Normalization. arXiv:1502.03167 (equation 3: in use it is an affine map).
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras

BATCH = 8
"""Examples to give at once: the maps of all layers are in memory."""


def put_in_place(body: "keras.Model | None", batches: Iterable[np.ndarray]) -> int:
    """Write every batch normalisation with the statistics of rows; what the model answers stays the same.

    Layers without a scale or a shift, which have nothing to undo the difference with, stay as they are.

    Args:
        body: rows to the backbone's last map; None has none.
        batches: float32 (n, …) each, rows of what the model learnt from.

    Returns:
        How many layers were written anew.
    """
    if body is None:
        return 0
    import keras

    tapped: list[tuple[Any, Any]] = []

    def call(layer: Any, *given: Any, **named: Any) -> Any:
        is_norm = isinstance(layer, keras.layers.BatchNormalization)
        if is_norm and layer.scale and layer.center:
            tapped.append((layer, given[0]))
        return layer(*given, **named)

    copy: Any = keras.models.clone_model(
        body, clone_function=lambda layer: layer, call_function=call
    )
    if not tapped:
        return 0
    enters = keras.Model(copy.input, [tensor for _, tensor in tapped])
    moments = [_Moments() for _ in tapped]
    for rows in batches:
        for one, maps in zip(moments, _as_list(enters.predict_on_batch(rows)), strict=True):
            one.add(np.asarray(maps))
    for (layer, _), found in zip(tapped, moments, strict=True):
        kept = (layer.gamma, layer.beta, layer.moving_mean, layer.moving_variance)
        scale, shift, mean, variance = (np.asarray(one.value, np.float64) for one in kept)
        factor = scale / np.sqrt(variance + layer.epsilon)
        written = (
            factor * np.sqrt(found.variance + layer.epsilon),
            shift + factor * (found.mean - mean),
            found.mean,
            found.variance,
        )
        for variable, values in zip(kept, written, strict=True):
            variable.assign(values.astype(np.float32))
    return len(tapped)


class _Moments:
    """Mean and variance of each channel, gathered batch by batch."""

    def __init__(self) -> None:
        self._count, self._sum, self._square = 0, np.zeros(1), np.zeros(1)

    def add(self, maps: np.ndarray) -> None:
        places = maps.reshape(-1, maps.shape[-1])
        self._count += len(places)
        self._sum = self._sum + places.sum(axis=0, dtype=np.float64)
        self._square = self._square + np.einsum("nc,nc->c", places, places, dtype=np.float64)

    @property
    def mean(self) -> np.ndarray:
        return self._sum / max(1, self._count)

    @property
    def variance(self) -> np.ndarray:
        return np.maximum(self._square / max(1, self._count) - self.mean**2, 0.0)


def _as_list(told: Any) -> list[Any]:
    return list(told) if isinstance(told, (list, tuple)) else [told]
