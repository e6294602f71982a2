"""Folds a linear map of features into the head that learnt behind it, so that models stay plain."""

import numpy as np

from tl_core.tasks.closed_form import Linear


def on_raw_features(head: Linear, matrix: np.ndarray, centre: np.ndarray) -> Linear:
    """Return a head of `(features - centre) @ matrix` as one on the features themselves.

    Args:
        head: on features of the space that the map leads to, (m,).
        matrix: float (d, m).
        centre: float (d,).
    """
    weights = matrix @ head.weights
    bias = head.bias - centre @ weights
    return Linear(weights.astype(np.float32), bias.astype(np.float32), head.l2)
