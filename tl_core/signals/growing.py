"""Files to which lines are only ever added: whoever asks again reads what is new, and no more."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import BinaryIO, Generic, TypeVar

Found = TypeVar("Found")
Copy = TypeVar("Copy")
Line = tuple[int, bytes]
"""The place of a line's first byte, and the line with its line break."""


@dataclass(slots=True)
class _Read(Generic[Found]):
    """What was read of one file, and up to which byte."""

    until: int
    found: Found


class Growing(Generic[Found]):
    """What was read of such files, remembered for the last few of them. Threads may ask side by side.

    Args:
        begin: makes what a file without lines comes to.
        take: adds whole lines to it.
        kept: of so many files is remembered what was read.
    """

    def __init__(
        self,
        begin: Callable[[], Found],
        take: Callable[[Found, Path, Iterator[Line]], None],
        kept: int,
    ) -> None:
        self._begin, self._take, self._kept = begin, take, kept
        self._seen: dict[tuple[Path, int], _Read[Found]] = {}
        self._lock = Lock()

    def of(self, path: Path, copy: Callable[[Found], Copy]) -> Copy:
        """Return what the lines of a file come to so far; it is another file once it was begun anew.

        A last line that is still being written waits for the next call.

        Args:
            path: need not exist.
            copy: makes what is returned, while nothing is added to what is remembered.
        """
        try:
            stands = path.stat()
        except FileNotFoundError:
            return copy(self._begin())
        key = (path, stands.st_ino)
        with self._lock:
            read = self._seen.pop(key, None) or _Read(0, self._begin())
            if stands.st_size > read.until:
                with path.open("rb") as file:
                    file.seek(read.until)
                    self._take(read.found, path, _whole_lines(file, read))
            self._seen[key] = read
            while len(self._seen) > self._kept:
                del self._seen[next(iter(self._seen))]
            return copy(read.found)


def _whole_lines(file: BinaryIO, read: _Read[Found]) -> Iterator[Line]:
    for line in file:
        if not line.endswith(b"\n"):
            return
        begin, read.until = read.until, read.until + len(line)
        yield begin, line
