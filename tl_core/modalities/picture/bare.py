"""Takes out of stored pictures whatever a camera or a person wrote beside the pixels.

Pictures are stored bare; this mends those of earlier versions, whose thumbnails kept the comments of
JPEGs. Segments and chunks are left out as they lie in the file: no pixel is decoded or changes.
"""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tl_core.base.files import write_quickly, write_whole
from tl_core.modalities.picture.pictures import SUFFIX, THUMBNAIL_SUFFIX

MARK = "bare.json"
"""Says how far the pictures were gone through; lies beside their folders."""

VERSION = 1
FOLDERS = tuple(f"{number:02x}" for number in range(256))
PAUSE_S = 0.02
"""After each folder, so that whoever waits for the disk comes first."""

_START, _SCAN, _COMMENT, _JFIF, _ADOBE = 0xD8, 0xDA, 0xFE, 0xE0, 0xEE
_APPLICATION = range(0xE0, 0xF0)
_TOLD_CHUNKS = (b"ICCP", b"EXIF", b"XMP ")
_PIXEL_CHUNKS = (b"VP8 ", b"VP8L")


def go_through(folder: Path, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Make all pictures of a store bare, from where an earlier call stopped; return how many were not.

    Args:
        folder: the store of pictures.
        should_stop: asked after each of its 256 folders; what is done stays done.

    Raises:
        OSError: the disk is full or cannot be written.
    """
    told = _mark(folder)
    mended = int(told.get("mended", 0))
    if not folder.is_dir() or told.get("done") == FOLDERS[-1]:
        return mended
    for name in FOLDERS[FOLDERS.index(told["done"]) + 1 if told.get("done") else 0 :]:
        mended += sum(_mend(path) for path in _files(folder / name))
        told = {"version": VERSION, "done": name, "mended": mended}
        write_whole(folder / MARK, json.dumps(told).encode())
        if should_stop():
            break
        time.sleep(PAUSE_S)
    return mended


def is_done(folder: Path) -> bool:
    """Say whether all pictures of a store were gone through."""
    return _mark(folder).get("done") == FOLDERS[-1]


def bare_jpeg(data: bytes) -> bytes:
    """Return a JPEG without comments and without what applications add; the pixels are the same.

    What is no JPEG, or a damaged one, is returned as it is.
    """
    if data[:2] != b"\xff\xd8":
        return data
    kept, at = [data[:2]], 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return data
        marker = data[at + 1]
        if marker == 0xFF:  # a byte of padding
            at += 1
            continue
        if marker == _SCAN:
            return b"".join((*kept, data[at:]))
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        is_told = marker == _COMMENT or marker in _APPLICATION
        if not is_told or marker in (_JFIF, _ADOBE):  # these two say how to read the colours
            kept.append(data[at:end])
        at = end
    return data


def bare_webp(data: bytes) -> bytes:
    """Return a still WebP without colour profile, EXIF and XMP, in the plain form where it fits."""
    if data[:4] != b"RIFF" or data[8:16] != b"WEBPVP8X":
        return data
    chunks = dict(_chunks(data))
    pixels = [name for name in _PIXEL_CHUNKS if name in chunks]
    if len(pixels) != 1 or set(chunks) - {b"VP8X", *_TOLD_CHUNKS, pixels[0]}:
        return data  # transparency or movement: none of ours
    body = b"WEBP" + chunks[pixels[0]]
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the name of each chunk, and all of it with name, length and padding."""
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + size + size % 2
        yield data[at : at + 4], data[at:end]
        at = end


def _mend(path: Path) -> bool:
    """Rewrite one file if there is more in it than pixels; say whether there was."""
    is_small = path.name.endswith(THUMBNAIL_SUFFIX)
    try:
        with path.open("rb") as file:
            data = file.read() if is_small else file.read(16)
            if not is_small and data[8:16] == b"WEBPVP8X":
                data += file.read()
    except FileNotFoundError:  # deleted meanwhile
        return False
    bare = bare_jpeg(data) if is_small else bare_webp(data)
    if bare == data:
        return False
    write_quickly(path, bare)
    return True


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if path.name.endswith((SUFFIX, THUMBNAIL_SUFFIX))]


def _mark(folder: Path) -> dict[str, str]:
    try:
        told = json.loads((folder / MARK).read_text("utf-8"))
        is_known = told["version"] == VERSION and told["done"] in FOLDERS
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return told if is_known else {}
