"""One holder at a time, across processes: a file lock that dies with its process."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None
    import msvcrt  # pyright: ignore[reportMissingImports]


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
    mode = msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK  # pyright: ignore
    msvcrt.locking(handle, mode, 1)  # pyright: ignore
