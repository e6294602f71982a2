"""One holder at a time, across processes: a file lock that dies with its process."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None
    import msvcrt  # pyright: ignore[reportMissingImports]


WINDOWS_RETRY_S = 0.1


class BusyError(Exception):
    """Another process holds the lock."""


@contextmanager
def held(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock file at `path` (made when absent) for the length of the block.

    Raises:
        BusyError: another process holds it and `wait` is false.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        try:
            _lock(file.fileno(), wait)
        except OSError as error:
            raise BusyError(f"{path} is held by another process") from error
        yield  # closing the file lets go


def _lock(handle: int, wait: bool) -> None:
    if fcntl is not None:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        return
    while True:  # the waiting lock of Windows gives up after ten seconds
        try:
            os.lseek(handle, 0, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # pyright: ignore
            return
        except OSError:
            if not wait:
                raise
        time.sleep(WINDOWS_RETRY_S)
