"""Room for what can be computed again: features, decoded examples, converted trunks, fingerprints.

Everything lies in GRAFT_HOME/cache; when it grows beyond the limit, whatever was used longest ago
goes first. Imports no TensorFlow.
"""

import contextlib
import hashlib
import json
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from tl_core.base import choices, locks, machine, settings
from tl_core.base.errors import UserError

COMFORT_BYTES = 2 * 1024**3
"""Left free on the disk by what is only kept to save time."""
RESERVE_BYTES = 16 * 1024**2
"""Left free on the disk for checkpoints, events and the model itself."""
LIMIT = "cache_limit", "bytes"
"""Where a person's choice of it is kept."""
LOCK = "lock"
"""File in the folder of a table; its one writer holds it."""
HALF_WRITTEN = "*.partial"
ABANDONED_AFTER_S = 3600
"""A half-written file that nobody touched for so long was left behind by a process that died."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be dropped: a table of features, a converted trunk, fingerprints."""

    path: Path
    size_bytes: int
    used: float


def features_dir() -> Path:
    """Return the folder of feature tables."""
    return settings.current().cache_dir / "features"


def table_folder(what: Sequence[object]) -> Path:
    """Return the folder of the table whose rows `what` determines: numbers and words."""
    name = hashlib.sha256(json.dumps(list(what)).encode()).hexdigest()[:32]
    return features_dir() / name


def trunks_dir() -> Path:
    """Return the folder of converted trunks."""
    return settings.current().cache_dir / "trunks"


def limit_bytes() -> int:
    """Return how large the cache may grow: what a person chose, else the setting."""
    chosen = choices.chosen(*LIMIT)
    return max(0, chosen) if isinstance(chosen, int) else settings.current().cache_limit_bytes


def choose_limit(size_bytes: int) -> None:
    """Let the cache grow to `size_bytes` from now on, and drop what is beyond that."""
    choices.choose(*LIMIT, size_bytes)
    _drop_until(size_bytes)


def entries() -> list[Entry]:
    """Return everything in the cache, used longest ago first."""
    tables = (_table(path) for path in _children(features_dir()) if path.is_dir())
    found = [table for table in tables if table.size_bytes]
    found += [
        Entry(path, path.stat().st_size, path.stat().st_mtime)
        for path in [*trunks_dir().glob("*.tflite"), *_fingerprints_dir().glob("*/*.npy")]
    ]
    return sorted(found, key=lambda entry: entry.used)


def sweep() -> int:
    """Remove half-written files whose writers died, and return the bytes set free."""
    freed, latest = 0, time.time() - ABANDONED_AFTER_S
    for path in settings.current().cache_dir.rglob(HALF_WRITTEN):
        with contextlib.suppress(FileNotFoundError):  # its writer has just finished
            about = path.stat()
            if about.st_mtime < latest:
                path.unlink()
                freed += about.st_size
    return freed


def make_room(needed_bytes: int, keep: Collection[Path] = ()) -> None:
    """Drop what was used longest ago until `needed_bytes` more fit below the limit.

    Args:
        needed_bytes: about to be written.
        keep: entries that this run uses.

    Raises:
        UserError: "disk-full" when the disk itself has too little room.
    """
    if needed_bytes == 0:
        return
    sweep()
    _drop_until(limit_bytes() - needed_bytes, needed_bytes + RESERVE_BYTES, keep)
    free = _free_bytes(settings.current().cache_dir)
    if needed_bytes + RESERVE_BYTES > free:
        raise UserError(
            "disk-full",
            "{needed} MiB are needed and {free} MiB are free on the disk.",
            hint="Free some space or train fewer stages, then start the run again: it goes on where it was.",
            needed=_mib(needed_bytes),
            free=_mib(free),
        )


def most_bytes(keep: Collection[Path] = (), held: Sequence[Entry] | None = None) -> int:
    """Return how much can be written at most, if all but `keep` had to go.

    Args:
        keep: entries that stay.
        held: what `entries` returned a moment ago; looked up when None.
    """
    held = entries() if held is None else held
    kept = sum(entry.size_bytes for entry in held if entry.path in keep)
    dropped = sum(entry.size_bytes for entry in held) - kept
    room = _free_bytes(settings.current().cache_dir) - RESERVE_BYTES + dropped
    return max(0, min(limit_bytes() - kept, room))


def spare_bytes() -> int:
    """Return how much can be written without dropping anything or crowding the disk."""
    held = sum(entry.size_bytes for entry in entries())
    free = _free_bytes(settings.current().cache_dir) - COMFORT_BYTES
    return max(0, min(limit_bytes() - held, free))


def clear() -> int:
    """Drop everything that no run is using and return the bytes set free; all can be made again."""
    return sweep() + sum(entry.size_bytes for entry in entries() if drop(entry.path))


def _drop_until(total_bytes: int, free_bytes: int = 0, keep: Collection[Path] = ()) -> None:
    """Drop what was used longest ago until so much is held at most and so much is free."""
    held = entries()
    total = sum(entry.size_bytes for entry in held)
    folder = settings.current().cache_dir
    for entry in held:
        if total <= total_bytes and _free_bytes(folder) >= free_bytes:
            break
        if entry.path not in keep and drop(entry.path):
            total -= entry.size_bytes


def _fingerprints_dir() -> Path:
    return settings.current().cache_dir / "fingerprints"


def _children(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _table(path: Path) -> Entry:
    size = sum(file.stat().st_size for file in path.iterdir() if file.is_file())
    used = path / "used"
    return Entry(path, size, (used if used.exists() else path).stat().st_mtime)


def drop(path: Path) -> bool:
    """Remove an entry and say whether it is gone; a table that is being written stays.

    The lock file of a table stays: who waits for it would hold the lock of a removed file.
    """
    try:
        if path.is_file():
            path.unlink()
            return True
        with locks.held(path / LOCK, wait=False):
            for file in path.iterdir():
                if file.name != LOCK:
                    file.unlink()
    except FileNotFoundError:
        return True
    except (locks.BusyError, PermissionError):  # Windows keeps files that somebody reads
        return False
    return True


def _free_bytes(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    return machine.free_disk_bytes(folder)


def _mib(size: int) -> int:
    return round(size / 1024**2)
