"""How a data set is divided into its parts: what must stay together, and what a split without guard would have leaked."""

from dataclasses import replace

import numpy as np

from tl_core.datasets import guard, splits
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import Split
from tl_core.tasks import registry


def divide(dataset: Dataset, split: Split) -> Dataset:
    """Return `dataset` cut by `split`: copies and groups together, given parts kept.

    Pictures whose class nobody looked at, and what belongs to them, are for training alone; the
    others are cut by the shares. Beside the parts stands what a split without guard would have
    been, and what it would have torn apart.
    """
    strata, names = registry.of(dataset).strata(dataset), together(dataset, split)
    free = ~_only_learnt_from(dataset, names)
    given = None if dataset.given is None else dataset.given[free]
    kept = guard.guard(strata[free], names[free], split.fractions, split.seed, given)
    parts, naive = (np.full(len(dataset), splits.TRAIN, np.int8) for _ in range(2))
    parts[free], naive[free] = kept.parts, kept.naive
    return replace(
        dataset,
        splits=parts,
        naive=naive,
        split=split,
        moved=len(kept.leaked),
        torn=kept.torn,
    )


def _only_learnt_from(dataset: Dataset, names: np.ndarray) -> np.ndarray:
    """Return bool (n,): which pictures share a name with one whose class nobody looked at."""
    if dataset.unseen is None:
        return np.zeros(len(dataset), bool)
    never = set(names[dataset.unseen].tolist())
    return np.array([name in never for name in names.tolist()], bool)


def together(dataset: Dataset, split: Split) -> np.ndarray:
    """Return one name per picture, equal for all that must share a part; object (n,).

    These are copies, pictures of one group of the table, and what file names tell by the rule of
    `split`; also what hangs together through a chain of these.
    """
    names = [""] * len(dataset) if dataset.groups is None else dataset.groups.tolist()
    copies = dataset.hashes if dataset.twins is None else dataset.twins.astype(str)
    joined = splits.together(copies, names)
    if split.groups == "none":
        return joined
    told = guard.by_prefix(dataset.names, split.groups)
    # The same end of a name may stand under every class ("cup_1", "plate_1" are told apart by
    # their folder; "slide3-1" is one slide wherever it lies), which the rule itself decides.
    return splits.together(joined.astype(str), told.tolist())


def leaked(dataset: Dataset) -> np.ndarray:
    """Return the rows, ascending, that a split without guard would have judged by, a copy learnt from.

    Of the pictures that are in this version: what an edit has left out counts no more.
    """
    if dataset.naive is None or dataset.split is None:
        return np.zeros(0, np.int64)
    return guard.leaked(dataset.naive, guard.numbered(together(dataset, dataset.split)))
