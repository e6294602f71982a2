"""A store that cannot be read is put aside, never removed, and made anew from the folders beside it."""

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tl_core.base.errors import UserError
from tl_core.home import adoption
from tl_core.home.adoption import Taken
from tl_core.store import database, refusals, store_file
from tl_core.store.claim import claim

UNREADABLE = ("store-empty", "store-damaged")
JOURNAL = "-journal"


@dataclass(frozen=True, slots=True)
class Repaired:
    """What came back, and where a store that could not be read lies now."""

    taken: Taken
    aside: Path | None


def repair() -> Repaired:
    """Take in again what has no row, after an unreadable store was put aside.

    Raises:
        UserError: "server-running" if the store must go aside while a server uses it; whatever else
            keeps it from being used, such as a disk that can only be read.
    """
    aside = None
    try:
        examine()
    except UserError as error:
        file = store_file.current()
        if error.code not in UNREADABLE or file is None:
            raise
        lock = claim(file.parent)
        try:
            aside = put_aside(file)
        finally:
            lock.release()
        database.forget_engines()
    return Repaired(adoption.adopt(), aside)


def examine() -> None:
    """Look through the whole store.

    Raises:
        UserError: "store-damaged", or what keeps it from being opened.
    """
    with database.reading():
        pass
    file = store_file.current()
    if file is None:
        return
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            return
        raise refusals.damaged(file) from error
    if found is None or found[0] != "ok":
        raise refusals.damaged(file)


def put_aside(file: Path) -> Path:
    """Move a store out of the way, with its journal; return where it lies now."""
    day = time.strftime("%Y-%m-%d-%H%M%S")
    aside = file.with_name(f"{file.stem}-put-aside-{day}{file.suffix}")
    journal = file.with_name(file.name + JOURNAL)
    file.rename(aside)
    if journal.exists():
        journal.rename(aside.with_name(aside.name + JOURNAL))
    return aside
