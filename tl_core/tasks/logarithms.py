"""Numbers that are learnt by their logarithms, and back."""

from typing import Any

import numpy as np

LARGEST_LOG = 80.0
"""Logarithms above this are cut: their number would leave float32."""


def in_own_units(outputs: np.ndarray, log: tuple[bool, ...]) -> np.ndarray:
    """Return (n, numbers) with logarithms, where `log` says so, turned back into numbers."""
    if not any(log):
        return outputs
    return np.where(log, np.exp(np.minimum(np.where(log, outputs, 0), LARGEST_LOG)), outputs)


def scaled(values: np.ndarray, log: tuple[bool, ...]) -> np.ndarray:
    """Return float64 (n, targets) with the logarithm of the columns in `log`."""
    return np.where(log, np.log(np.where(log, values, 1.0)), values)


def exponential_of(outputs: Any, log: tuple[bool, ...]) -> Any:
    """Return `in_own_units` in stock Keras layers, which any program can load."""
    from keras import layers

    chosen = [float(is_log) for is_log in log]
    others = [1 - share for share in chosen]
    numbers = layers.Activation("exponential")(layers.Rescaling(chosen)(outputs))
    return layers.Add(name="numbers")(
        [layers.Rescaling(chosen)(numbers), layers.Rescaling(others)(outputs)]
    )
