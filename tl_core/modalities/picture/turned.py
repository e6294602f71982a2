"""Which pictures may be mirrored or turned copies of one another: candidates to be compared exactly.

Seven further ways to lay one picture over another must not take seven times as long. Measured on
litter, hand signs, photographs, paintings and sketches, a copy lies above a higher cosine than the
same way round is asked for, at twice the detail as well, and before nearly all other pictures.
"""

from dataclasses import dataclass

import numpy as np

from tl_core.modalities import symmetries
from tl_core.modalities.picture import alignment

NEIGHBOURS = 3
"""Candidates per picture over all seven ways; 98 planted copies in a hundred came first."""
MOST_NEIGHBOURS = 14
CERTAIN_COSINE = 0.95
"""So alike are copies that nothing was cut from, of which there may be seven; of other pictures one in twenty."""
COSINE = 0.85
FINER_COSINE = 0.76
SIDE, FINER_SIDE = 8, 16
LEAST_DETAIL = 3.0
"""Grey levels. Soft light alone looks the same whichever way it is turned, and tells no picture apart."""
BLOCK = 2048


def candidates(grey: np.ndarray) -> np.ndarray:
    """Return int (m, 3): a row, a larger row, and what makes the second of the first.

    Args:
        grey: uint8 (n, side, side), whole pictures squashed to a square.
    """
    triples = candidates_among(grey, None)
    return np.unique(_smaller_first(triples), axis=0)


def candidates_among(grey: np.ndarray, others: np.ndarray | None) -> np.ndarray:
    """Return int (m, 3): a row, a row of the others, and what makes the second of the first.

    Args:
        grey: uint8 (n, side, side), whole pictures squashed to a square.
        others: uint8 (k, side, side), likewise; None for the same pictures, of which none is its own copy.
    """
    own = _Thumbnails.of(grey)
    theirs = own if others is None else _Thumbnails.of(others)
    found = [np.zeros((0, 3), np.int64)]
    for start in range(0, len(own.rows), BLOCK):
        triples = _best(own.small, start, None if others is None else theirs.small)
        cosines = _cosines(own.finer, theirs.finer, triples)
        found.append(triples[cosines >= FINER_COSINE])
    triples = np.concatenate(found)
    triples[:, 0], triples[:, 1] = own.rows[triples[:, 0]], theirs.rows[triples[:, 1]]
    return triples


@dataclass(frozen=True, slots=True)
class _Thumbnails:
    """Pictures with enough detail to tell how they lie, float32 (rows, side, side) of length 1, twice."""

    rows: np.ndarray
    small: np.ndarray
    finer: np.ndarray

    @classmethod
    def of(cls, grey: np.ndarray) -> "_Thumbnails":
        told = np.flatnonzero(alignment.detail(grey) >= LEAST_DETAIL)
        return cls(told, *(_of_length_one(grey[told], side) for side in (SIDE, FINER_SIDE)))


def _best(small: np.ndarray, start: int, others: np.ndarray | None) -> np.ndarray:
    """Return the pictures most like each of a block of rows, whichever way round, int (m, 3).

    Args:
        small: float32 (n, side, side), of length 1.
        start: first row of the block.
        others: float32 (k, side, side), likewise, where they are searched for; None for the same pictures.
    """
    flat = (small if others is None else others).reshape(-1, SIDE**2).T
    found, cosines = [], []
    for number in range(1, symmetries.COUNT):
        changed = symmetries.applied(small[start : start + BLOCK], number)
        alike = changed.reshape(len(changed), -1) @ flat
        if others is None:
            here = np.arange(len(alike))
            alike[here, start + here] = -1  # a thing that is symmetric in itself
        row, other = np.nonzero(alike >= COSINE)
        found.append(np.column_stack([start + row, other, np.full(len(row), number)]))
        cosines.append(alike[row, other])
    triples, cosine = np.concatenate(found), np.concatenate(cosines)
    order = np.lexsort((-cosine, triples[:, 0]))
    rows = triples[order, 0]
    place = np.arange(len(rows)) - np.searchsorted(rows, rows)
    most = np.where(cosine[order] >= CERTAIN_COSINE, MOST_NEIGHBOURS, NEIGHBOURS)
    return triples[order[place < most]]


def _cosines(pictures: np.ndarray, others: np.ndarray, triples: np.ndarray) -> np.ndarray:
    """Return float32 (m,): how alike the pictures of each triple are once the first is changed."""
    alike = np.zeros(len(triples), np.float32)
    for number in range(1, symmetries.COUNT):
        where = np.flatnonzero(triples[:, 2] == number)
        first, second = pictures[triples[where, 0]], others[triples[where, 1]]
        alike[where] = np.einsum("nij,nij->n", symmetries.applied(first, number), second)
    return alike


def _smaller_first(triples: np.ndarray) -> np.ndarray:
    """Return the same relations, each seen from the smaller of its two rows."""
    first, second, number = triples.T
    is_backwards = first > second
    return np.column_stack(
        [
            np.minimum(first, second),
            np.maximum(first, second),
            np.where(is_backwards, symmetries.UNDONE[number], number),
        ]
    )


def _of_length_one(grey: np.ndarray, side: int) -> np.ndarray:
    small = alignment.shrunk(grey, side)
    small -= small.mean((1, 2), keepdims=True)
    return small / np.maximum(np.sqrt((small**2).sum((1, 2), keepdims=True)), 1e-6)
