"""Which examples of one data set are, or were made from, examples of another: the guard against leaks across sets."""

import numpy as np

from tl_core.modalities.modality import Modality, OnProgress
from tl_core.quality import copies


def copied(
    others: np.ndarray, own: np.ndarray, modality: Modality, on_progress: OnProgress
) -> np.ndarray:
    """Return which of `others` are copies of one of `own`, bool (n,).

    Args:
        others: str (n,), names of stored examples.
        own: str (m,), likewise.
        modality: what they are.
        on_progress: called with pairs compared and pairs in all.
    """
    numbers = copies.numbered(np.concatenate([own, others]), modality, on_progress)
    return np.isin(numbers[len(own) :], numbers[: len(own)])
