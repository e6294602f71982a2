"""A zip whose manifest names every file in it by its SHA-256: written once, checked in full.

Files lie in it as they are, not packed, so that none can swell; names come from a fixed list, so
that none leads anywhere. What the files say is for the reader to check.
"""

import hashlib
import struct
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any, Literal

from pydantic import BaseModel, ConfigDict

from tl_core.base import file_version
from tl_core.base.said import Said
from tl_core.intake import zip_directory

MANIFEST = "manifest.json"
VERSION = 1
MANIFEST_LIMIT_BYTES = 64 * 1024**2
CHUNK_BYTES = 1 << 20
ENTRY_BYTES = 512
"""What a zip may say about one file: its name, of a hundred letters at most, and a few numbers."""

LOCAL_HEADER = struct.Struct("<26xH2x")
"""How a file in a zip begins; its name, of this length, comes next."""

Part = tuple[str, Path | bytes]
"""A name inside the file, and its content or where that lies."""
Step = Callable[[int], None]
"""Told how many bytes were done so far."""


class BrokenError(Exception):
    """Why a file is not what it should be; `reason` completes "… cannot be opened: …"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Manifest(BaseModel):
    """What a sealed file says it holds: each file's SHA-256."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    version: Literal[1] = VERSION
    files: dict[str, str]


def write(file: Path, kind: str, parts: Iterable[Part]) -> dict[str, str]:
    """Write a sealed file and return the SHA-256 of each part by name.

    The same parts make the same bytes, whenever and wherever.
    """
    hashes = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts:
            hashes[name] = _add(archive, name, content)
        manifest = Manifest(kind=kind, files=hashes)
        archive.writestr(zipfile.ZipInfo(MANIFEST), manifest.model_dump_json(indent=1))
    return hashes


def unpack(
    file: Path,
    folder: Path,
    kind: str,
    limit_bytes: Callable[[str], int],
    on_progress: Step = lambda done: None,
    *,
    most_entries: int,
) -> list[str]:
    """Write every file of a sealed one below `folder`, checked against the manifest.

    Args:
        file: of unknown origin.
        folder: to be written to; the caller removes it when this raises.
        kind: what the manifest must say.
        limit_bytes: how large the file of a name may be; 0 where no such name is known, so every
            other one is a safe relative path.
        on_progress: told bytes written.
        most_entries: files that such a file may hold, its manifest among them.

    Returns:
        The names, in the order of the manifest.

    Raises:
        BrokenError: where the fault is in the file and can be named.
        zipfile.BadZipFile, pydantic.ValidationError, OSError, ValueError, NotImplementedError:
            where it is damaged in some other way.
    """
    _require_short_directory(file, most_entries)
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        names = [member.filename for member in members]
        if MANIFEST not in names or len(names) != len(set(names)):
            raise BrokenError(Said("it has no manifest"))
        manifest = _manifest(archive)
        if manifest.kind != kind:
            raise BrokenError(Said("it is a Graft file of another kind"))
        if {*names} != {MANIFEST, *manifest.files} or not all(map(limit_bytes, manifest.files)):
            raise BrokenError(Said("it holds other files than its manifest says"))
        for name in manifest.files:
            member = archive.getinfo(name)
            if not _is_plain(member) or member.file_size > limit_bytes(name):
                raise BrokenError(Said("{name} is packed or larger than it may be", name=name))
        # Entries may share bytes, so that a small file unpacks to a large one; ours never do.
        if sum(member.file_size for member in members) > file.stat().st_size:
            raise BrokenError(Said("it says that it holds more than it does"))
        done = 0
        for name, expected in manifest.files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if _copy(archive, name, target, limit_bytes(name)) != expected:
                raise BrokenError(
                    Said("{name} is not what the manifest says; it is damaged", name=name)
                )
            done += target.stat().st_size
            on_progress(done)
    return list(manifest.files)


def _require_short_directory(file: Path, most_entries: int) -> None:
    """Refuse a file whose directory is longer than one of ours can be, before it is loaded."""
    most_bytes = most_entries * ENTRY_BYTES
    with file.open("rb") as stream:
        found = zip_directory.measure(stream, most_entries=most_entries, most_bytes=most_bytes)
    if found is None:
        raise zipfile.BadZipFile("no directory")
    if found.entries > most_entries or found.size_bytes > most_bytes:
        raise BrokenError(Said("it holds other files than its manifest says"))


def first_name(file: Path) -> str:
    """Return the name of the first part, "" where there is none: a hint, cheap for any file."""
    if not file.is_file():
        return ""
    with file.open("rb") as stream:
        head = stream.read(LOCAL_HEADER.size)
        if len(head) < LOCAL_HEADER.size or not head.startswith(b"PK\3\4"):
            return ""
        (length,) = LOCAL_HEADER.unpack(head)
        return stream.read(length).decode("utf-8", "replace")


def _add(archive: zipfile.ZipFile, name: str, content: Path | bytes) -> str:
    member = zipfile.ZipInfo(name)
    if isinstance(content, bytes):
        archive.writestr(member, content)
        return hashlib.sha256(content).hexdigest()
    member.file_size = content.stat().st_size
    with content.open("rb") as source, archive.open(member, "w") as target:
        return _poured(source, target.write)


def _copy(archive: zipfile.ZipFile, name: str, target: Path, limit: int) -> str:
    with archive.open(name) as source, target.open("wb") as stream:
        return _poured(source, stream.write, limit)


def _poured(source: IO[bytes], write: Callable[[bytes], Any], limit: int = 0) -> str:
    """Hand on what `source` holds, piece by piece; return its SHA-256."""
    hashed, done = hashlib.sha256(), 0
    while chunk := source.read(CHUNK_BYTES):
        done += len(chunk)
        if limit and done > limit:
            raise BrokenError(Said("it says that it holds more than it does"))
        hashed.update(chunk)
        write(chunk)
    return hashed.hexdigest()


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    member = archive.getinfo(MANIFEST)
    if not _is_plain(member) or member.file_size > MANIFEST_LIMIT_BYTES:
        raise BrokenError(Said("its manifest is too large"))
    text = archive.read(member)
    if file_version.is_newer(text, "version", VERSION):
        raise BrokenError(file_version.NEWER)
    return Manifest.model_validate_json(text)


def _is_plain(member: zipfile.ZipInfo) -> bool:
    """Return whether the member is neither packed nor encrypted, so that it cannot swell."""
    return member.compress_type == zipfile.ZIP_STORED and not member.flag_bits & 1
