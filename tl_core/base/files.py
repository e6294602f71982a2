"""Files that a reader sees whole or not at all, and disks that take none."""

import errno
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tl_core.base.errors import UserError

PARTIAL = ".partial"
"""Ends the name of a file that is being written; what a dead writer left is known by it."""


@contextmanager
def whole(path: Path, *, is_lasting: bool = False) -> Iterator[Path]:
    """Give the path of a new file that takes the place of `path` when the block ends well.

    A reader sees the old file or all of the new one. After an error the old one stays and nothing
    is left beside it.

    Args:
        path: where the file is to be; its folder must be there.
        is_lasting: wait for the disk, so that not even a power cut costs the file.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}{PARTIAL}")
    try:
        yield partial
        if is_lasting:
            with partial.open("r+b") as file:  # Windows syncs only what is open for writing
                os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_whole(path: Path, raw: bytes) -> None:
    """Write a file so that a reader sees all of it or none, for good; makes the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path, is_lasting=True) as partial:
        partial.write_bytes(raw)


def write_quickly(path: Path, raw: bytes) -> None:
    """Write a file that a reader sees whole, without waiting for the disk; the folder must be there.

    For notes of what is also kept elsewhere: a power cut may cost them.
    """
    with whole(path) as partial:
        partial.write_bytes(raw)


def is_disk_full(error: OSError) -> bool:
    """Say whether it happened because the disk, or this user's share of it, is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def is_read_only(folder: Path) -> bool:
    """Say whether the disk that holds `folder` takes no writing now, whoever asks."""
    if not hasattr(os, "statvfs"):
        return False
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def disk_trouble(error: OSError) -> UserError | None:
    """Return what a person can do about `error` if the disk is at fault; None for any other.

    Codes: "disk-full", "disk-read-only", "disk-protected".
    """
    if is_disk_full(error):
        return UserError(
            "disk-full",
            "The disk is full.",
            "Free some space, then try again. Nothing that was saved is lost.",
        )
    if error.errno == errno.EROFS:
        return UserError(
            "disk-read-only",
            "The disk can only be read now; nothing can be written to it.",
            "Make it writable again, then try again. A disk that turned so by itself may be failing: "
            "make a copy of it first.",
        )
    if error.errno in (errno.EACCES, errno.EPERM) and error.filename is not None:
        return UserError(
            "disk-protected",
            "Graft may not write or read {path}: {fault}.",
            "Give yourself the right to it, then try again.",
            path=error.filename,
            fault=error.strerror,
        )
    return None


def disk_fault(error: OSError) -> UserError | None:
    """Return what to do about a disk that fails or was taken away; code "disk-faulty"."""
    if error.errno in (errno.EIO, errno.ENXIO, errno.ENODEV, getattr(errno, "ESTALE", errno.EIO)):
        return UserError(
            "disk-faulty",
            "The disk does not answer as it should: {fault}.",
            "See that it is connected and whole, and make a copy of it if you can. Then try again.",
            fault=error.strerror,
        )
    return None
