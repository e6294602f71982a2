"""What a person should know of a version of a data set, said of the pictures that are in it now.

Two kinds of notes. What an import met (a line of the table that names no picture) belongs to the
version that the import made. What holds of the pictures themselves (copies, a picture under two
classes) is worked out from each version, so that it goes as soon as an edit has put it right.
"""

import re
from collections.abc import Sequence

import numpy as np

from tl_core.base.said import Said, counted
from tl_core.datasets import splits
from tl_core.datasets.manifest import Dataset
from tl_core.tasks import registry


def of(dataset: Dataset) -> tuple[Said, ...]:
    """Return what holds of the pictures that an import brought: copies, clashes, moved ones."""
    return (*_copies(dataset), *_moved(dataset))


def after_edit(edited: Dataset) -> tuple[Said, ...]:
    """Return what holds of an edited version, given what was said of the one before.

    That pictures were moved is said only where it was before: a person who divides anew moves
    pictures, too.
    """
    was_moved = any(_is_like(note, _MOVED) for note in edited.notes)
    return (*_copies(edited), *(_moved(edited) if was_moved else ()))


def shown(dataset: Dataset, *, is_edited: bool) -> tuple[str, ...]:
    """Return the notes of a version as they are true now, whatever was kept with it.

    Args:
        dataset: with the notes that were kept with it.
        is_edited: an edit made this version, not an import. Older ones kept what their first
            import had met, which belongs to that version.
    """
    return (*(() if is_edited else _met(dataset.notes)), *after_edit(dataset))


def _met(kept: Sequence[str]) -> list[str]:
    """Return those of the notes that tell what an import met."""
    return [note for note in kept if not _is_like(note, _COPIES | _CLASHES | _MOVED)]


def _copies(dataset: Dataset) -> list[Said]:
    first: dict[str, int] = {}
    copies, clashes = 0, []
    task = registry.of(dataset)
    keys = task.truth_keys(dataset)
    for index, digest in enumerate(dataset.hashes.tolist()):
        earlier = first.setdefault(digest, index)
        copies += earlier != index
        if keys[earlier] != keys[index]:
            clashes.append((earlier, index))
    found = [_told_copies(copies)] if copies else []
    if clashes:
        one, other = clashes[0]
        names = (str(dataset.names[one]), str(dataset.names[other]))
        classes = [task.described(dataset, row) for row in (one, other)]
        found.append(_told_clashes(len(clashes), *names, *classes))
    return found


def _moved(dataset: Dataset) -> list[Said]:
    """Say how many pictures left the part that they came in, as a copy stood in another one."""
    if dataset.given is None:
        return []
    given, parts = dataset.given, dataset.splits
    moved = int(((given != splits.UNSET) & (given != splits.TRAIN) & (given != parts)).sum())
    moved += int(((given == splits.TRAIN) & _stands(given, parts)).sum())
    return [_told_moved(moved)] if moved else []


def _stands(given: splits.Parts, parts: splits.Parts) -> np.ndarray:
    """Tell pictures that left training for a part that was given, not cut."""
    return np.isin(parts, np.unique(given[given > splits.TRAIN]))


def _told_copies(count: int) -> Said:
    return counted(
        "{count} picture is an exact copy of another; copies share a part.",
        "{count} pictures are exact copies of others; copies share a part.",
        count,
    )


def _told_clashes(count: int, one: str, other: str, its_class: str, other_class: str) -> Said:
    return counted(
        "{count} picture stands under two classes: {one} (“{its_class}”) "
        "and {other} (“{other_class}”).",
        "{count} pictures stand under two classes, first {one} (“{its_class}”) "
        "and {other} (“{other_class}”).",
        count,
        one=one,
        its_class=its_class,
        other=other,
        other_class=other_class,
    )


def _told_moved(count: int) -> Said:
    return counted(
        "{count} training picture also stands in validation or test and was moved there.",
        "{count} training pictures also stand in validation or test and were moved there.",
        count,
    )


_COPIES = frozenset(_told_copies(0).forms or ())
_CLASHES = frozenset(_told_clashes(0, "", "", "", "").forms or ())
_MOVED = frozenset(_told_moved(0).forms or ())


def _is_like(note: str, forms: frozenset[str]) -> bool:
    """Say whether a note was made of one of `forms`, also where an older manifest kept its text alone."""
    if isinstance(note, Said):
        return note.template in forms
    patterns = (re.sub(r"\\\{\w+\\\}", ".+", re.escape(form)) for form in forms)
    return any(re.fullmatch(pattern, note, re.DOTALL) for pattern in patterns)
