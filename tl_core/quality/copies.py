"""Which examples are copies of one another, as far as they alone tell."""

import numpy as np

from tl_core.base import joining
from tl_core.base.joining import Groups
from tl_core.modalities.modality import Modality, OnProgress
from tl_core.modalities.related import Related
from tl_core.quality import leaks


def numbered(hashes: np.ndarray, modality: Modality, on_progress: OnProgress) -> np.ndarray:
    """Return int64 (n,): a number for each example that it shares with its copies alone.

    Copies are examples stored twice, and those made from one another as their modality tells it:
    pictures that were resized, saved again, cropped a little, made lighter or darker, mirrored or
    turned by quarters.

    Args:
        hashes: str (n,), names of stored examples.
        modality: what they are; only one with fingerprints has others than those stored twice.
        on_progress: called with pairs compared and pairs in all.
    """
    prints = modality.fingerprints(hashes.tolist())
    found = related(modality, prints, on_progress=on_progress)
    return leaks.joined(len(hashes), exact(hashes), found.near, found.turned_pairs)


def exact(hashes: np.ndarray) -> Groups:
    """Return rows whose stored examples are identical, byte for byte."""
    return joining.equal(hashes)


def related(
    modality: Modality,
    prints: np.ndarray | None,
    features: np.ndarray | None = None,
    on_progress: OnProgress | None = None,
) -> Related:
    """Return which were made from one another; nothing where there are no fingerprints.

    See `Modality.related` for the arguments.
    """
    return Related() if prints is None else modality.related(prints, features, on_progress)
