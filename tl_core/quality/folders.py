"""Whole folders that were copied under another name: two classes with the same pictures."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import permutations

import numpy as np

FEWEST = 3
"""Pictures that two classes must share: one or two are a slip of single pictures."""
SHARE = 0.5
"""Of the smaller class; below, most of its pictures are its own."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Two classes of which one seems to be a copy of the other.

    Attributes:
        small: the class that looks like the copy.
        large: the class it looks like.
        shared: pictures of the small class that lie in the large one as well.
        count: pictures of the small class.
    """

    small: int
    large: int
    shared: int
    count: int


def alike(labels: np.ndarray, groups: Iterable[np.ndarray]) -> Iterator[Alike]:
    """Yield the pairs of classes that share most pictures of the smaller one; none of them twice.

    Args:
        labels: int (n,), the class of each picture.
        groups: rows that are copies of one another.
    """
    counts = np.bincount(labels) if len(labels) else np.zeros(0, int)
    shared: Counter[tuple[int, int]] = Counter()
    for rows in groups:
        held = Counter(labels[rows].tolist())
        for one, other in permutations(held, 2):
            shared[one, other] += held[one]
    settled: set[int] = set()
    for (small, large), number in sorted(shared.items(), key=lambda each: -each[1]):
        # Of two classes of one size the later goes: "cats copy" comes after "cats".
        if (counts[small], -small) > (counts[large], -large) or {small, large} & settled:
            continue
        if number >= max(FEWEST, SHARE * counts[small]):
            settled.add(small)
            yield Alike(small, large, number, int(counts[small]))
