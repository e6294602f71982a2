"""Why the store cannot be used, in words: what the database or the disk says becomes a `UserError`."""

import errno
import os
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from tl_core.base import files, settings
from tl_core.base.errors import UserError
from tl_core.base.said import Said

REPAIR = Said(
    "Run “python -m tl_core doctor --repair”: it puts the file aside and makes the store anew from the "
    "folders beside it. Or move it away and put back a copy: “python -m tl_core restore FILE”."
)


KINDS = ("sqlite", "postgresql")


def parsed(url: str) -> URL:
    """Return a database's address, taken apart.

    Raises:
        UserError: "store-address".
    """
    try:
        found = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise _bad_address() from error
    if found.drivername.partition("+")[0] not in KINDS:
        raise _bad_address()
    return found


def opened(url: URL, **options: Any) -> Engine:
    """Return an engine for a database that is no file.

    Raises:
        UserError: "store-address" if there is no such kind, "store-driver" if its library is missing.
    """
    try:
        return create_engine(url, **options)
    except (NoSuchModuleError, ArgumentError) as error:
        raise _bad_address() from error
    except ImportError as error:
        raise UserError(
            "store-driver",
            "The library {library!r}, which GRAFT_DATABASE_URL needs, is not installed.",
            "Install it, for example: pip install {library}",
            library=error.name or "psycopg",
        ) from error


def explained(error: DBAPIError, url: str) -> Exception:
    """Turn what the database says into words; what has none stays as it is."""
    said = str(error.orig).lower()
    place = Place.of(url)
    if "locked" in said:
        return UserError(
            "store-locked",
            "Another program has been writing to the store for more than 10 seconds.",
            "Close it, or try again in a moment.",
        )
    if "disk is full" in said or "no space left" in said or place.is_full():
        return full_disk(place.folder)
    if "readonly" in said or "read-only" in said:
        if place.file is None:
            return UserError(
                "store-read-only",
                "The database takes no changes now: {fault}.",
                "Ask whoever looks after it, or set GRAFT_DATABASE_URL to another one.",
                fault=_first_line(error),
            )
        return protected(place.file) if not place.is_read_only() else read_only_disk(place.file)
    if place.file is not None and not place.file.exists():
        return gone(place.file)
    if "malformed" in said or "not a database" in said or "no such table" in said:
        return damaged(place.file or place.folder)
    if "undefinedtable" in type(error.orig).__name__.lower():
        return UserError(
            "store-damaged",
            "A table of the store is missing: {fault}.",
            "Put back a copy of the database: python -m tl_core restore FILE",
            fault=_first_line(error),
        )
    if (place.file is None and error.connection_invalidated) or _is_far(error, place):
        return unavailable(None, _first_line(error))
    if "unable to open" in said or "disk i/o" in said:
        return unavailable(place.file, _first_line(error))
    return error


def file_of(url: URL) -> Path | None:
    """Return the file of a store; None where it is none, such as PostgreSQL."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    if url.database.startswith("file:"):
        return None
    return Path(url.database).absolute()


class Place:
    """Where a store lies: its file, or none, and the folder whose disk matters."""

    def __init__(self, file: Path | None) -> None:
        self.file = file
        self.folder = file.parent if file is not None else settings.current().home

    @classmethod
    def of(cls, url: str) -> "Place":
        return cls(file_of(parsed(url)))

    def is_read_only(self) -> bool:
        return files.is_read_only(self.folder)

    def is_full(self) -> bool:
        """Say whether not even a journal fits; only where the store is a file here."""
        if self.file is None or not hasattr(os, "statvfs"):
            return False
        try:
            return os.statvfs(self.folder).f_bavail == 0
        except OSError:
            return False


def empty(file: Path) -> UserError:
    return UserError(
        "store-empty",
        "The store's file {file} is empty: 0 bytes. It was left as it is.",
        REPAIR,
        file=file,
    )


def damaged(file: Path) -> UserError:
    return UserError(
        "store-damaged",
        "The store's file {file} is damaged. It was left as it is.",
        REPAIR,
        file=file,
    )


def incomplete(url: str, table: str) -> UserError:
    file = Place.of(url).file
    if file is not None:
        return damaged(file)
    return UserError(
        "store-damaged",
        "The table {table!r} of the store is missing.",
        "Put back a copy of the database.",
        table=table,
    )


def protected(file: Path) -> UserError:
    return UserError(
        "store-read-only",
        "The store's file {file} is protected against writing.",
        "Allow writing to it, or set GRAFT_HOME to another folder.",
        file=file,
    )


def read_only_disk(place: Path) -> UserError:
    return UserError(
        "disk-read-only",
        "The disk that holds {place} can only be read now.",
        "Make it writable again, or set GRAFT_HOME to a folder on another disk. A disk that turned so by itself "
        "may be failing: make a copy of it first.",
        place=place,
    )


def full_disk(folder: Path) -> UserError:
    if folder != settings.current().home:
        return UserError(
            "disk-full",
            "The disk that holds {place} is full.",
            "Free some space on it, then try again.",
            place=folder,
        )
    return UserError(
        "disk-full",
        "The disk that holds {place} is full.",
        "Free some space, for example by deleting old runs, and try again. The folder “cache” in {place} may be "
        "emptied: all of it can be made again.",
        place=folder,
    )


def gone(file: Path) -> UserError:
    return UserError(
        "store-gone",
        "The store's file {file} is gone.",
        "Put it back; or stop Graft and start it again: it then makes a new store, and takes in again what lies "
        "in the folders beside it when you say so.",
        file=file,
    )


def unavailable(file: Path | None, fault: str) -> UserError:
    if file is None:
        return UserError(
            "store-unavailable",
            "The database cannot be reached: {fault}.",
            "See that it runs and that GRAFT_DATABASE_URL is right.",
            fault=fault,
        )
    return UserError(
        "store-unavailable",
        "The store {file} cannot be opened: {fault}.",
        "Check that the folder exists and that you may write to it, or set GRAFT_HOME.",
        file=file,
        fault=fault,
    )


def foreign(url: str) -> UserError:
    return UserError(
        "store-foreign",
        "The database {place} holds tables that Graft did not make. It was left as it is.",
        "Set GRAFT_DATABASE_URL to a database of Graft's own.",
        place=parsed(url).render_as_string(hide_password=True),
    )


def newer(step: str) -> UserError:
    return UserError(
        "store-newer",
        "The store was made by a newer Graft (it has {name!r}).",
        "Update Graft, or set GRAFT_HOME to another folder.",
        name=step,
    )


def home(folder: Path, error: OSError) -> UserError:
    """Say why the home folder cannot be made or written."""
    if files.is_disk_full(error):
        return full_disk(folder)
    if error.errno == errno.EROFS:
        return read_only_disk(folder)
    if not folder.exists():
        return UserError(
            "store-unavailable",
            "The folder {home} cannot be made: {fault}.",
            "Set GRAFT_HOME to a folder that you may write to.",
            home=folder,
            fault=error.strerror,
        )
    return UserError(
        "store-read-only",
        "Nothing can be written in {home}: {fault}.",
        "Make the folder writable, or set GRAFT_HOME to another one.",
        home=folder,
        fault=error.strerror,
    )


def unwritable(file: Path, error: OSError) -> UserError:
    """Say why nothing can be written where the store is to be."""
    if files.is_disk_full(error):
        return full_disk(file.parent)
    if error.errno == errno.EROFS:
        return read_only_disk(file.parent)
    return unavailable(file, error.strerror or str(error))


def _is_far(error: DBAPIError, place: Place) -> bool:
    kind = type(error.orig).__name__
    return place.file is None and kind in ("OperationalError", "InterfaceError", "AdminShutdown")


def _first_line(error: DBAPIError) -> str:
    lines = str(error.orig).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error.orig).__name__


def _bad_address() -> UserError:
    # The address itself is not repeated: it may hold a password.
    return UserError(
        "store-address",
        "GRAFT_DATABASE_URL is not the address of a database that Graft can use.",
        "Give one such as postgresql+psycopg://NAME@HOST/DATABASE or sqlite:////FOLDER/graft.db, or unset it.",
    )
