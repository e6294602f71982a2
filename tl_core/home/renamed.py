"""Which classes of a run have another name today: models that are taken home bear today's names."""

from functools import lru_cache

import numpy as np

from tl_core import store
from tl_core.base.errors import UserError
from tl_core.datasets import manifest
from tl_core.datasets.manifest import Dataset
from tl_core.home import versions
from tl_core.store import RunRow
from tl_core.tasks import registry

ALIKE = 0.9
"""Share of its pictures that a class and the one that it became must have in common, seen from both."""


def since(run: RunRow) -> dict[str, str]:
    """Return the classes of a run's data set that were renamed after it, today's name by the former.

    Nothing where the data set, or its newest version, is no longer there.
    """
    try:
        newest = versions.newest(store.dataset(run.dataset_id, owner=run.owner))
        return {} if newest.id == run.dataset_id else dict(_between(run.dataset_id, newest.id))
    except (UserError, OSError):
        return {}


def applied(names: tuple[str, ...], changes: dict[str, str]) -> tuple[str, ...]:
    """Return names with the changes; as they are where two would become one."""
    told = tuple(changes.get(name, name) for name in names)
    return told if len(set(told)) == len(told) else names


@lru_cache(maxsize=64)
def _between(before: str, after: str) -> tuple[tuple[str, str], ...]:
    """Return the renamed classes between two versions, which never change."""
    return tuple(between(manifest.load(before), manifest.load(after)).items())


def between(before: Dataset, after: Dataset) -> dict[str, str]:
    """Return which classes of a data set have another name in a later version of it.

    A class was renamed where its name is gone, and a new name stands for the same pictures. Merged
    classes are none.
    """
    if not registry.of(before).names_classes or not registry.of(after).names_classes:
        return {}
    gone = _pictures(before, set(before.classes) - set(after.classes))
    come = _pictures(after, set(after.classes) - set(before.classes))
    still = set(before.hashes.tolist()) & set(after.hashes.tolist())
    found = {}
    for old, its in gone.items():
        for new, theirs in come.items():
            both = len(its & theirs)
            if both and both >= ALIKE * max(len(its & still), len(theirs & still)):
                found[old] = new
    return found


def _pictures(dataset: Dataset, names: set[str]) -> dict[str, set[str]]:
    task = registry.of(dataset)
    return {
        name: set(dataset.hashes[np.asarray(task.shown_under(dataset, label))].tolist())
        for label, name in enumerate(dataset.classes)
        if name in names
    }
