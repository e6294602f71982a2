"""Decoded examples at the size that a network sees, kept so that each is decoded once a size.

A stored picture takes longer to decode than the smaller backbones take to look at it. What is kept
is plain; changed copies are made of it. Imports no TensorFlow.
"""

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tl_core.base import locks
from tl_core.encoding import cache
from tl_core.encoding.rows import Rows, key
from tl_core.modalities.modality import Entry, Modality

WRITE_BYTES = 8 * 1024**2
"""What is held in memory before it is synced to disk; the process of the first answer is to stay small."""


def folder(modality: Modality, entry: Entry) -> Path:
    """Return where the table of examples of one size lies, which need not exist."""
    return cache.table_folder(modality.table_name(entry))


def table(modality: Modality, entry: Entry, *, use: bool = True) -> Rows:
    """Open the table of examples of one size: rows as `Modality.decode` gives them."""
    shape = modality.input_shape(entry.size)
    return Rows(folder(modality, entry), shape, modality.kept_type, use=use)


class Decoder:
    """Reads plain examples from the table where they are known, else from the store.

    What had to be decoded is added to the table, as long as that drives nothing else out of the
    cache and nobody else is writing there. Several threads may ask at once.

    Args:
        modality: what the examples are.
        entry: what each has to become.
        reserved_bytes: room in the cache that others are about to take.
    """

    def __init__(self, modality: Modality, entry: Entry, reserved_bytes: int = 0) -> None:
        self._modality, self._entry = modality, entry
        self._table = table(modality, entry)
        self._kept = self._table.array()
        self._written = table(modality, entry)
        self._room = cache.spare_bytes() - reserved_bytes
        self._waiting: dict[bytes, np.ndarray] = {}
        self._turn, self._writing = threading.Lock(), threading.Lock()
        self.decoded = 0

    def __call__(self, hashes: Sequence[str], threads: int = 0) -> np.ndarray:
        """Return examples as the network takes them, (n, *input_shape), for n hashes.

        Args:
            hashes: of the examples.
            threads: decoders side by side; 0 takes the setting in force.
        """
        keys = [key(name) for name in hashes]
        decoded = np.empty((len(keys), *self._table.shape), self._table.dtype)
        unknown = self._copy_known(keys, decoded)
        if len(unknown):
            names = np.array(hashes)[unknown]
            decoded[unknown] = self._modality.decode(names, self._entry, threads=threads)
            self._keep({keys[i]: decoded[i] for i in unknown})
        return decoded

    def _copy_known(self, keys: list[bytes], decoded: np.ndarray) -> np.ndarray:
        """Fill `decoded` with those that the table holds; return where it holds none, int (n,)."""
        with self._turn:
            known = np.array([row_key in self._table for row_key in keys], bool)
            places = self._table.positions(
                [name for name, there in zip(keys, known, strict=True) if there]
            )
            kept = self._kept
        if known.any():
            decoded[known] = kept[places]
        return np.flatnonzero(~known)

    def read_ahead(self, hashes: Sequence[str]) -> None:
        """Decode what is not known yet and keep it."""
        unknown = [name for name in hashes if key(name) not in self._table]
        if unknown:
            self(unknown)

    def flush(self) -> None:
        """Write what still waits; it is dropped when another process is writing or the disk is full."""
        with self._turn:
            waiting, self._waiting = self._waiting, {}
        if not waiting:
            return
        # Others read on meanwhile, from the table as they know it.
        with self._writing:
            try:
                with self._written.writing(wait=False):
                    new = [row_key for row_key in waiting if row_key not in self._written]
                    if new:
                        self._written.append(new, np.stack([waiting[name] for name in new]))
            except (locks.BusyError, OSError):
                self._room = 0
            with self._turn:
                self._table.refresh()
                self._kept = self._table.array()

    def _keep(self, decoded: dict[bytes, np.ndarray]) -> None:
        size = len(decoded) * self._table.row_bytes
        with self._turn:
            self.decoded += len(decoded)
            if size > self._room:
                return
            self._room -= size
            self._waiting |= decoded
            is_full = len(self._waiting) * self._table.row_bytes >= WRITE_BYTES
        if is_full:
            self.flush()
