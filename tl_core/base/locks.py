"""Locks between processes that the system itself releases when their holder dies.

The files are opened here and locked by filelock, which knows how on every system. A lock is never
inherited by a child: a worker must not keep the lock of a server that died.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import filelock

from tl_core.base.errors import UserError

FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)


class BusyError(Exception):
    """Another process holds the lock."""


class Lock:
    """An exclusive lock on a file that holds its owner's pid; kept until `release` or death."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO | None = None

    def take(self) -> int | None:
        """Take the lock at once, or return the pid of the process that has it.

        Returns:
            None when it was taken; 0 when the holder is not known.

        Raises:
            OSError: if the file cannot be written.
        """
        file = _opened(self.path)
        if not filelock.lock_descriptor(file.fileno(), blocking=False):
            holder = _holder(file)
            file.close()
            return holder
        file.truncate()
        # After a blank: Windows lets nobody read the first byte, which is what is locked there.
        file.write(b" %d" % os.getpid())
        self._file = file
        return None

    def release(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            self._file.close()
            self._file = None


@contextmanager
def held(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock file at `path` (made when absent) for the length of the block.

    Raises:
        BusyError: another process holds it and `wait` is false.
    """
    with _opened(path) as file:
        if not filelock.lock_descriptor(file.fileno(), blocking=wait):
            raise BusyError(f"{path} is held by another process")
        yield  # closing the file lets go


def one_writer(folder: Path) -> Lock:
    """Lock a run's folder, so that this process alone writes into it.

    Raises:
        UserError: "already-running" if another process has it.
    """
    lock = Lock(folder / "worker.lock")
    holder = lock.take()
    if holder is not None:
        raise UserError(
            "already-running",
            "Process {process} already works on this run.",
            "Wait for it to end, or stop the run first.",
            process=holder,
        )
    return lock


@contextmanager
def writing_alone(folder: Path) -> Iterator[None]:
    """Hold the lock of `one_writer` for the length of the block."""
    lock = one_writer(folder)
    try:
        yield
    finally:
        lock.release()


def _opened(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    # os.open makes descriptors that children do not inherit.
    return os.fdopen(os.open(path, FLAGS, 0o600), "r+b", buffering=0)


def _holder(file: BinaryIO) -> int:
    """Return the pid that stands in a lock file; 0 where it cannot be read or is not one."""
    try:
        text = file.read(32)
    except PermissionError:  # Windows, where the first byte is locked
        file.seek(1)
        text = file.read(32)
    return int(text) if text.strip().isdigit() else 0
