"""Checkpoints that survive a kill at any moment: written aside, synced, renamed, verified.

A checkpoint is a folder `epoch-0007` with `arrays.safetensors`, `state.json` and `manifest.json`
(SHA-256 of the other two). Only whole folders ever carry that name; the last two are kept, so a
damaged newest one costs an epoch, not the run. Imports no TensorFlow.
"""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tl_core.base.errors import UserError

FOLDER = "checkpoints"
"""Where they lie in a run's folder."""
KEPT = 2
FILES = ("arrays.safetensors", "state.json")
_PARTIAL = ".partial"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a run needs to go on as if nothing had happened.

    Attributes:
        epoch: epochs completed.
        arrays: weights, optimiser and random state by name, exact dtypes.
        state: everything else, as JSON allows it.
    """

    epoch: int
    arrays: dict[str, np.ndarray]
    state: dict[str, Any]


def save(
    folder: Path, epoch: int, arrays: Mapping[str, np.ndarray], state: Mapping[str, Any]
) -> Path:
    """Write one checkpoint so that a reader sees all of it or nothing, then drop older ones.

    Args:
        folder: the run's `checkpoints` folder; made when absent.
        epoch: epochs completed, at least 0.
        arrays: what to keep, by name.
        state: JSON values.

    Raises:
        OSError: the disk is full or the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    partial = folder / f"{_name(epoch)}{_PARTIAL}"
    try:
        _write(partial, epoch, arrays, state)
    except OSError:
        _sweep(folder)  # on a full disk it takes the room that telling of it needs
        raise
    final = folder / _name(epoch)
    if final.exists():
        shutil.rmtree(final)
    partial.rename(final)
    _sync(folder)
    for old in _whole(folder)[KEPT:]:
        shutil.rmtree(old)
    return final


def load(folder: Path) -> tuple[Checkpoint | None, list[str]]:
    """Return the newest checkpoint that is intact, and the names of damaged ones passed over."""
    damaged = []
    for path in _whole(folder):
        found = _read(path)
        if found is not None:
            return found, damaged
        damaged.append(path.name)
    return None, damaged


def size_bytes(folder: Path) -> int:
    """Return how large the newest checkpoint is, 0 where there is none."""
    newest_first = _whole(folder)
    return sum(path.stat().st_size for path in newest_first[0].iterdir()) if newest_first else 0


def newest_whole(folder: Path) -> tuple[int, Path] | None:
    """Return the newest checkpoint that is intact, as the epochs that it holds and its folder; None where none is."""
    for path in _whole(folder):
        if (manifest := _manifest(path)) is not None:
            return manifest["epoch"], path
    return None


def put(folder: Path, epoch: int, arrays: Path, state: Path) -> None:
    """Make a checkpoint of files that came from elsewhere, which are moved; what they say is not believed here.

    Args:
        folder: the run's `checkpoints` folder; made when absent.
        epoch: epochs completed.
        arrays: a safetensors file.
        state: a JSON file.
    """
    partial = folder / f"{_name(epoch)}{_PARTIAL}"
    partial.mkdir(parents=True)
    for name, source in zip(FILES, (arrays, state), strict=True):
        shutil.move(source, partial / name)
    _seal(partial, epoch)
    partial.rename(folder / _name(epoch))
    _sync(folder)


def require_one(folder: Path) -> None:
    """Check that, where there are checkpoints, one of them can be read.

    Raises:
        UserError: "checkpoints-damaged". To begin anew in silence would throw away what a person
            believes to be going on.
    """
    names = []
    for path in _whole(folder):
        if _manifest(path) is not None:
            return
        names.append(path.name)
    if names:
        raise all_damaged(names)


def all_damaged(names: Sequence[str]) -> UserError:
    return UserError(
        "checkpoints-damaged",
        "Everything that this run kept to go on from is damaged: {names}.",
        "Start over as a new run with the same settings. Results that it had before stay as they are.",
        names=", ".join(names),
    )


def other_settings() -> UserError:
    """Return what is said where a training was to go on with settings that it did not begin with."""
    return UserError(
        "checkpoints-of-other-settings",
        "What this run kept to go on from was learnt with other settings than it has now.",
        "Start a new run with these settings, or give this one back those that it began with.",
    )


def newest(folder: Path) -> int | None:
    """Return how many epochs the newest checkpoint holds, None where there is none."""
    for path in _whole(folder):
        return int(path.name.removeprefix("epoch-"))
    return None


def _write(
    partial: Path, epoch: int, arrays: Mapping[str, np.ndarray], state: Mapping[str, Any]
) -> None:
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    partial.mkdir()
    try:
        save_file(
            {k: np.asarray(v, order="C") for k, v in arrays.items()}, partial / "arrays.safetensors"
        )
    except SafetensorError as error:  # its own class, also for a full disk
        raise OSError(errno.ENOSPC, f"the checkpoint cannot be written: {error}") from error
    (partial / "state.json").write_text(json.dumps(dict(state)), encoding="utf-8")
    _seal(partial, epoch)


def _seal(partial: Path, epoch: int) -> None:
    """Write what a checkpoint says of itself, and see that all of it is on the disk."""
    sums = {name: _sha256(partial / name) for name in FILES}
    manifest = json.dumps({"epoch": epoch, "sha256": sums})
    (partial / "manifest.json").write_text(manifest, encoding="utf-8")
    for path in (*sorted(partial.iterdir()), partial):
        _sync(path)


def _read(path: Path) -> Checkpoint | None:
    from safetensors.numpy import load_file

    manifest = _manifest(path)
    if manifest is None:
        return None
    state = json.loads((path / "state.json").read_text(encoding="utf-8"))
    return Checkpoint(manifest["epoch"], load_file(path / "arrays.safetensors"), state)


def _manifest(path: Path) -> dict[str, Any] | None:
    """Return what a checkpoint says of itself; None if its files are not what was written."""
    try:
        manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
        sums = manifest["sha256"]
        is_whole = set(sums) == set(FILES) and isinstance(manifest["epoch"], int)
        if is_whole and all(_sha256(path / name) == digest for name, digest in sums.items()):
            return manifest
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    return None


def _whole(folder: Path) -> list[Path]:
    found = [p for p in folder.glob("epoch-*") if p.is_dir() and p.suffix != _PARTIAL]
    return sorted(found, reverse=True)


def _sweep(folder: Path) -> None:
    for left in folder.glob(f"*{_PARTIAL}"):
        shutil.rmtree(left)


def _name(epoch: int) -> str:
    return f"epoch-{epoch:04d}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return  # Windows cannot open a folder; its renames are journalled
    handle = os.open(path, os.O_RDONLY if path.is_dir() or os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
