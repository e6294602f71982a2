"""What a network answers for pictures, batch by batch; it can be stopped between any two."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from tl_core.encoding.features import Features, batched

if TYPE_CHECKING:
    import keras

PREDICT_BATCH = 64
FIRST_LOOK = 512
"""Training pictures on which the start of a training is measured."""


def predict(
    model: "keras.Model",
    features: Features,
    indices: np.ndarray | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> np.ndarray:
    """Return the model's outputs, float32 (n, outputs), for plain pictures in order.

    They are fewer than the pictures when `should_stop`, asked before every batch, said so.
    """
    chosen = np.arange(len(features)) if indices is None else indices
    parts = [np.empty((0, model.output_shape[-1]), np.float32)]
    batches = batched(chosen, PREDICT_BATCH)
    features.expect(batches, 0)
    for indices in batches:
        if should_stop():
            break
        parts.append(np.asarray(model.predict_on_batch(features.batch(indices, 0))))
    return np.concatenate(parts)
