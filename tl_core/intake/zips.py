"""Zip archives of unknown origin: what the directory declares is checked before anything is unpacked."""

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from tl_core.base.said import Said
from tl_core.base.settings import Settings
from tl_core.intake import refusals, zip_directory
from tl_core.intake.taker import BLOCK, DamagedEntryError, Step, Taker, safe_name

DIRECTORY_BYTES = 64 * 1024**2
"""Most that a zip may say about all its entries; a reader holds it in memory."""

UTF8_FLAG = 0x800
UNICODE_PATH = 0x7075
"""Of a name's second form, in "extra": version 1, CRC-32 of the bare name, the name in UTF-8."""

_Entry = tuple[zipfile.ZipInfo, str, int]
"""An entry, its name made safe, and where its data begins."""


def check(path: Path, taker: Taker, limits: Settings) -> list[_Entry]:
    """Refuse a zip that shows signs of an attack; return its entries."""
    with path.open("rb") as file:
        taker.count(_count_entries(file, limits.entry_limit))
        try:
            with zipfile.ZipFile(file) as archive:
                infos = archive.infolist()
                names = [safe_name(name) for name in taker.reader.texts(list(map(_named, infos)))]
                start = archive.start_dir
        except (zipfile.BadZipFile, ValueError, struct.error, EOFError, OSError) as error:
            refusals.damaged(error)
        except NotImplementedError as error:
            refusals.unsupported(error)
        starts = _check_directory(file, infos, names, start, limits)
    return list(zip(infos, names, starts, strict=True))


def unpack(path: Path, entries: Sequence[_Entry], taker: Taker, on_progress: Step) -> None:
    """Hand every entry that was checked to `taker`."""
    with path.open("rb") as file:
        for info, name, data_start in entries:
            if info.is_dir():
                if name:
                    taker.folder(name)
            elif name and taker.wants(name):
                taker.take(name, _zip_blocks(file, info, name, data_start))
                on_progress(data_start + info.compress_size)


def _count_entries(file: BinaryIO, limit: int) -> int:
    """Count entries without loading the directory; refuse one that is too long to be loaded."""
    found = zip_directory.measure(file, most_entries=limit, most_bytes=DIRECTORY_BYTES)
    if found is None:
        refusals.damaged(None)
    if found.entries <= limit and found.size_bytes > DIRECTORY_BYTES:
        raise refusals.bomb()
    return found.entries


def _named(info: zipfile.ZipInfo) -> str | bytes:
    """Return the name, as bytes where nothing says what they are written in."""
    if info.flag_bits & UTF8_FLAG:
        return info.orig_filename
    raw = info.orig_filename.encode("cp437")  # as zipfile made text of it
    return _unicode_path(info.extra, raw) or raw


def _unicode_path(extra: bytes, raw: bytes) -> str:
    """Return the name in UTF-8 that careful packers write beside the bare one, "" without."""
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        field, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind == UNICODE_PATH and field[:1] == b"\1" and len(field) == length > 5:
            (checksum,) = struct.unpack_from("<L", field, 1)
            if checksum == zlib.crc32(raw):  # else the entry was renamed by an older program
                return field[5:].decode("utf-8", "replace")
    return ""


def _check_directory(
    file: BinaryIO,
    infos: list[zipfile.ZipInfo],
    names: list[str],
    directory_start: int,
    limits: Settings,
) -> list[int]:
    """Refuse attacks by what the directory says; return where each entry's data begins."""
    for info, name in zip(infos, names, strict=True):
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind == stat.S_IFLNK:
            raise refusals.link(name)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise refusals.device(name)
    locked = [name for info, name in zip(infos, names, strict=True) if info.flag_bits & 0x1]
    if locked:
        raise refusals.RefusalError(
            "E-PASSWORD",
            Said(
                "is locked with a password (first {entry}), so nothing was taken.",
                entry=refusals.entry(locked[0]),
            ),
            hint="Make it again without a password.",
        )
    unpacked = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    limit = limits.unpacked_limit_bytes
    if refusals.is_bomb(unpacked, packed, limit):
        alone = (refusals.is_bomb(info.file_size, info.compress_size, limit) for info in infos)
        raise refusals.bomb(
            next((name for name, is_one in zip(names, alone, strict=True) if is_one), "")
        )
    starts = [_data_start(file, info, name) for info, name in zip(infos, names, strict=True)]
    _check_overlaps(infos, names, starts, directory_start)
    return starts


def _data_start(file: BinaryIO, info: zipfile.ZipInfo, name: str) -> int:
    """Return where an entry's data begins; refuse one that is said to lie outside of the file."""
    if not 0 <= info.header_offset < os.fstat(file.fileno()).st_size:
        refusals.damaged(None, name)
    file.seek(info.header_offset)
    header = file.read(30)
    if len(header) < 30 or not header.startswith(b"PK\3\4"):
        refusals.damaged(None, name)
    name_length, extra_length = struct.unpack_from("<26xHH", header)
    return info.header_offset + 30 + name_length + extra_length


def _check_overlaps(
    infos: list[zipfile.ZipInfo], names: list[str], starts: list[int], directory_start: int
) -> None:
    """Refuse archives whose entries share bytes: small files that unpack to enormous ones."""
    spans = sorted(
        (info.header_offset, start + info.compress_size, name)
        for info, name, start in zip(infos, names, starts, strict=True)
    )
    following = [*((begin, name) for begin, _, name in spans), (directory_start, "")][1:]
    for (_, end, name), (begin, other) in zip(spans, following, strict=False):
        if end > begin:
            on_top = refusals.entry(name)
            if other:
                on_top = Said(
                    "{one} and {other}", one=refusals.entry(name), other=refusals.entry(other)
                )
            raise refusals.RefusalError(
                "E-OVERLAP",
                Said(
                    "holds files that lie on top of each other ({files}), which only harmful archives do.",
                    files=on_top,
                ),
                hint="Make the archive again from the folder that holds your pictures.",
            )


def _zip_blocks(file: BinaryIO, info: zipfile.ZipInfo, name: str, start: int) -> Iterator[bytes]:
    """Yield an entry's content; stop at the first byte more than declared."""
    if info.compress_type == zipfile.ZIP_STORED:
        blocks = _stored(file, start, info.compress_size)
    elif info.compress_type == zipfile.ZIP_DEFLATED:
        blocks = _inflated(file, start, info.compress_size)
    else:
        refusals.unsupported(None, name)
    length = checksum = 0
    for block in blocks:
        length += len(block)
        if length > info.file_size:
            raise refusals.bomb(name)
        checksum = zlib.crc32(block, checksum)
        yield block
    if length != info.file_size or checksum != info.CRC:
        raise DamagedEntryError


def _stored(file: BinaryIO, start: int, length: int) -> Iterator[bytes]:
    file.seek(start)
    while length > 0:
        block = file.read(min(BLOCK, length))
        if not block:
            return
        length -= len(block)
        yield block


def _inflated(file: BinaryIO, start: int, length: int) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for packed in _stored(file, start, length):
            pending = packed
            while pending and not inflater.eof:
                yield inflater.decompress(pending, BLOCK)
                pending = inflater.unconsumed_tail
        while not inflater.eof:
            rest = inflater.decompress(inflater.unconsumed_tail, BLOCK)
            if not rest:
                return
            yield rest
    except zlib.error as error:
        raise DamagedEntryError from error
