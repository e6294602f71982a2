"""A data set with fewer pictures to learn from, for a quick look at what learning brings."""

from dataclasses import fields, replace

import numpy as np

from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TEST, TRAIN
from tl_core.tasks import registry

FEWEST = 2
"""Pictures of each kind that stay, where there are as many."""
A_FEW = 5
"""The same for a sample."""


def thinned(dataset: Dataset, share: float, seed: int) -> Dataset:
    """Return a data set with a share of the pictures to learn from, drawn from every kind alike.

    All of the validation part stays, nothing of the test part: what is found out here must not
    have seen it.

    Args:
        dataset: any.
        share: above 0, at most 1.
        seed: fixes what is drawn.
    """
    random = np.random.default_rng([seed, 4])
    stays = dataset.splits != TEST
    strata = registry.of(dataset).strata(dataset)
    for kind in np.unique(strata):
        members = np.flatnonzero((strata == kind) & (dataset.splits == TRAIN))
        count = max(min(FEWEST, len(members)), round(share * len(members)))
        stays[random.permutation(members)[count:]] = False
    return _only(dataset, stays)


def sampled(dataset: Dataset, most: int, seed: int) -> Dataset:
    """Return a sample of what is learnt from and chosen by, every kind in its share and none without a few.

    Nothing of the test part is in it. Where there are so many classes that a few of each are more
    than `most`, as many classes are drawn as can have a few; others are no classes of the sample.

    Args:
        dataset: any.
        most: pictures.
        seed: fixes what is drawn.
    """
    random = np.random.default_rng([seed, 5])
    task, strata = registry.of(dataset), registry.of(dataset).strata(dataset)
    known = dataset.splits != TEST
    kinds = np.unique(strata[known])
    if task.one_class_each and len(kinds) > most // A_FEW:
        kinds = np.sort(random.permutation(kinds)[: most // A_FEW])
        known &= np.isin(strata, kinds)
    share = min(1.0, most / max(1, int(known.sum())))
    stays = np.zeros(len(dataset), bool)
    for kind in kinds:
        members = np.flatnonzero((strata == kind) & known)
        count = max(min(A_FEW, len(members)), round(share * len(members)))
        stays[random.permutation(members)[:count]] = True
    few = _only(dataset, stays)
    if not task.one_class_each:
        return few
    numbers = np.full(len(few.classes), -1)
    numbers[kinds] = np.arange(len(kinds))
    columns = task.renumbered(few, numbers, len(kinds))
    return replace(few, classes=tuple(few.classes[kind] for kind in kinds), **columns)


def _only(dataset: Dataset, stays: np.ndarray) -> Dataset:
    """Return the data set of some of its pictures; what runs over pictures is cut alike."""
    columns = {field.name: getattr(dataset, field.name) for field in fields(dataset)}
    cut = {name: value[stays] for name, value in columns.items() if isinstance(value, np.ndarray)}
    return replace(dataset, **cut)
