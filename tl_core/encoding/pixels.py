"""Decoded pictures at the size that a network sees, kept so that each is decoded once a size.

A stored picture takes longer to decode than the smaller backbones take to look at it. What is kept
is plain; changed copies are made of it. Imports no TensorFlow.
"""

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tl_core.base import locks
from tl_core.datasets import manifest
from tl_core.encoding import cache
from tl_core.encoding.rows import Rows, key
from tl_core.modalities.picture.resize import Mode

WRITE_BYTES = 8 * 1024**2
"""Pixels held in memory before they are synced to disk; the process of the first answer is to stay small."""


def folder(size_px: int, resize: Mode) -> Path:
    """Return where the table of pictures of one size lies, which need not exist."""
    return cache.table_folder(["pixels", size_px, resize])


def table(size_px: int, resize: Mode, *, use: bool = True) -> Rows:
    """Open the table of pictures of one size: uint8 rows (size_px, size_px, 3)."""
    return Rows(folder(size_px, resize), (size_px, size_px, 3), "uint8", use=use)


class PixelReader:
    """Reads plain pictures from the table where they are known, else from the store.

    What had to be decoded is added to the table, as long as that drives nothing else out of the
    cache and nobody else is writing there. Threads take turns.

    Args:
        size_px: side of the square.
        resize: how a picture becomes square.
        reserved_bytes: room in the cache that others are about to take.
    """

    def __init__(self, size_px: int, resize: Mode, reserved_bytes: int = 0) -> None:
        self._size_px = size_px
        self._resize: Mode = resize
        self._table = table(size_px, resize)
        self._kept = self._table.array()
        self._room = cache.spare_bytes() - reserved_bytes
        self._waiting: dict[bytes, np.ndarray] = {}
        self._turn = threading.Lock()
        self.decoded = 0

    def __call__(self, hashes: Sequence[str]) -> np.ndarray:
        """Return uint8 (n, size, size, 3) for n picture hashes."""
        with self._turn:
            return self._pixels(hashes)

    def _pixels(self, hashes: Sequence[str]) -> np.ndarray:
        keys = [key(name) for name in hashes]
        known = np.array([row_key in self._table for row_key in keys], bool)
        pixels = np.empty((len(keys), self._size_px, self._size_px, 3), np.uint8)
        if known.any():
            places = self._table.positions([keys[i] for i in np.flatnonzero(known)])
            pixels[known] = self._kept[places]
        unknown = np.flatnonzero(~known)
        if len(unknown):
            names = np.array(hashes)[unknown]
            pixels[unknown] = manifest.pixels(names, self._size_px, self._resize)
            self.decoded += len(unknown)
            self._keep({keys[i]: pixels[i] for i in unknown})
        return pixels

    def read_ahead(self, hashes: Sequence[str]) -> None:
        """Decode what is not known yet and keep it."""
        unknown = [name for name in hashes if key(name) not in self._table]
        if unknown:
            self(unknown)

    def flush(self) -> None:
        """Write what still waits; it is dropped when another process is writing or the disk is full."""
        waiting, self._waiting = self._waiting, {}
        if not waiting:
            return
        try:
            with self._table.writing(wait=False):
                new = [row_key for row_key in waiting if row_key not in self._table]
                if new:
                    self._table.append(new, np.stack([waiting[row_key] for row_key in new]))
        except (locks.BusyError, OSError):
            self._room = 0
        self._kept = self._table.array()

    def _keep(self, pixels: dict[bytes, np.ndarray]) -> None:
        size = len(pixels) * self._table.row_bytes
        if size > self._room:
            return
        self._room -= size
        self._waiting |= pixels
        if len(self._waiting) * self._table.row_bytes >= WRITE_BYTES:
            self.flush()
