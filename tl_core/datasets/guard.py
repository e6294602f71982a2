"""Keep what belongs together on one side of the split, and tell what that changed.

A picture whose copy, or whose neighbour in a burst, was seen in training says nothing about
pictures that were never seen: a split that ignores this makes a perfect score out of nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from tl_core.datasets import splits
from tl_core.datasets.splits import GroupRule

_LAST_NUMBER = re.compile(r"[\s_\-.(]*\d+[\s)]*$")
_FIRST_SEPARATOR = re.compile(r"[\s_\-.].*$")


@dataclass(frozen=True, slots=True)
class Guard:
    """A split without leaks, beside the one that looks at nothing.

    Attributes:
        parts: int8 (n,), without leaks: 0 training, 1 validation, 2 test.
        naive: int8 (n,), same seed and shares, groups ignored. Training on it gives the accuracy
            that a naive split would have claimed.
        leaked: int (m,), validation and test rows of the naive split with one of their group in
            another part.
        torn: groups of two or more that the naive split tears apart.
    """

    parts: splits.Parts
    naive: splits.Parts
    leaked: np.ndarray
    torn: int


def guard(
    labels: np.ndarray,
    groups: np.ndarray,
    fractions: tuple[float, float, float],
    seed: int,
    given: splits.Parts | None = None,
) -> Guard:
    """Split so that no group straddles parts, and compare with a split that ignores groups.

    Args:
        labels: int (n,).
        groups: (n,), a number or a name for each row, equal for all that belong together.
        fractions: shares of training, validation and test.
        seed: of both splits.
        given: parts that stand already, -1 elsewhere.
    """
    naive = naive_split(labels, fractions, seed, given)
    numbers = numbered(groups)
    parts = splits.assign(labels.astype(np.int32), numbers, fractions, seed, given)
    return Guard(parts, naive, leaked(naive, numbers), len(torn(naive, numbers)))


def naive_split(
    labels: np.ndarray,
    fractions: tuple[float, float, float],
    seed: int,
    given: splits.Parts | None = None,
) -> splits.Parts:
    """Return int8 (n,): the split that takes every picture to be on its own."""
    return splits.assign(labels.astype(np.int32), None, fractions, seed, given)


def torn(parts: np.ndarray, groups: np.ndarray) -> list[np.ndarray]:
    """Return the groups, each as rows, that stand in more than one part."""
    return [rows for rows in members(groups) if len(set(parts[rows].tolist())) > 1]


def leaked(parts: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return validation and test rows, ascending, with one of their group in another part."""
    rows = [row for group in torn(parts, groups) for row in group if parts[row] != splits.TRAIN]
    return np.array(sorted(rows), dtype=np.int64)


def members(groups: np.ndarray) -> list[np.ndarray]:
    """Return the rows of every group of two or more, in the order of their first row."""
    order = np.argsort(groups, kind="stable")
    ends = np.flatnonzero(groups[order][1:] != groups[order][:-1]) + 1
    found = [rows for rows in np.split(order, ends) if len(rows) > 1]
    return sorted(found, key=lambda rows: int(rows[0]))


def numbered(names: np.ndarray) -> np.ndarray:
    """Return int64 (n,): the first row that carries the same name or number."""
    first: dict[object, int] = {}
    return np.array(
        [first.setdefault(name, row) for row, name in enumerate(names.tolist())], np.int64
    )


def by_prefix(names: Sequence[str] | np.ndarray, rule: GroupRule = "number") -> np.ndarray:
    """Return the group that each file name tells, "" where it tells none; object (n,).

    Pictures of one burst, video, person or slide are often named alike. Only a person can know
    whether they are: cameras call everything IMG_0001.

    Args:
        names: paths as uploaded.
        rule: "number" takes the last number off ("ann/clip7_012.jpg" is of "ann/clip7"),
            "separator" keeps what stands before the first space, dash, dot or underscore
            ("slide3-left-2.png" is of "slide3"), wherever the file lies; "none" tells nothing.
    """
    return np.array([_prefix(str(name), rule) for name in names], dtype=object)


def _prefix(name: str, rule: GroupRule) -> str:
    path = PurePosixPath(name)
    if rule == "none":
        return ""
    if rule == "separator":
        return _FIRST_SEPARATOR.sub("", path.stem)
    stem = _LAST_NUMBER.sub("", path.stem)
    return str(path.with_name(stem)) if stem and stem != path.stem else ""
