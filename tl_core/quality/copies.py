"""Which pictures are copies of one another, as far as their pixels alone tell."""

from collections.abc import Callable

import numpy as np

from tl_core.modalities.picture import fingerprints
from tl_core.quality import duplicates, leaks


def numbered(hashes: np.ndarray, on_progress: Callable[[int, int], None]) -> np.ndarray:
    """Return int64 (n,): a number for each picture that it shares with its copies alone.

    Copies are pictures stored twice, and pictures made from one another: resized, saved again,
    cropped a little, made lighter or darker, mirrored or turned by quarters.

    Args:
        hashes: str (n,), names of stored pictures.
        on_progress: called with pairs compared and pairs in all.
    """
    prints = fingerprints.of(hashes.tolist())
    found = duplicates.related(prints, on_progress=on_progress)
    return leaks.joined(len(hashes), duplicates.exact(hashes), found.near, found.turned_pairs)
