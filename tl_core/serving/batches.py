"""Several examples as one run of bytes, since a child is asked for one run of bytes at a time."""

import struct
from collections.abc import Iterable
from pathlib import Path

Example = bytes | Path
_HEAD = struct.Struct(">?Q")
"""Whether a path follows, and how many bytes."""


def joined(examples: Iterable[Example]) -> bytes:
    """Return examples (bytes, or files by their paths) as one run of bytes; see `parted`."""
    parts: list[bytes] = []
    for example in examples:
        is_path = isinstance(example, Path)
        content = str(example.resolve()).encode() if is_path else example
        parts += (_HEAD.pack(is_path, len(content)), content)
    return b"".join(parts)


def parted(batch: bytes) -> list[Example]:
    """Return the examples that `joined` was given, paths absolute."""
    examples: list[Example] = []
    place = 0
    while place < len(batch):
        is_path, length = _HEAD.unpack_from(batch, place)
        place += _HEAD.size
        content = batch[place : place + length]
        examples.append(Path(content.decode()) if is_path else content)
        place += length
    return examples
