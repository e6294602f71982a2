"""A table of equal rows on disk: memory-mapped, append-only, and whole after any crash.

`data.bin` holds the rows, `index.bin` one 64-byte record a row: key (48 bytes), row number, CRC-32.
A row counts only once its record is on disk, and the record is written after the row is synced;
whatever a crash leaves behind is cut off when the table is next opened for writing.
Keys are `picture hash (32 bytes) + view (16 bytes)`, so an edited data set adds only what is new.
Imports no TensorFlow.
"""

import json
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tl_core.base import locks
from tl_core.encoding import cache

PLAIN = bytes(16)
"""The view of a picture that nothing changed."""
_RECORD = struct.Struct("<48sQI4x")


def key(picture_hash: str, view: bytes = PLAIN) -> bytes:
    """Return the row key of a picture (64 hexadecimal digits) in one view (16 bytes)."""
    return bytes.fromhex(picture_hash) + view


class Rows:
    """Rows of one shape and dtype in a folder. Many may read; `writing()` admits one writer.

    Args:
        folder: made when absent.
        shape: of one row.
        dtype: of every element.
        use: mark the table as used just now, so that it is dropped last.
    """

    def __init__(self, folder: Path, shape: Sequence[int], dtype: str, *, use: bool = True) -> None:
        self.folder = folder
        self.shape = tuple(int(side) for side in shape)
        self.dtype = np.dtype(dtype)
        self.row_bytes = int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize
        folder.mkdir(parents=True, exist_ok=True)
        self._positions: dict[bytes, int] = {}
        self.refresh()
        if use:
            (folder / "used").touch()

    def __len__(self) -> int:
        return len(self._positions)

    def __contains__(self, row_key: bytes) -> bool:
        return row_key in self._positions

    def refresh(self) -> None:
        """Read the index again."""
        records = self._records()
        held = self._data.stat().st_size // self.row_bytes if self._data.exists() else 0
        self._positions = {k: row for row, k in enumerate(records[:held])}

    @contextmanager
    def writing(self, *, wait: bool = True) -> Iterator[None]:
        """Lock the table for the length of the block; waits until another writer has finished.

        Raises:
            BusyError: another process is writing and `wait` is false.
        """
        with locks.held(self.folder / cache.LOCK, wait=wait):
            (self.folder / "shape.json").write_text(
                json.dumps({"shape": self.shape, "dtype": self.dtype.str}), encoding="utf-8"
            )
            self.refresh()
            self._cut_off_what_a_crash_left()
            yield

    def append(self, keys: Sequence[bytes], rows: np.ndarray) -> None:
        """Add rows, durable on return. Only inside `writing()`; keys must be new.

        Args:
            keys: one for each row.
            rows: (n, *shape) of the table's dtype.

        Raises:
            OSError: the disk is full; rows already there stay whole.
        """
        if rows.shape != (len(keys), *self.shape) or rows.dtype != self.dtype:
            raise ValueError(
                f"rows must be {(len(keys), *self.shape)} {self.dtype}; "
                f"received {rows.shape} {rows.dtype}"
            )
        first = len(self._positions)
        records = b"".join(_pack(k, first + offset) for offset, k in enumerate(keys))
        try:
            _append(self._data, np.ascontiguousarray(rows).data)
            _append(self._index, records)
        except OSError:
            # On a full disk the half-written rows take the room that telling of it needs.
            self._cut_off_what_a_crash_left()
            raise
        self._positions.update({k: first + offset for offset, k in enumerate(keys)})

    def positions(self, keys: Sequence[bytes]) -> np.ndarray:
        """Return the row number of every key, int64 (n,).

        Raises:
            KeyError: a key has no row.
        """
        return np.fromiter((self._positions[k] for k in keys), np.int64, len(keys))

    def array(self) -> np.ndarray:
        """Return all rows as one read-only memory map (rows, *shape)."""
        if not self._positions:
            return np.empty((0, *self.shape), self.dtype)
        return np.memmap(self._data, self.dtype, "r", shape=(len(self._positions), *self.shape))

    @property
    def _data(self) -> Path:
        return self.folder / "data.bin"

    @property
    def _index(self) -> Path:
        return self.folder / "index.bin"

    def _records(self) -> list[bytes]:
        raw = self._index.read_bytes() if self._index.exists() else b""
        raw = raw[: len(raw) // _RECORD.size * _RECORD.size]
        keys: list[bytes] = []
        for row, (row_key, number, checksum) in enumerate(_RECORD.iter_unpack(raw)):
            if number != row or checksum != _checksum(row_key, row):
                break  # a torn write: nothing after it can be trusted
            keys.append(row_key)
        return keys

    def _cut_off_what_a_crash_left(self) -> None:
        for path, size in ((self._data, self.row_bytes), (self._index, _RECORD.size)):
            if path.exists() and path.stat().st_size > len(self) * size:
                os.truncate(path, len(self) * size)


def _pack(row_key: bytes, row: int) -> bytes:
    return _RECORD.pack(row_key, row, _checksum(row_key, row))


def _checksum(row_key: bytes, row: int) -> int:
    return zlib.crc32(row_key + row.to_bytes(8, "little"))


def _append(path: Path, raw: bytes | memoryview) -> None:
    with path.open("ab") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
