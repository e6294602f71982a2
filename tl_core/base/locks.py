"""Locks between processes that the system itself releases when their holder dies."""

import os
import sys
from pathlib import Path
from typing import BinaryIO

from tl_core.base.errors import UserError

# Locked instead of the text, because Windows lets nobody read what is locked.
LOCKED_BYTE = 1024
FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)


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
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # Not inherited by children: a worker must not keep the lock of a server that died.
        file = os.fdopen(os.open(self.path, FLAGS, 0o600), "r+b", buffering=0)
        if not _lock(file):
            holder = file.read(32).strip()
            file.close()
            return int(holder) if holder.isdigit() else 0
        file.truncate()
        file.write(str(os.getpid()).encode())
        self._file = file
        return None

    def release(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            self._file.close()
            self._file = None


def one_writer(folder: Path) -> Lock:
    """Take the right to work in a run's folder.

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


if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO) -> bool:
        file.seek(LOCKED_BYTE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            file.seek(0)
        return True

else:
    import fcntl

    def _lock(file: BinaryIO) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
