"""The eight ways to lay a square over itself: mirrored or not, turned by none to three quarters.

Each has a number, 0 to 7; 0 leaves everything where it is. Exports of augmented data hold
pictures changed so, and a small square form of such a picture is the original's, changed alike.
"""

from collections import deque

import numpy as np

from tl_core.base.said import Said

COUNT = 8
SAME = 0
_CROSSES = 4
"""From this number on, rows and columns change places first."""
_ACROSS, _DOWN = 1, 2
"""Bits of the number: then mirrored left to right, and top to bottom."""

WORDS: tuple[Said, ...] = (
    Said("the same way round"),
    Said("mirrored"),
    Said("upside down and mirrored"),
    Said("turned by 180°"),
    Said("mirrored and turned by 90°"),
    Said("turned by 90°"),
    Said("turned by 270°"),
    Said("mirrored and turned by 270°"),
)
"""What a picture is, seen from the one it is compared with; turns are clockwise."""


def applied(squares: np.ndarray, number: int) -> np.ndarray:
    """Return pictures changed by one of the symmetries, as a view.

    Args:
        squares: (n, side, side) or (n, side, side, channels).
        number: 0 to 7.
    """
    if number >= _CROSSES:
        squares = squares.swapaxes(1, 2)
    if number & _ACROSS:
        squares = squares[:, :, ::-1]
    return squares[:, ::-1] if number & _DOWN else squares


def _tables() -> tuple[np.ndarray, np.ndarray]:
    """Return which symmetry two of them make, one after the other, and which one undoes each."""
    square = np.arange(4).reshape(1, 2, 2)
    looks = [applied(square, number).tobytes() for number in range(COUNT)]
    after = np.array(
        [
            [looks.index(applied(applied(square, first), then).tobytes()) for then in range(COUNT)]
            for first in range(COUNT)
        ]
    )
    return after, np.argmax(after == SAME, axis=1)


_AFTER, UNDONE = _tables()
"""`UNDONE[number]` is the symmetry that takes `number` back."""


def between(first: int, second: int) -> int:
    """Return what makes one picture of another, of which each tells how it lies seen from a third."""
    return int(_AFTER[UNDONE[first], second])


def seen_from_first(triples: np.ndarray) -> dict[int, int]:
    """Return for every row how it lies, seen from the smallest row that it hangs together with.

    Args:
        triples: int (m, 3): a row, another row, and what makes the second of the first.
    """
    ways: dict[int, list[tuple[int, int]]] = {}
    for first, second, number in triples.tolist():
        ways.setdefault(first, []).append((second, number))
        ways.setdefault(second, []).append((first, int(UNDONE[number])))
    seen: dict[int, int] = {}
    for start in sorted(ways):
        if start in seen:
            continue
        seen[start] = SAME
        waiting = deque([start])
        while waiting:
            row = waiting.popleft()
            for other, number in ways[row]:
                if other not in seen:
                    seen[other] = int(_AFTER[seen[row], number])
                    waiting.append(other)
    return seen
