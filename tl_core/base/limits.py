"""Limits that a process sets on itself before it opens what strangers made."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


def memory(size_bytes: int) -> None:
    """Let this process, and all that it starts, hold no more than `size_bytes` of data, for good.

    More raises MemoryError. Windows knows no such limit; there it does nothing.
    """
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_DATA, (size_bytes, size_bytes))


@contextmanager
def clock(seconds: float) -> Iterator[None]:
    """End this process by SIGALRM if the block takes longer; Windows knows no such clock.

    Not by an exception: a decoder written in C would not hear of it before it is done.
    """
    if not hasattr(signal, "setitimer"):
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


TOO_LATE = -getattr(signal, "SIGALRM", 0)
"""The exit code of a process that `clock` ended, as its parent sees it."""
