"""Add pictures to a data set: what is there keeps its place, what is new is divided like it."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from tl_core.base.errors import UserError
from tl_core.base.said import counted
from tl_core.datasets import division, guard, splits
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import Split
from tl_core.tasks import registry
from tl_core.tasks.task import Columns

_COLUMNS = ("hashes", "names", "labels", "splits")


Grouping = Callable[[np.ndarray], np.ndarray]
"""Takes hashes, str (n,), and returns int (n,): a number that a picture shares with its copies."""


def added(
    base: Dataset, new: Dataset, split: Split, grouping: Grouping = guard.numbered
) -> Dataset:
    """Return `base` with the pictures of `new`, under the id of `new`.

    Pictures that stand in a part stay there: results remain comparable. A new picture that belongs
    to one of them (a copy, or its group) follows it; the others are divided by `split`, class by
    class. What `base` has already, under the same class, is left out.

    Args:
        base: any data set.
        new: an import of its own; its parts are those that came with the pictures, else -1.
        split: shares and seed for what is new.
        grouping: finds copies among all pictures; by default only equal ones.

    Raises:
        UserError: "add-kind" when one has classes and the other numbers, or other numbers;
            "add-nothing" when nothing is new.
    """
    _check(base, new)
    classes = (*base.classes, *(name for name in new.classes if name not in base.classes))
    number_of = {name: number for number, name in enumerate(classes)}
    base = replace(base, classes=classes, **_renumbered(base, number_of))
    new = replace(new, classes=classes, **_renumbered(new, number_of))
    fresh = _without_known(base, new)
    both = joined(base, fresh, classes)
    both = replace(both, twins=grouping(both.hashes).astype(np.int32))
    parts = _divided(both, len(base), split)
    naive = splits.assign(
        registry.of(fresh).strata(fresh), None, split.fractions, split.seed, _given(fresh)
    )
    both = replace(both, splits=parts, naive=np.concatenate((unguarded(base), naive)), split=split)
    together = guard.numbered(division.together(both, split))
    return replace(
        both,
        moved=len(guard.leaked(unguarded(both), together)),
        torn=len(guard.torn(unguarded(both), together)),
        notes=(*new.notes, *_told(len(new) - len(fresh))),
    )


def _check(base: Dataset, new: Dataset) -> None:
    tasks = (registry.of(base), registry.of(new))
    if tasks[0] is not tasks[1] or base.targets != new.targets:
        wanted, found = (
            ", ".join(each.targets) or task.sort
            for task, each in zip(tasks, (base, new), strict=True)
        )
        raise UserError(
            "add-kind",
            "This data set is about {wanted}, and the new pictures come with {found}.",
            "Make another data set of them, or give a table with the same columns.",
            wanted=wanted,
            found=found,
        )


def _without_known(base: Dataset, new: Dataset) -> Dataset:
    task = registry.of(base)
    known = set(zip(base.hashes.tolist(), task.truth_keys(base), strict=True))
    pairs = zip(new.hashes.tolist(), task.truth_keys(new), strict=True)
    rows = [row for row, pair in enumerate(pairs) if pair not in known]
    if not rows:
        raise UserError(
            "add-nothing",
            "All of these pictures are in the data set already.",
            "Add others, or go on with what there is.",
        )
    columns = (*_COLUMNS, "values", "shows", "groups", "given")
    kept = {name: getattr(new, name) for name in columns if getattr(new, name) is not None}
    chosen = {name: values[rows] for name, values in kept.items()}
    return replace(new, facts=new.facts_of(rows), **chosen)


def joined(base: Dataset, new: Dataset, classes: tuple[str, ...]) -> Dataset:
    """Return one data set of both, base first; its copies are not known yet.

    Args:
        base: any data set.
        new: another one, of the same classes.
        classes: of both.
    """
    groups = None
    if base.groups is not None or new.groups is not None:
        groups = np.concatenate((_groups(base), _groups(new, f"{new.id[:8]} ")))
    columns = {name: np.concatenate((getattr(base, name), getattr(new, name))) for name in _COLUMNS}
    return replace(
        new,
        **columns,
        facts={name: np.concatenate((base.facts[name], new.facts[name])) for name in base.facts},
        name=base.name,
        classes=classes,
        **registry.of(base).joined(base, new),
        groups=groups,
        given=np.concatenate((_given(base), _given(new))),
        unseen=_unseen(base, new),
        twins=None,
    )


def _groups(dataset: Dataset, prefix: str = "") -> np.ndarray:
    """Return group names, told apart from those of another upload that happen to be equal."""
    if dataset.groups is None:
        return np.full(len(dataset), "", dtype=object)
    return np.array([name and f"{prefix}{name}" for name in dataset.groups], dtype=object)


def _divided(both: Dataset, standing: int, split: Split) -> splits.Parts:
    """Return the parts: as they stand for the first rows, like its kin or by `split` for the rest."""
    names = division.together(both, split)
    parts = np.array(both.splits, np.int8)
    kin = dict(zip(names[:standing].tolist(), parts[:standing].tolist(), strict=True))
    free = [row for row in range(standing, len(both)) if names[row] not in kin]
    for row in range(standing, len(both)):
        parts[row] = kin.get(names[row], parts[row])
    strata = registry.of(both).strata(both)[free]
    given = None if both.given is None else both.given[free]
    parts[free] = splits.assign(strata, names[free], split.fractions, split.seed, given)
    return parts


def _renumbered(dataset: Dataset, number_of: Mapping[str, int]) -> Columns:
    """Return the fields of a data set whose classes are numbered as in a longer list."""
    numbers = np.array([number_of[name] for name in dataset.classes], np.int32)
    return registry.of(dataset).renumbered(dataset, numbers, len(number_of))


def _given(dataset: Dataset) -> splits.Parts:
    if dataset.given is None:
        return np.full(len(dataset), splits.UNSET, np.int8)
    return dataset.given


def unguarded(dataset: Dataset) -> splits.Parts:
    """Return the split that no guard was asked about, or the one that stands where nobody noted it."""
    return dataset.splits if dataset.naive is None else dataset.naive


def _unseen(base: Dataset, new: Dataset) -> np.ndarray | None:
    if base.unseen is None and new.unseen is None:
        return None
    parts = (np.zeros(len(x), bool) if x.unseen is None else x.unseen for x in (base, new))
    return np.concatenate([*parts])


def _told(known: int) -> list[str]:
    if not known:
        return []
    return [
        counted(
            "One picture was in the data set already, so it was not added again.",
            "{count} pictures were in the data set already, so they were not added again.",
            known,
        )
    ]
