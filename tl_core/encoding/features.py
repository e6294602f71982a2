"""Where each epoch's inputs come from: rows encoded once, pictures read anew, or changed afresh.

Imports no TensorFlow.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from tl_core.encoding.encode import Encoder, Reader, Wanted
from tl_core.encoding.rows import Rows

Finish = Callable[[np.ndarray], np.ndarray]
"""What is left to do to rows when they are used, such as scaling or encoding what was decoded."""


class Features(Protocol):
    """Inputs of one part of the split, in the order of its pictures."""

    def __len__(self) -> int: ...

    def expect(self, batches: Sequence[np.ndarray], epoch: int) -> None:
        """Announce which batches are asked for next, so that their pictures can be read ahead."""
        ...

    def batch(self, indices: np.ndarray, epoch: int) -> np.ndarray:
        """Return float32 (n, ...) for `indices`, int (n,), as epoch `epoch` sees them."""
        ...

    @property
    def views(self) -> int:
        """How many views of each picture come again and again, the plain one included."""
        ...

    def seen(self, indices: np.ndarray, view: int) -> np.ndarray:
        """Return float32 (n, ...) for `indices` in one of these views; 0 is the plain picture."""
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the split: inputs, answers and the pictures' hashes, in one order."""

    features: Features
    answers: np.ndarray
    hashes: np.ndarray

    def __len__(self) -> int:
        return len(self.answers)


def batched(indices: np.ndarray, size: int) -> list[np.ndarray]:
    """Return `indices` cut into batches of `size`; the last may be smaller."""
    return [indices[start : start + size] for start in range(0, len(indices), size)]


def means(maps: np.ndarray) -> np.ndarray:
    """Return the mean over all places of maps, (n, channels); what has no places stays as it is."""
    return maps.mean(axis=tuple(range(1, maps.ndim - 1))) if maps.ndim > 2 else maps


class ReadAhead:
    """Reads in a thread of its own: the pictures of the next batch while one is used.

    Args:
        read: decodes and changes pictures.
    """

    def __init__(self, read: Reader) -> None:
        self._read = read
        self._pool = ThreadPoolExecutor(1, "read")
        self._coming: Iterator[tuple[list[str], list[int]]] = iter(())
        self._next: tuple[tuple[list[str], list[int]], Future[np.ndarray]] | None = None

    def expect(self, coming: Iterator[tuple[list[str], list[int]]]) -> None:
        """Announce the hashes and views that are asked for next, in order."""
        self._coming = coming
        self._go_on()

    def __call__(self, hashes: list[str], views: list[int]) -> np.ndarray:
        """Return decoded examples, read before if they were expected."""
        asked, ahead = (hashes, views), self._next
        if ahead is None or ahead[0] != asked:
            self._coming = iter(())
            ahead = asked, self._pool.submit(self._read, *asked)
        decoded = ahead[1].result()
        self._go_on()
        return decoded

    def _go_on(self) -> None:
        asked = next(self._coming, None)
        self._next = (asked, self._pool.submit(self._read, *asked)) if asked else None


class _Draws:
    """Which view of each picture an epoch sees; the plain one in epoch 0."""

    def __init__(self, count: int, views: int, seed: int) -> None:
        self._count, self._views, self._seed = count, views, seed
        self._drawn = 0, np.zeros(count, np.int64)

    def of(self, epoch: int) -> np.ndarray:
        """Return a view number for every picture, int (n,)."""
        if self._drawn[0] != epoch:
            random = np.random.default_rng([self._seed, epoch, 1])
            drawn = random.integers(self._views, size=self._count)
            self._drawn = epoch, drawn if epoch else np.zeros(self._count, np.int64)
        return self._drawn[1]


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
        self._draws, self._finish = _Draws(len(self), len(views), seed), finish

    def __len__(self) -> int:
        return self._positions.shape[1]

    def expect(self, batches: Sequence[np.ndarray], epoch: int) -> None:
        """Do nothing: encoded rows are at hand at once."""

    def batch(self, indices: np.ndarray, epoch: int) -> np.ndarray:
        """Return the rows of `indices`; epoch 0 always sees the plain pictures."""
        positions = self._positions[self._draws.of(epoch)[indices], indices]
        return self._finish(np.asarray(self._rows[positions]))

    @property
    def views(self) -> int:
        """How many views of each picture are kept."""
        return len(self._positions)

    def seen(self, indices: np.ndarray, view: int) -> np.ndarray:
        """Return the rows of `indices` in one view."""
        return self._finish(np.asarray(self._rows[self._positions[view, indices]]))


class Unkept:
    """Pictures read anew whenever they are used, for want of room. Epochs see the views that `Kept` draws.

    Args:
        hashes: of the pictures.
        views: of each picture, the plain one included.
        read: decodes and changes.
        seed: fixes which epoch sees which view.
        finish: the frozen network, or what scales examples where nothing is frozen.
    """

    def __init__(
        self, hashes: Sequence[str], views: int, read: Reader, seed: int, finish: Finish
    ) -> None:
        self._hashes, self._draws = list(hashes), _Draws(len(hashes), views, seed)
        self.views = views
        self._read, self._finish = ReadAhead(read), finish

    def __len__(self) -> int:
        return len(self._hashes)

    def expect(self, batches: Sequence[np.ndarray], epoch: int) -> None:
        """Read the first of these now and each later one while the one before it is used."""
        self._read.expect(self._asked(indices, epoch) for indices in batches)

    def batch(self, indices: np.ndarray, epoch: int) -> np.ndarray:
        """Return the rows of `indices`; epoch 0 always sees the plain pictures."""
        return self._finish(self._read(*self._asked(indices, epoch)))

    def seen(self, indices: np.ndarray, view: int) -> np.ndarray:
        """Return the rows of `indices` in one view."""
        hashes = [self._hashes[index] for index in indices]
        return self._finish(self._read(hashes, [view] * len(hashes)))

    def _asked(self, indices: np.ndarray, epoch: int) -> tuple[list[str], list[int]]:
        views = self._draws.of(epoch)[indices]
        return [self._hashes[index] for index in indices], views.tolist()


class Fresh:
    """Pictures decoded, changed and encoded anew in every epoch.

    Args:
        plain: the same pictures as they are; epoch 0 sees these.
        hashes: of the pictures.
        read: decodes and changes; the epoch's number serves as view.
        encoder: the frozen network, or what scales examples where nothing is frozen.
    """

    def __init__(
        self, plain: Features, hashes: Sequence[str], read: Reader, encoder: Encoder
    ) -> None:
        self._plain, self._hashes = plain, list(hashes)
        self._read, self._encoder = ReadAhead(read), encoder

    def __len__(self) -> int:
        return len(self._hashes)

    def expect(self, batches: Sequence[np.ndarray], epoch: int) -> None:
        """Read the first of these now and each later one while the one before it is used."""
        if epoch == 0:
            self._plain.expect(batches, 0)
        else:
            self._read.expect(self._asked(indices, epoch) for indices in batches)

    def batch(self, indices: np.ndarray, epoch: int) -> np.ndarray:
        """Return the rows of `indices` as epoch `epoch` changes them."""
        if epoch == 0:
            return self._plain.batch(indices, 0)
        return self._encoder(self._read(*self._asked(indices, epoch)))

    @property
    def views(self) -> int:
        """None but the plain ones come again."""
        return 1

    def seen(self, indices: np.ndarray, view: int) -> np.ndarray:
        """Return the rows of `indices` as they are."""
        return self._plain.batch(indices, 0)

    def _asked(self, indices: np.ndarray, epoch: int) -> tuple[list[str], list[int]]:
        return [self._hashes[index] for index in indices], [epoch] * len(indices)
