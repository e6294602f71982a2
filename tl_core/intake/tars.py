"""Tar archives of unknown origin, plain or compressed: read as a stream, twice, within limits."""

import bz2
import gzip
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Protocol

from tl_core.base.settings import Settings
from tl_core.intake import refusals
from tl_core.intake.taker import BLOCK, NAME_LIMIT, Step, Taker, safe_name

HEADER_BYTES = 64 * 1024
"""Most that a tar may say about one entry; a reader holds it in memory."""


BYTES = "latin-1"
"""Makes text of bare names that is turned back into the bytes they are."""


class _Reader(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...
    def close(self) -> None: ...


def opener_of(path: Path) -> Callable[[Path], IO[bytes]] | None:
    """Return how to read the tar inside `path`, None when there is none."""
    with path.open("rb") as file:
        head = file.read(512)
    if head.startswith(b"\x1f\x8b"):
        return lambda source: gzip.open(source, "rb")  # pyright: ignore[reportReturnType]
    if head.startswith(b"BZh"):
        return lambda source: bz2.open(source, "rb")  # pyright: ignore[reportReturnType]
    if head.startswith(b"\xfd7zXZ\0"):
        return lambda source: lzma.open(source, "rb")  # pyright: ignore[reportReturnType]
    if head[257:262] == b"ustar":
        return lambda source: source.open("rb")
    return None


class _Metered:
    """A stream that refuses to grow beyond the limits."""

    def __init__(self, stream: _Reader, packed_bytes: int, limit_bytes: int) -> None:
        self._stream = stream
        self._packed_bytes = packed_bytes
        self._limit_bytes = limit_bytes
        self._read = 0

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._read += len(data)
        if refusals.is_bomb(self._read, self._packed_bytes, self._limit_bytes):
            raise refusals.bomb()
        return data


class _Header(tarfile.TarInfo):
    """A header that claims no more memory than it should: names and notes come before the entry."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Header":
        header = super().frombuf(buf, encoding, errors)
        if header.type in _ABOUT_AN_ENTRY and header.size > HEADER_BYTES:
            raise refusals.bomb()
        if header.type == tarfile.GNUTYPE_SPARSE:  # holes of any size cost the sender nothing
            raise refusals.bomb()
        return header


_ABOUT_AN_ENTRY = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)


def check(path: Path, taker: Taker, limits: Settings) -> list[str]:
    """Refuse a tar that shows signs of an attack; return the names of its entries, made safe."""
    names: list[str | bytes] = []
    for member, _ in _members(path, limits):
        taker.count(1)
        names.append(_named(member))
        if len(names[-1]) > 4 * NAME_LIMIT:  # no text of so many bytes is short enough
            safe_name(_shown(member))
        if member.issym() or member.islnk():
            raise refusals.link(_shown(member))
        if not member.isfile() and not member.isdir():
            raise refusals.device(_shown(member))
        if member.issparse():
            raise refusals.bomb(_shown(member))
    return [safe_name(name) for name in taker.reader.texts(names)]


def _named(member: tarfile.TarInfo) -> str | bytes:
    """Return the name, as bytes where nothing says what they are written in."""
    told = member.pax_headers
    if "path" in told and told.get("hdrcharset") != "BINARY":
        return member.name
    return member.name.encode(BYTES, "replace")


def _shown(member: tarfile.TarInfo) -> str:
    """Return the name for what is told about an entry before all names were judged."""
    name = _named(member)
    return name if isinstance(name, str) else name.decode("utf-8", "replace")


def unpack(
    path: Path, names: Sequence[str], taker: Taker, limits: Settings, on_progress: Step
) -> None:
    """Hand every file and folder of a tar that was checked, and called `names`, to `taker`."""
    size = path.stat().st_size
    for (member, archive), name in zip(_members(path, limits), names, strict=False):
        if member.isdir():
            if name:
                taker.folder(name)
        elif name and taker.wants(name):
            content = archive.extractfile(member)
            assert content is not None  # it is a file, as the check made sure
            taker.take(name, _blocks(content))
        # A compressed tar says nowhere how long it is unpacked: what has passed is the best guess.
        on_progress(min(size, member.offset_data + member.size))


def _blocks(content: IO[bytes]) -> Iterator[bytes]:
    while block := content.read(BLOCK):
        yield block


def _members(path: Path, limits: Settings) -> Iterator[tuple[tarfile.TarInfo, tarfile.TarFile]]:
    opener = opener_of(path)
    assert opener is not None
    packed, limit = path.stat().st_size, 2 * limits.unpacked_limit_bytes
    try:
        with opener(path) as stream:
            metered = _Metered(stream, packed, limit)
            how = {"tarinfo": _Header, "encoding": BYTES, "errorlevel": 1}
            with tarfile.open(fileobj=metered, mode="r|", **how) as archive:  # pyright: ignore[reportArgumentType, reportCallIssue]
                for member in archive:
                    if refusals.is_bomb(
                        member.size, packed, limit
                    ):  # before its bytes say so: by name
                        raise refusals.bomb(_shown(member))
                    yield member, archive
                    archive.members.clear()  # streaming: what was read is not needed again
    except (tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError, ValueError) as error:
        refusals.damaged(error)
    except RecursionError as error:  # a chain of headers, each about the next
        refusals.damaged(error)
