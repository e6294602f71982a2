"""The file that holds the store, where it is one: found, and looked at before it is opened."""

import os
import stat
import time
from pathlib import Path

from tl_core.base import files, settings
from tl_core.store import refusals

# A store that another process is just making may be seen empty for a moment.
EMPTY_PATIENCE_S = 1.0


def current() -> Path | None:
    """Return the file of the store in force; None where it is none."""
    return refusals.file_of(refusals.parsed(settings.current().url))


def make_home() -> None:
    """Make the home folder.

    Raises:
        UserError: "store-unavailable", "disk-full" or "disk-read-only".
    """
    home = settings.current().home
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refusals.home(home, error) from error


def require_usable(file: Path) -> None:
    """Refuse a file that would be taken for a new store, or cannot be written; it stays as it is.

    The superuser may write what is protected; it was protected for a reason, all the same.

    Raises:
        UserError: "store-empty", "store-read-only", "store-unavailable".
    """
    until = time.monotonic() + EMPTY_PATIENCE_S
    while (about := _stat(file)).st_size == 0:
        if time.monotonic() > until:
            raise refusals.empty(file)
        time.sleep(0.02)
    if not stat.S_ISREG(about.st_mode):
        raise refusals.unavailable(file, "it is no file")
    if files.is_read_only(file.parent):
        raise refusals.read_only_disk(file)
    if not about.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
        raise refusals.protected(file)
    if not os.access(file, os.R_OK | os.W_OK):
        raise refusals.protected(file)


def is_first(file: Path) -> bool:
    """Take the name of a store that is to be made; false if another process was quicker."""
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except FileExistsError:
        return False
    return True


def _stat(file: Path) -> os.stat_result:
    try:
        return file.stat()
    except OSError as error:
        raise refusals.unavailable(file, error.strerror or str(error)) from error
