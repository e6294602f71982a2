"""A data set with fewer pictures to learn from, for a quick look at what learning brings."""

from dataclasses import fields, replace

import numpy as np

from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TEST, TRAIN
from tl_core.tasks import registry

FEWEST = 2
"""Pictures of each kind that stay, where there are as many."""


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


def _only(dataset: Dataset, stays: np.ndarray) -> Dataset:
    """Return the data set of some of its pictures; what runs over pictures is cut alike."""
    columns = {field.name: getattr(dataset, field.name) for field in fields(dataset)}
    cut = {name: value[stays] for name, value in columns.items() if isinstance(value, np.ndarray)}
    return replace(dataset, **cut)
