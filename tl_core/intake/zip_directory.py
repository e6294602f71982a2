"""How much a zip of unknown origin says about its entries, counted before anything loads it.

A reader keeps half a kilobyte for each entry in memory, so a file of 100 MB that is all directory
costs gigabytes to open.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

BLOCK_BYTES = 1 << 20
_END = struct.Struct("<10xHI6x")
_END_BEGINS = b"PK\5\6"
_COMMENT_BYTES = 65_535
_LOCATOR = struct.Struct("<8xQ4x")
_LOCATOR_BEGINS = b"PK\6\7"
_RECORD = struct.Struct("<32xQQ8x")
_RECORD_BEGINS = b"PK\6\6"
_ENTRY_BEGINS = b"PK\1\2"


class Directory(NamedTuple):
    """What a zip holds by its own account, or in truth where that is more.

    Attributes:
        entries: how many.
        size_bytes: of all that is said about them.
    """

    entries: int
    size_bytes: int


def measure(file: BinaryIO, *, most_entries: int, most_bytes: int) -> Directory | None:
    """Return how large the directory of a zip is; None where it has none, so is no whole zip.

    What is declared beyond `most_entries` or `most_bytes` is returned as it is. Otherwise entries
    are counted by their signs, as a declared number may be a lie, and one beyond the most suffices.
    """
    size = file.seek(0, 2)
    tail_length = min(size, _END.size + _COMMENT_BYTES)
    file.seek(size - tail_length)
    tail = file.read(tail_length)
    at = tail.rfind(_END_BEGINS)
    if at < 0 or len(tail) - at < _END.size:
        return None
    end = size - tail_length + at
    # Where a large zip's record is there, the short one may hold no more than "see there".
    declared = [*_long_records(file, end)] or [Directory(*_END.unpack_from(tail, at))]
    entries = max(directory.entries for directory in declared)
    size_bytes = max(directory.size_bytes for directory in declared)
    if entries > most_entries or size_bytes > most_bytes:
        return Directory(entries, size_bytes)
    begin = max(0, end - size_bytes - _RECORD.size - _LOCATOR.size)
    return Directory(max(entries, _counted(file, begin, end, most_entries)), size_bytes)


def _long_records(file: BinaryIO, end: int) -> Iterator[Directory]:
    """Yield what the records of a large zip declare: where they are said to lie, and where they
    lie by custom; readers differ in which they take.
    """
    at = end - _LOCATOR.size
    if at < 0:
        return
    file.seek(at)
    locator = file.read(_LOCATOR.size)
    if not locator.startswith(_LOCATOR_BEGINS):
        return
    (told,) = _LOCATOR.unpack(locator)
    for place in {told, at - _RECORD.size}:
        if not 0 <= place < end:
            continue
        file.seek(place)
        record = file.read(_RECORD.size)
        if len(record) == _RECORD.size and record.startswith(_RECORD_BEGINS):
            yield Directory(*_RECORD.unpack(record))


def _counted(file: BinaryIO, begin: int, end: int, most: int) -> int:
    """Count what begins as entries do between two places, to one beyond `most` at least."""
    file.seek(begin)
    count, carry = 0, b""
    while file.tell() < end and count <= most:
        block = carry + file.read(min(BLOCK_BYTES, end - file.tell()))
        count += block.count(_ENTRY_BEGINS)
        carry = block[-3:]
    return count
