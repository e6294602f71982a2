"""Run the frozen part once over the pictures and keep what comes out.

Several threads take pictures from file to row each, or decoding runs one batch ahead of the network; rows are kept in `Rows`, so encoding
goes on where it was interrupted, and an edited data set encodes only what is new.
Imports no TensorFlow.
"""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import islice

import numpy as np

from tl_core.base import locks
from tl_core.encoding.rows import Rows, key
from tl_core.signals.meter import Meter

READ_AT_ONCE = 32
"""Pictures decoded together: enough for every core, a few MB of them."""
READ_AT_ONCE_SIDE_BY_SIDE = 8
"""By each of several threads, which stay in the caches of their cores."""
READ_AT_ONCE_FOR_GPU = 128
"""A graphics card is only busy with more."""
AHEAD = 3
"""Batches begun for each thread, before the first is taken."""
WRITE_BYTES = 32 * 1024**2
"""Rows kept in memory before they are synced to disk; what a kill may cost."""
WRITE_SECONDS = 3.0
LOCK_EVERY_S = 0.1
"""How often a table is tried that another process writes to."""

Reader = Callable[[list[str], list[int]], np.ndarray]
"""Hashes and view numbers in, decoded examples (n, …) out; see `Modality.decode`."""
Encoder = Callable[[np.ndarray], np.ndarray]
"""Decoded examples (n, …) in, rows (n, …) out."""
Progress = Callable[[int, int, float], None]
"""Called with pictures done, pictures in all, and the seconds left."""


class StoppedError(Exception):
    """A person asked to stop; rows already encoded are kept."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One row that training needs: a picture in one view."""

    picture_hash: str
    view: int = 0
    view_id: bytes = bytes(16)

    @property
    def key(self) -> bytes:
        return key(self.picture_hash, self.view_id)


def missing(rows: Rows, wanted: Sequence[Wanted]) -> list[Wanted]:
    """Return what has no row yet, each once, in order."""
    fresh = {item.key: item for item in wanted if item.key not in rows}
    return list(fresh.values())


def encode(
    rows: Rows,
    wanted: Sequence[Wanted],
    read: Reader,
    encoder: Encoder,
    *,
    at_once: int = READ_AT_ONCE,
    side_by_side: int = 1,
    on_progress: Progress = lambda done, total, seconds_left: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> int:
    """Add the rows that are missing and return how many were.

    Args:
        rows: the table; written to by one process at a time.
        wanted: rows that must be there on return.
        read: decodes pictures.
        encoder: the frozen network, or the identity to keep what was decoded.
        at_once: pictures decoded and encoded together.
        side_by_side: threads that each read and encode a batch of their own; `read` and `encoder`
            must allow that. With one, the next batch is read while a batch is encoded.
        on_progress: called a few times a second.
        should_stop: asked between batches.

    Raises:
        StoppedError: `should_stop` said so.
        OSError: the disk is full; rows already written stay.
    """
    if not missing(rows, wanted):
        return 0
    with _only_writer(rows, should_stop):
        todo = missing(rows, wanted)
        writer = _Writer(rows)
        meter, done = Meter(lambda done, all_, left: on_progress(done, all_, left or 0.0)), 0
        on_progress(0, len(todo), 0.0)
        meter.begin()  # so that the first batch is told at once
        batches = [todo[start : start + at_once] for start in range(0, len(todo), at_once)]
        if side_by_side == 1:
            encoded = _one_ahead(batches, read, encoder)
        else:
            encoded = _side_by_side(batches, read, encoder, side_by_side)
        with closing(encoded):  # after a stop or a fault no thread goes on
            for batch, made in encoded:
                writer.add([item.key for item in batch], made)
                done += len(batch)
                meter(done, len(todo))
                if should_stop():
                    writer.flush()
                    raise StoppedError
        writer.flush()
    return len(todo)


@contextmanager
def _only_writer(rows: Rows, should_stop: Callable[[], bool]) -> Iterator[None]:
    """Hold the table's lock for the block; while waiting for it, a request to stop is heeded."""
    while True:
        with ExitStack() as stack:
            try:
                stack.enter_context(rows.writing(wait=False))
            except locks.BusyError:
                if should_stop():
                    raise StoppedError from None
            else:
                yield
                return
        time.sleep(LOCK_EVERY_S)


class _Writer:
    """Gathers rows and appends them in pieces worth a sync."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._keys: list[bytes] = []
        self._parts: list[np.ndarray] = []
        self._since = time.monotonic()

    def add(self, keys: list[bytes], part: np.ndarray) -> None:
        self._keys += keys
        self._parts.append(part)
        held = len(self._keys) * self._rows.row_bytes
        if held >= WRITE_BYTES or time.monotonic() - self._since >= WRITE_SECONDS:
            self.flush()

    def flush(self) -> None:
        if self._keys:
            self._rows.append(self._keys, np.concatenate(self._parts))
        self._keys, self._parts, self._since = [], [], time.monotonic()


def _side_by_side(
    batches: Sequence[list[Wanted]], read: Reader, encoder: Encoder, threads: int
) -> Generator[tuple[list[Wanted], np.ndarray]]:
    """Yield batches with their rows, in order, each made from file to row by one of `threads`.

    No thread waits for another, and none is left without work while rows are written to disk.
    """

    def make(batch: list[Wanted]) -> np.ndarray:
        return encoder(read(*_asked(batch)))

    coming = iter(batches)
    with ThreadPoolExecutor(threads, "encode") as pool:
        begun: deque[tuple[list[Wanted], Future[np.ndarray]]] = deque()

        def begin(count: int) -> None:
            begun.extend((batch, pool.submit(make, batch)) for batch in islice(coming, count))

        begin(AHEAD * threads)
        try:
            while begun:
                batch, made = begun.popleft()
                rows = made.result()
                begin(1)
                yield batch, rows
        finally:
            for _, made in begun:
                made.cancel()


def _asked(batch: list[Wanted]) -> tuple[list[str], list[int]]:
    return [item.picture_hash for item in batch], [item.view for item in batch]


def _one_ahead(
    batches: Sequence[list[Wanted]], read: Reader, encoder: Encoder
) -> Generator[tuple[list[Wanted], np.ndarray]]:
    """Yield batches with their rows, the next one being decoded meanwhile.

    An error in the reading thread is raised here, at its place in the order.
    """
    ready: queue.Queue[tuple[list[Wanted], np.ndarray | BaseException]] = queue.Queue(maxsize=1)
    leave = threading.Event()

    def produce() -> None:
        for batch in batches:
            try:
                decoded: np.ndarray | BaseException = read(*_asked(batch))
            except BaseException as error:  # noqa: BLE001 - raised again by the reader below
                decoded = error
            while not leave.is_set():
                try:
                    ready.put((batch, decoded), timeout=0.2)
                    break
                except queue.Full:
                    continue
            if leave.is_set() or isinstance(decoded, BaseException):
                return

    thread = threading.Thread(target=produce, name="decode", daemon=True)
    thread.start()
    try:
        for _ in batches:
            batch, decoded = ready.get()
            if isinstance(decoded, BaseException):
                raise decoded
            yield batch, encoder(decoded)
    finally:
        leave.set()
        thread.join()
