"""Which examples of one data set are, or were made from, examples of another: the guard against leaks across sets."""

import numpy as np

from tl_core.modalities.modality import Modality, OnProgress


def copied(
    others: np.ndarray, own: np.ndarray, modality: Modality, on_progress: OnProgress
) -> np.ndarray:
    """Return which of `others` are copies of one of `own`, bool (n,), directly or through one another.

    Args:
        others: str (n,), names of stored examples.
        own: str (m,), likewise.
        modality: what they are; only one with fingerprints has others than those stored twice.
        on_progress: called with pairs compared and pairs in all.
    """
    same = np.isin(others, own)
    if not len(others):
        return same
    prints = modality.fingerprints([*own.tolist(), *others.tolist()])
    if prints is None:
        return same
    return same | modality.made_from(prints[len(own) :], prints[: len(own)], on_progress)
