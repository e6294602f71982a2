"""Room for what can be computed again: features, pixels and converted trunks.

Everything lies in GRAFT_HOME/cache; when it grows beyond the limit, whatever was used longest ago
goes first. Imports no TensorFlow.
"""

import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from tl_core import settings
from tl_core.errors import UserError
from tl_core.training import locks

RESERVE_BYTES = 16 * 1024**2
"""Left free on the disk for checkpoints, events and the model itself."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be dropped: a feature table or a converted trunk."""

    path: Path
    size_bytes: int
    used: float


def features_dir() -> Path:
    """Return the folder of feature tables."""
    return settings.current().cache_dir / "features"


def trunks_dir() -> Path:
    """Return the folder of converted trunks."""
    return settings.current().cache_dir / "trunks"


def entries() -> list[Entry]:
    """Return everything in the cache, used longest ago first."""
    found = [_table(path) for path in _children(features_dir()) if path.is_dir()]
    found += [
        Entry(path, path.stat().st_size, path.stat().st_mtime)
        for path in _children(trunks_dir())
        if path.suffix == ".tflite"
    ]
    return sorted(found, key=lambda entry: entry.used)


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
    current = settings.current()
    held = entries()
    total = sum(entry.size_bytes for entry in held)
    free = _free_bytes(current.cache_dir)
    for entry in held:
        if (
            total + needed_bytes <= current.cache_limit_bytes
            and needed_bytes + RESERVE_BYTES <= free
        ):
            break
        if entry.path not in keep and _drop(entry.path):
            total -= entry.size_bytes
            free = _free_bytes(current.cache_dir)
    if needed_bytes + RESERVE_BYTES > free:
        raise UserError(
            "disk-full",
            f"{_mib(needed_bytes)} MiB are needed and {_mib(free)} MiB are free on the disk.",
            hint="Free some space or train fewer stages, then start the run again: it goes on where it was.",
        )


def clear() -> int:
    """Drop everything that no run is using and return the bytes set free; all can be made again."""
    return sum(entry.size_bytes for entry in entries() if _drop(entry.path))


def _children(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _table(path: Path) -> Entry:
    size = sum(file.stat().st_size for file in path.iterdir() if file.is_file())
    used = path / "used"
    return Entry(path, size, (used if used.exists() else path).stat().st_mtime)


def _drop(path: Path) -> bool:
    if path.is_file():
        path.unlink(missing_ok=True)
        return True
    try:
        with locks.held(path / "lock", wait=False):
            shutil.rmtree(path)
    except locks.BusyError:
        return False
    return True


def _free_bytes(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(folder).free


def _mib(size: int) -> int:
    return round(size / 1024**2)
