"""Unpack zip and tar archives of unknown origin into numbered files.

Names inside an archive are data: no file on disk is ever called after them. Signs of an attack
(a path that leads out, links, devices, overlaps, bombs) refuse the whole upload before or while
it is unpacked; what the archive declares about sizes is checked, never trusted.
"""

import bz2
import contextlib
import gzip
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, NoReturn, Protocol

from tl_core.data import layout
from tl_core.data.datasets import SetAside
from tl_core.data.listing import Listing, looks_like_picture
from tl_core.errors import UserError
from tl_core.said import Said
from tl_core.settings import Settings

BLOCK = 1 << 20
BOMB_BYTES = 256 * 1024**2
BOMB_RATIO = 100
"""An archive that grows this much, to more than BOMB_BYTES, holds no photographs."""

NAME_LIMIT = 1024
HEADER_BYTES = 64 * 1024
"""Most that a tar may say about one entry; a reader holds it in memory."""

DIRECTORY_BYTES = 64 * 1024**2
"""Most that a zip may say about all its entries, for the same reason."""

FOREIGN = {b"Rar!": "RAR", b"7z\xbc\xaf": "7z"}
"""How archives begin that Graft does not open, and what people call them."""

Progress = Callable[[int, int], None]
Step = Callable[[int], None]


def unpack(
    paths: Sequence[Path],
    into: Path,
    limits: Settings,
    on_progress: Progress,
    names: Sequence[str] = (),
) -> Listing:
    """Unpack the pictures of one upload into `into` as 000001, 000002, ….

    Args:
        paths: its archives; most uploads are one, a large folder comes in several.
        into: an empty folder; the caller removes it.
        limits: bounds on entries and bytes, for all archives together.
        on_progress: told (done, total) bytes of the archives.
        names: what people call the archives, for what is told about them; "" for one that was
            packed on the way here.

    Raises:
        UserError: "E-PATH", "E-LINK", "E-DEVICE", "E-OVERLAP", "E-BOMB", "E-COUNT",
            "E-PASSWORD", "E-ARCHIVE" or "E-EMPTY", naming the archive and the entry to blame.
    """
    taker = Taker(into, limits)
    total = sum(path.stat().st_size for path in paths)
    done = 0
    names = [*names, *[""] * len(paths)][: len(paths)]
    # All are checked before any is unpacked: a refusal in the last part finds nothing written.
    checked = []
    for path, name in zip(paths, names, strict=True):
        with _called(name):
            checked.append(_checked(path, taker, limits))
    bare = []
    for path, name, unpack_into in zip(paths, names, checked, strict=True):
        found = taker.found
        with _called(name):
            unpack_into(lambda part, before=done: on_progress(before + part, total))
        done += path.stat().st_size
        if name and taker.found == found:
            bare.append(name)
    if not taker.listing.pictures and not taker.listing.aside:
        raise _empty(names, taker.listing.others)
    taker.listing.aside += [_bare(name) for name in bare]
    return taker.listing


class _RefusalError(Exception):
    """Why an archive is not taken, said by what knows no name; see `_called`.

    Attributes:
        code: of the `UserError` that comes of it.
        what: what the archive does, to stand behind its name; values as of `Said`.
        hint: what to do.
    """

    def __init__(self, code: str, what: Said, hint: str) -> None:
        super().__init__(code, what, hint)
        self.code, self.what, self.hint = code, what, hint


@contextlib.contextmanager
def _called(name: str) -> Iterator[None]:
    """Turn a refusal inside the block into an error that says which archive it is about."""
    try:
        yield
    except _RefusalError as refusal:
        about = {"archive": _subject(name), "what": refusal.what}
        raise UserError(refusal.code, "{archive} {what}", refusal.hint, **about) from refusal


def _subject(name: str) -> Said:
    return Said("“{name}”", name=name[-80:]) if name else Said("The upload")


def _checked(path: Path, taker: "Taker", limits: Settings) -> Callable[[Step], None]:
    """Refuse an archive that shows signs of an attack; return what unpacks it."""
    with path.open("rb") as file:
        head = file.read(4)
    if head in FOREIGN:
        raise _RefusalError(
            "E-ARCHIVE",
            Said("is a {kind} archive, which Graft does not open.", kind=FOREIGN[head]),
            hint="Unpack it, make a zip of it, and give that.",
        )
    if head.startswith((b"PK\3\4", b"PK\5\6")) or zipfile.is_zipfile(path):
        entries = _check_zip(path, taker, limits)
        return lambda on_progress: _unpack_zip(path, entries, taker, on_progress)
    if _opener_of(path) is not None:
        _check_tar(path, taker, limits)
        return lambda on_progress: _unpack_tar(path, taker, limits, on_progress)
    raise _RefusalError(
        "E-ARCHIVE",
        Said("is not a zip or tar archive, whatever its name says."),
        hint="Put the folders with your pictures into a zip file and send that.",
    )


class Taker:
    """Writes pictures as numbered files and sorts everything else; shared by all formats."""

    def __init__(self, into: Path, limits: Settings) -> None:
        self.listing = Listing()
        self._into = into
        self._limits = limits
        self._names: set[str] = set()
        self._written = 0
        self._entries = 0

    @property
    def found(self) -> int:
        """How many files were of use so far, or are told one by one."""
        listing = self.listing
        return len(listing.pictures) + len(listing.tables) + len(listing.aside)

    def count(self, entries: int) -> None:
        """Add to the number of entries, junk and all; above the limit in force they are refused."""
        self._entries += entries
        if self._entries > self._limits.entry_limit:
            raise _RefusalError(
                "E-COUNT",
                Said("makes it more than {limit} files.", limit=f"{self._limits.entry_limit:,}"),
                hint="Give fewer at once, or raise GRAFT_ENTRY_LIMIT.",
            )

    def folder(self, name: str) -> None:
        self.listing.folders.add(name)
        self.listing.add_folders_of(name)

    def wants(self, name: str) -> bool:
        """Sort the entry called `name`; tell whether its content is needed."""
        self.listing.add_folders_of(name)
        if layout.is_junk(name) and not layout.is_table(name):
            self.listing.pass_over(name)
            return False
        if name in self._names:
            self.listing.aside.append(
                SetAside(
                    name,
                    "name-twice",
                    "Two files came under this name; the first was taken.",
                    "Rename one of them.",
                )
            )
            return False
        self._names.add(name)
        return True

    def take(self, name: str, blocks: Iterator[bytes]) -> None:
        """Write one picture or table, never more than the limits allow."""
        target = self._into / f"{len(self._names):06}"
        limit, before = self._limits.unpacked_limit_bytes, self._written
        try:
            with target.open("wb") as file:
                for block in blocks:
                    self._written += len(block)
                    if self._written > limit:
                        raise _bomb(name if self._written - before > limit else "")
                    file.write(block)
        except DamagedEntryError:
            target.unlink()
            self.listing.aside.append(
                SetAside(
                    name,
                    "picture-damaged",
                    "The picture is damaged inside the archive.",
                    "Copy it again from where it came, or leave it out.",
                )
            )
            return
        if layout.has_no_suffix(name) and not looks_like_picture(target):
            target.unlink()
            self.listing.others.append(name)
            return
        kind = self.listing.tables if layout.is_table(name) else self.listing.pictures
        kind.append((name, target))


class DamagedEntryError(Exception):
    """One entry's content does not fit its checksum."""


def _safe_name(raw: str) -> str:
    """Return an entry's name as a relative path with "/", without "." and empty parts.

    One that leads out of the archive is refused.
    """
    name = raw.replace("\\", "/")
    absolute = name.startswith("/") or (len(name) > 1 and name[1] == ":" and name[0].isalpha())
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if absolute or ".." in parts or "\0" in name or len(name) > NAME_LIMIT:
        raise _RefusalError(
            "E-PATH",
            Said(
                "wants to write outside its own folder ({entry}), so nothing was taken.",
                entry=_entry(raw),
            ),
            hint="Make the archive again from the folder that holds your pictures.",
        )
    return str(PurePosixPath(*parts)) if parts else ""


# ---- zip


_Entry = tuple[zipfile.ZipInfo, str, int]
"""An entry, its name made safe, and where its data begins."""


def _check_zip(path: Path, taker: Taker, limits: Settings) -> list[_Entry]:
    with path.open("rb") as file:
        taker.count(_count_central(file, limits.entry_limit))
        try:
            with zipfile.ZipFile(file) as archive:
                infos = archive.infolist()
                names = [_safe_name(_name_of(info)) for info in infos]
                start = archive.start_dir
        except (zipfile.BadZipFile, ValueError, struct.error, EOFError, OSError) as error:
            _damaged(error)
        except NotImplementedError as error:
            _unsupported(error)
        starts = _check_directory(file, infos, names, start, limits)
    return list(zip(infos, names, starts, strict=True))


def _unpack_zip(path: Path, entries: Sequence[_Entry], taker: Taker, on_progress: Step) -> None:
    with path.open("rb") as file:
        for info, name, data_start in entries:
            if info.is_dir():
                if name:
                    taker.folder(name)
            elif name and taker.wants(name):
                taker.take(name, _zip_blocks(file, info, name, data_start))
                on_progress(data_start + info.compress_size)


def _count_central(file: BinaryIO, limit: int) -> int:
    """Count entries in the central directory without loading it; a lie about it ends soon after.

    Its position is taken from the end record, its length from the bytes themselves.
    """
    size = file.seek(0, 2)
    tail_length = min(size, 22 + 65535 + 20)
    file.seek(size - tail_length)
    tail = file.read(tail_length)
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < 22:
        _damaged(None)
    declared, directory_bytes = struct.unpack_from("<10xHI", tail, at)
    locator = at - 20
    if locator >= 0 and tail[locator : locator + 4] == b"PK\6\7":
        (record,) = struct.unpack_from("<8xQ", tail, locator)
        record = min(record, size)
        file.seek(record)
        data = file.read(56)
        if len(data) == 56 and data.startswith(b"PK\6\6"):
            declared, directory_bytes = struct.unpack_from("<32xQQ", data)
    if declared > limit:
        return declared
    if directory_bytes > DIRECTORY_BYTES:
        raise _bomb()
    end = size - tail_length + at
    begin = max(0, end - directory_bytes - 76)
    file.seek(begin)
    count, carry = 0, b""
    while file.tell() < end and count <= limit:
        block = carry + file.read(min(BLOCK, end - file.tell()))
        count += block.count(b"PK\1\2")
        carry = block[-3:]
    return count


def _name_of(info: zipfile.ZipInfo) -> str:
    """Return the name, read as UTF-8 where a packer forgot to say that it is."""
    if info.flag_bits & 0x800:
        return info.orig_filename
    try:
        return info.orig_filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.orig_filename


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
            raise _link(name)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _device(name)
    locked = [name for info, name in zip(infos, names, strict=True) if info.flag_bits & 0x1]
    if locked:
        raise _RefusalError(
            "E-PASSWORD",
            Said(
                "is locked with a password (first {entry}), so nothing was taken.",
                entry=_entry(locked[0]),
            ),
            hint="Make it again without a password.",
        )
    unpacked = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    limit = limits.unpacked_limit_bytes
    if _is_bomb(unpacked, packed, limit):
        alone = (_is_bomb(info.file_size, info.compress_size, limit) for info in infos)
        raise _bomb(next((name for name, is_one in zip(names, alone, strict=True) if is_one), ""))
    starts = [_data_start(file, info, name) for info, name in zip(infos, names, strict=True)]
    _check_overlaps(infos, names, starts, directory_start)
    return starts


def _data_start(file: BinaryIO, info: zipfile.ZipInfo, name: str) -> int:
    file.seek(info.header_offset)
    header = file.read(30)
    if len(header) < 30 or not header.startswith(b"PK\3\4"):
        _damaged(None, name)
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
            on_top = _entry(name)
            if other:
                on_top = Said("{one} and {other}", one=_entry(name), other=_entry(other))
            raise _RefusalError(
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
        _unsupported(None, name)
    length = checksum = 0
    for block in blocks:
        length += len(block)
        if length > info.file_size:
            raise _bomb(name)
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


# ---- tar


class _Reader(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...
    def close(self) -> None: ...


def _opener_of(path: Path) -> Callable[[Path], IO[bytes]] | None:
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
        if _is_bomb(self._read, self._packed_bytes, self._limit_bytes):
            raise _bomb()
        return data


class _Header(tarfile.TarInfo):
    """A header that claims no more memory than it should: names and notes come before the entry."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Header":
        header = super().frombuf(buf, encoding, errors)
        if header.type in _ABOUT_AN_ENTRY and header.size > HEADER_BYTES:
            raise _bomb()
        if header.type == tarfile.GNUTYPE_SPARSE:  # holes of any size cost the sender nothing
            raise _bomb()
        return header


_ABOUT_AN_ENTRY = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)


def _check_tar(path: Path, taker: Taker, limits: Settings) -> None:
    for member, _ in _members(path, limits):
        taker.count(1)
        _safe_name(member.name)
        if member.issym() or member.islnk():
            raise _link(member.name)
        if not member.isfile() and not member.isdir():
            raise _device(member.name)
        if member.issparse():
            raise _bomb(member.name)


def _unpack_tar(path: Path, taker: Taker, limits: Settings, on_progress: Step) -> None:
    size = path.stat().st_size
    for member, archive in _members(path, limits):
        name = _safe_name(member.name)
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
    opener = _opener_of(path)
    assert opener is not None
    packed, limit = path.stat().st_size, 2 * limits.unpacked_limit_bytes
    try:
        with opener(path) as stream:
            metered = _Metered(stream, packed, limit)
            with tarfile.open(fileobj=metered, mode="r|", errorlevel=1, tarinfo=_Header) as archive:  # pyright: ignore[reportArgumentType, reportCallIssue]
                for member in archive:
                    if _is_bomb(member.size, packed, limit):  # before its bytes say so: by name
                        raise _bomb(member.name)
                    yield member, archive
                    archive.members.clear()  # streaming: what was read is not needed again
    except (tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError, ValueError) as error:
        _damaged(error)
    except RecursionError as error:  # a chain of headers, each about the next
        _damaged(error)


# ---- refusals


def _is_bomb(unpacked: int, packed: int, limit: int) -> bool:
    swells = unpacked > BOMB_BYTES and unpacked > BOMB_RATIO * max(1, packed)
    return swells or unpacked > limit


def _entry(name: str) -> str:
    """Return an entry's name as a person may be shown it, whatever signs are in it."""
    return repr(name[:80])


def _bomb(name: str = "") -> _RefusalError:
    to_blame = Said(" ({entry} alone does)", entry=_entry(name)) if name else ""
    return _RefusalError(
        "E-BOMB",
        Said("unpacks to far more than it should{who}, so nothing was taken.", who=to_blame),
        hint="If it is honest, split it, or raise GRAFT_UNPACKED_LIMIT_BYTES.",
    )


def _link(name: str) -> _RefusalError:
    return _RefusalError(
        "E-LINK",
        Said("holds a link ({entry}), so nothing was taken.", entry=_entry(name)),
        hint="Put the pictures themselves into the archive.",
    )


def _device(name: str) -> _RefusalError:
    return _RefusalError(
        "E-DEVICE",
        Said(
            "holds something that is no ordinary file ({entry}), so nothing was taken.",
            entry=_entry(name),
        ),
        hint="Make the archive again from the folder that holds your pictures.",
    )


def _damaged(cause: BaseException | None, name: str = "") -> NoReturn:
    where = Said(" (at {entry})", entry=_entry(name)) if name else ""
    raise _RefusalError(
        "E-ARCHIVE",
        Said("is damaged or was cut short{where}.", where=where),
        hint="Make it again, or copy it again from where it came.",
    ) from cause


def _unsupported(cause: BaseException | None, name: str = "") -> NoReturn:
    where = Said(" ({entry})", entry=_entry(name)) if name else ""
    raise _RefusalError(
        "E-ARCHIVE",
        Said("is packed in a way that Graft does not open{where}.", where=where),
        hint="Make it again with ordinary zip compression.",
    ) from cause


def _empty(names: Sequence[str], others: Sequence[str]) -> UserError:
    which = Said(
        "{archive} holds no pictures", archive=_subject(names[0] if len(names) == 1 else "")
    )
    if len(names) > 1 and all(names):
        shown = ", ".join(_subject(name) for name in names[:5]) + (" …" if len(names) > 5 else "")
        which = Said("None of {archives} holds pictures", archives=shown)
    only = Said(", only files such as {entry}", entry=_entry(others[0])) if others else ""
    hint = "Put one folder of pictures for each class into it."
    return UserError("E-EMPTY", "{which}{only}.", hint, which=which, only=only)


def _bare(name: str) -> SetAside:
    return SetAside(
        name,
        "archive-empty",
        "The archive holds no pictures.",
        "Put one folder of pictures for each class into it.",
    )
