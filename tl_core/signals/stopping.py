"""What a person wishes of work under way: to stop, or to pause. A file in its folder tells."""

import time
from pathlib import Path

from tl_core.base import files

FILE = "stop"
PAUSE = "pause"
"""What the file says when everything is to be kept as it is, to go on later."""


def ask(folder: Path, how: str = "") -> None:
    """Ask the work in `folder` to end; the file is whole from the moment that it is there."""
    files.write_quickly(folder / FILE, how.encode("ascii"))


def take_back(folder: Path) -> None:
    """Let the work in `folder` go on."""
    (folder / FILE).unlink(missing_ok=True)


def is_asked(folder: Path) -> bool:
    """Say whether the work is to end, in whatever way."""
    return (folder / FILE).exists()


def is_to_pause(folder: Path) -> bool:
    """Say whether the work is to end so that it can go on later."""
    try:
        return (folder / FILE).read_text("ascii") == PAUSE
    except FileNotFoundError:
        return False


def waited_s(folder: Path) -> float | None:
    """Return the seconds since the wish, None without one."""
    try:
        return time.time() - (folder / FILE).stat().st_mtime
    except FileNotFoundError:
        return None
