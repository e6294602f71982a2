"""Where each epoch's inputs come from: rows encoded once, or pictures changed afresh.

Imports no TensorFlow.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from tl_core.training.encode import Encoder, Reader, Wanted
from tl_core.training.rows import Rows

Finish = Callable[[np.ndarray], np.ndarray]
"""What is left to do to rows when they are used, such as scaling or encoding pixels."""


class Features(Protocol):
    """Inputs of one part of the split, in the order of its pictures."""

    def __len__(self) -> int: ...

    def batch(self, indices: np.ndarray, epoch: int) -> np.ndarray:
        """Return float32 (n, ...) for `indices`, int (n,), as epoch `epoch` sees them."""
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the split: inputs, answers and the pictures' hashes, in one order."""

    features: Features
    answers: np.ndarray
    hashes: np.ndarray

    def __len__(self) -> int:
        return len(self.answers)


class Kept:
    """Rows encoded once. With several views each epoch draws one per picture.

    Args:
        rows: the table.
        views: for each view the row keys of every picture; view 0 is the plain picture.
        seed: fixes which epoch sees which view.
        finish: applied to every batch.
    """

    def __init__(
        self,
        rows: Rows,
        views: Sequence[Sequence[Wanted]],
        seed: int = 0,
        finish: Finish = lambda batch: batch,
    ) -> None:
        self._rows = rows.array()
        self._positions = np.stack([rows.positions([w.key for w in view]) for view in views])
        self._seed, self._finish = seed, finish
        self._drawn: tuple[int, np.ndarray] = (-1, self._positions[0])

    def __len__(self) -> int:
        return self._positions.shape[1]

    def batch(self, indices: np.ndarray, epoch: int) -> np.ndarray:
        """Return the rows of `indices`; epoch 0 always sees the plain pictures."""
        positions = self._of_epoch(epoch)[indices]
        return self._finish(np.asarray(self._rows[positions]))

    def _of_epoch(self, epoch: int) -> np.ndarray:
        if epoch == 0 or len(self._positions) == 1:
            return self._positions[0]
        if self._drawn[0] != epoch:
            random = np.random.default_rng([self._seed, epoch, 1])
            view = random.integers(len(self._positions), size=len(self))
            self._drawn = epoch, self._positions[view, np.arange(len(self))]
        return self._drawn[1]


class Fresh:
    """Pictures decoded, changed and encoded anew in every epoch.

    Args:
        plain: the same pictures as they are; epoch 0 sees these.
        hashes: of the pictures.
        read: decodes and changes; the epoch's number serves as view.
        encoder: the frozen network, or what scales pixels where nothing is frozen.
    """

    def __init__(
        self, plain: "Kept", hashes: Sequence[str], read: Reader, encoder: Encoder
    ) -> None:
        self._plain, self._hashes = plain, list(hashes)
        self._read, self._encoder = read, encoder

    def __len__(self) -> int:
        return len(self._hashes)

    def batch(self, indices: np.ndarray, epoch: int) -> np.ndarray:
        """Return the rows of `indices` as epoch `epoch` changes them."""
        if epoch == 0:
            return self._plain.batch(indices, 0)
        hashes = [self._hashes[index] for index in indices]
        return self._encoder(self._read(hashes, [epoch] * len(hashes)))
