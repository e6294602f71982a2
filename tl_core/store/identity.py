"""Whether a store and a home belong together: one identity that both keep, and how far each has come.

The store counts its changes. The home notes the store's identity and the highest count it has seen.
A store that is new, was swapped for another one, or is an older copy does not know all that lies in
the home: it says so here, and until a person has the two brought together (`adoption`) nothing is
removed for want of a row.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import Connection, func, insert, select, update

from tl_core.base import about_run, ids, settings
from tl_core.base.files import write_quickly
from tl_core.datasets.manifest import MANIFEST
from tl_core.intake import material
from tl_core.store import schema

FILE = "store.json"
ROW = "row.json"
RUN_FILES = (ROW, about_run.FILE, "model/model.json")
"""Any of them makes a folder a run's that can be taken in again."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Which store, and how many changes it has seen.

    As the home's note, `parted` says that another store, or an older copy of this one, has worked
    here since: numbers alone would be even again one day.
    """

    store: str
    changes: int
    parted: bool = False


def of_store(connection: Connection) -> Mark:
    """Return the store's own mark; changes nothing."""
    row = connection.execute(select(schema.identity)).first()
    return Mark("", 0) if row is None else Mark(row.id, row.changes)


def of_home() -> Mark | None:
    """Return what the home notes; None where it notes nothing that can be read."""
    try:
        noted = json.loads(_path().read_text("utf-8"))
        return Mark(str(noted["store"]), int(noted["changes"]), bool(noted["parted"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def have_parted(connection: Connection) -> bool:
    """Say whether folders in the home may be unknown to this store because it is not theirs."""
    home, store = of_home(), of_store(connection)
    if home is not None and _agree(home, store):
        return False
    return any(unknown(connection))


def settle(connection: Connection) -> None:
    """Give a store its identity, and the home a note of it; also where all is known again.

    A home without a note that holds what the store does not know is noted as parted from it.
    """
    if connection.execute(select(schema.identity.c.id)).first() is None:
        connection.execute(insert(schema.identity).values(id=ids.new(), changes=0))
    home, store = of_home(), of_store(connection)
    if home is not None and _agree(home, store):
        return
    strange = any(unknown(connection))
    if home is None or not strange:
        note(Mark(store.store, store.changes, parted=strange))


def is_settled(connection: Connection) -> bool:
    """Say whether `settle` has nothing to do."""
    home = of_home()
    return home is not None and _agree(home, of_store(connection))


def advance(connection: Connection) -> Mark:
    """Count a change in the transaction under way; return the mark to `keep_up` with once it holds.

    Here, where nobody else writes, a store that is not the home's is found out before its number
    could overtake the home's.
    """
    before, home = of_store(connection), of_home()
    if home is not None and not home.parted and not _agree(home, before):
        note(Mark(home.store, home.changes, parted=True))
    connection.execute(update(schema.identity).values(changes=schema.identity.c.changes + 1))
    return Mark(before.store, before.changes + 1)


def keep_up(mark: Mark) -> None:
    """Note in the home that the store has come this far."""
    home = of_home()
    if home is None or home.parted or home.store != mark.store or home.changes >= mark.changes:
        return
    note(mark)


def bring_together(connection: Connection, at_least: int = 0) -> None:
    """Count on from the furthest that either has seen, and note in the home that all is known."""
    home, store = of_home(), of_store(connection)
    seen = home.changes if home is not None else 0
    changes = max(store.changes, seen, at_least) + 1
    connection.execute(update(schema.identity).values(changes=changes))
    note(Mark(store.store, changes))


def note(mark: Mark) -> None:
    """Write the home's note; a disk that takes none is told of elsewhere."""
    with suppress(OSError):
        write_quickly(_path(), json.dumps(asdict(mark)).encode())


def unknown(connection: Connection) -> Iterator[Path]:
    """Give the folders of runs and data sets that are whole and have no row in this store."""
    places = settings.current()
    for folder, table, is_whole in (
        (places.runs_dir, schema.runs, is_whole_run),
        (places.datasets_dir, schema.datasets, is_whole_dataset),
    ):
        there = [path for path in folder.glob("*") if ids.ID.fullmatch(path.name)]
        if not there:
            continue
        known = set(connection.execute(select(table.c.id)).scalars())
        for path in there:
            if path.name not in known and is_whole(path):
                yield path


def is_whole_run(folder: Path) -> bool:
    """Say whether a folder holds enough of a run to be taken in again."""
    return any((folder / name).is_file() for name in RUN_FILES)


def is_whole_dataset(folder: Path) -> bool:
    """Say whether a folder holds enough of a data set: its manifest, or an upload that waits for an answer."""
    if (folder / MANIFEST).is_file():
        return True
    return (folder / material.FOLDER / material.UPLOAD).is_file() and (folder / ROW).is_file()


def holds_anything(connection: Connection) -> bool:
    """Say whether a project, a data set or a run has a row in this store."""
    tables = (schema.projects, schema.datasets, schema.runs)
    return any(
        connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables
    )


def _agree(home: Mark, store: Mark) -> bool:
    return not home.parted and home.store == store.store and home.changes <= store.changes


def _path() -> Path:
    return settings.current().home / FILE
