"""What has no row goes here first, for a week: `trash/runs/ID`, `trash/datasets/ID` and so on.

A row may only be missing because the store is not the right one. What lies here is found by
`adoption` as if it were in its place.
"""

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import Literal

from tl_core.base import settings

Place = Literal["runs", "datasets", "projects", "pictures"]
PLACES: tuple[Place, ...] = ("runs", "datasets", "projects", "pictures")


def folder(place: Place) -> Path:
    """Return where things of one kind lie in the trash; it need not exist."""
    return settings.current().home / "trash" / place


def put(place: Place, path: Path) -> None:
    """Move a file or a folder into the trash; what cannot be moved stays where it is."""
    target = folder(place) / path.name
    with suppress(OSError):
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove(target)
        shutil.move(path, target)
        os.utime(target)  # the week begins now


def take_out(place: Place, name: str, target: Path) -> bool:
    """Move something back into its place; false if it is not in the trash or its place is taken."""
    source = folder(place) / name
    if target.exists() or not source.exists():
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(source, target)
    return True


def put_pictures(needed: set[str]) -> None:
    """Put every picture into the trash that is not `needed`, with what lies beside it."""
    for path in settings.current().pictures_dir.glob("??/*"):
        if path.name.split(".")[0] not in needed:
            put("pictures", path)


def take_out_pictures(needed: set[str]) -> None:
    """Move pictures that are needed again back into their place."""
    for path in folder("pictures").glob("*"):
        digest = path.name.split(".")[0]
        if digest in needed:
            home = settings.current().pictures_dir / digest[:2] / path.name
            take_out("pictures", path.name, home)


def empty(older_than_s: float, places: tuple[Place, ...] = PLACES) -> None:
    """Remove for good what has lain here that long."""
    latest = time.time() - older_than_s
    for place in places:
        for path in folder(place).glob("*"):
            with suppress(OSError):
                if path.stat().st_mtime <= latest:
                    _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
