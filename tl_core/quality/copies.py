"""Which examples are copies of one another, as far as they alone tell."""

from collections.abc import Callable

import numpy as np

from tl_core.modalities.modality import Modality
from tl_core.quality import duplicates, leaks


def numbered(
    hashes: np.ndarray, modality: Modality, on_progress: Callable[[int, int], None]
) -> np.ndarray:
    """Return int64 (n,): a number for each example that it shares with its copies alone.

    Copies are examples stored twice, and pictures made from one another: resized, saved again,
    cropped a little, made lighter or darker, mirrored or turned by quarters.

    Args:
        hashes: str (n,), names of stored examples.
        modality: what they are; only one with fingerprints has others than those stored twice.
        on_progress: called with pairs compared and pairs in all.
    """
    prints = modality.fingerprints(hashes.tolist())
    found = duplicates.related(prints, on_progress=on_progress)
    return leaks.joined(len(hashes), duplicates.exact(hashes), found.near, found.turned_pairs)
