"""Add pictures to a data set: what is there keeps its place, what is new is divided like it."""

from collections.abc import Callable, Mapping, Sequence
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
_ANSWERS = ("labels", "values", "shows")


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
    base, new = _numbered_alike(base, new)
    fresh = _without_known(base, new)
    naive = splits.assign(
        registry.of(fresh).strata(fresh), None, split.fractions, split.seed, _given(fresh)
    )
    both = _guarded(base, fresh, split, grouping, naive)
    return replace(both, notes=(*new.notes, *_told(len(new) - len(fresh))))


def corrected(
    base: Dataset, new: Dataset, split: Split, grouping: Grouping = guard.numbered
) -> Dataset:
    """Return `base` with answers that a person gave where a model was wrong, under the id of `new`.

    A picture that `base` has already is given the new answer where it stands. The others are learnt from:
    they were chosen because a model failed on them, so a part that judges would judge too harshly with
    them. Only one that has a copy elsewhere follows it, as otherwise the copy would leak.

    Args:
        base: any data set.
        new: an import of its own, of pictures with their right answers.
        split: by what `base` was divided.
        grouping: as for `added`.

    Raises:
        UserError: "add-kind" as for `added`; "add-nothing" when `base` says all of it already.
    """
    _check(base, new)
    base, new = _numbered_alike(base, new)
    is_known = np.isin(new.hashes, base.hashes)
    answered = _answered_anew(base, _rows_of(new, np.flatnonzero(is_known)))
    fresh = _rows_of(new, np.flatnonzero(~is_known))
    if not len(fresh) and _answers(answered) == _answers(base):
        raise UserError(
            "add-nothing",
            "The data set says the same of these pictures already.",
            "Train again, so that the model learns it.",
        )
    if not len(fresh):
        return replace(answered, id=new.id, notes=new.notes)
    naive = np.full(len(fresh), splits.TRAIN, np.int8)
    both = _guarded(answered, fresh, split, grouping, naive, splits.TRAIN)
    return replace(both, notes=new.notes)


def _guarded(
    base: Dataset,
    fresh: Dataset,
    split: Split,
    grouping: Grouping,
    naive: splits.Parts,
    part: int | None = None,
) -> Dataset:
    """Return both as one data set, copies kept in one part.

    Args:
        base: what stands.
        fresh: what is new.
        split: how what is new is divided, unless all of it goes to one `part`.
        grouping: as for `added`.
        naive: where `fresh` would go without a guard against copies.
        part: for all that has no copy elsewhere.
    """
    both = joined(base, fresh, base.classes)
    both = replace(both, twins=grouping(both.hashes).astype(np.int32))
    parts = _divided(both, len(base), split, part)
    both = replace(both, splits=parts, naive=np.concatenate((unguarded(base), naive)), split=split)
    together = guard.numbered(division.together(both, split))
    return replace(
        both,
        moved=len(guard.leaked(unguarded(both), together)),
        torn=len(guard.torn(unguarded(both), together)),
    )


def _numbered_alike(base: Dataset, new: Dataset) -> tuple[Dataset, Dataset]:
    """Return both with one list of classes, those of `base` first."""
    classes = (*base.classes, *(name for name in new.classes if name not in base.classes))
    number_of = {name: number for number, name in enumerate(classes)}
    return (
        replace(base, classes=classes, **_renumbered(base, number_of)),
        replace(new, classes=classes, **_renumbered(new, number_of)),
    )


def _answered_anew(base: Dataset, known: Dataset) -> Dataset:
    """Return `base` with the answers of `known` for the pictures of these hashes, every copy of them."""
    row_of = {digest: row for row, digest in enumerate(known.hashes.tolist())}
    pairs = [
        (row, row_of[digest]) for row, digest in enumerate(base.hashes.tolist()) if digest in row_of
    ]
    if not pairs:
        return base
    rows, sources = np.array(pairs).T
    columns = {}
    for name in _ANSWERS:
        values = getattr(base, name)
        if values is not None:
            columns[name] = values.copy()
            columns[name][rows] = getattr(known, name)[sources]
    return replace(base, **columns)


def _answers(dataset: Dataset) -> list[object]:
    return list(registry.of(dataset).truth_keys(dataset))


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
    return _rows_of(new, rows)


def _rows_of(dataset: Dataset, rows: Sequence[int] | np.ndarray) -> Dataset:
    columns = (*_COLUMNS, "values", "shows", "groups", "given")
    kept = {name: getattr(dataset, name) for name in columns if getattr(dataset, name) is not None}
    chosen = {name: values[rows] for name, values in kept.items()}
    return replace(dataset, facts=dataset.facts_of(rows), **chosen)


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


def _divided(both: Dataset, standing: int, split: Split, part: int | None = None) -> splits.Parts:
    """Return the parts: as they stand for the first rows; for the rest like its kin, else `part` or by `split`."""
    names = division.together(both, split)
    parts = np.array(both.splits, np.int8)
    kin = dict(zip(names[:standing].tolist(), parts[:standing].tolist(), strict=True))
    free = [row for row in range(standing, len(both)) if names[row] not in kin]
    for row in range(standing, len(both)):
        parts[row] = kin.get(names[row], parts[row])
    if part is not None:
        parts[free] = part
        return parts
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
