"""Files that a reader sees whole or not at all, and disks without room for them."""

import errno
import os
import threading
from pathlib import Path


def write_whole(path: Path, raw: bytes) -> None:
    """Write a file so that a reader sees all of it or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_quickly(path: Path, raw: bytes) -> None:
    """Write a file that a reader sees whole, without waiting for the disk; the folder must be there.

    For notes of what is also kept elsewhere: a power cut may cost them.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.partial")
    try:
        partial.write_bytes(raw)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def is_disk_full(error: OSError) -> bool:
    """Say whether it happened because the disk, or this user's share of it, is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)
