"""Every row of the store is noted beside the files that it tells of, so that a lost store is no loss.

`runs/ID/row.json`, `datasets/ID/row.json` and `projects/ID.json` hold the row as it stands in the
database, the project's along with each run and data set. The store is an index; these are what it
can be made of again (`adoption`).
"""

import json
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import ColumnElement, Connection, Table, select, text

from tl_core.base import ids, settings
from tl_core.base.files import write_quickly
from tl_core.datasets.manifest import MANIFEST
from tl_core.intake import material
from tl_core.store import schema
from tl_core.store.identity import ROW, Mark
from tl_core.store.rows import JOB_OF, OF_JOB, TABLES, Kind, job_id

Raw = dict[str, str | int | float | None]

FILE = ROW


class Note(BaseModel):
    """A row as a store had it: which store, at which of its changes."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    store: str
    changes: int
    kind: Kind
    row: Raw
    project: Raw | None = None


def write(connection: Connection, kind: Kind, identifier: str, mark: Mark) -> None:
    """Note a row as it stands in the transaction under way, where its folder exists.

    A disk that takes no note keeps nobody from their work: the row itself is in the store.
    """
    row = raw(connection, kind, identifier)
    if row is None or not ids.ID.fullmatch(identifier):
        return
    path = path_of(kind, identifier)
    project = None if kind == "project" else raw(connection, "project", str(row["project_id"]))
    told = Note(store=mark.store, changes=mark.changes, kind=kind, row=row, project=project)
    with suppress(OSError):
        if kind == "project":
            path.parent.mkdir(parents=True, exist_ok=True)
        elif not _has_files(kind, path.parent):
            return
        write_quickly(path, told.model_dump_json(indent=1).encode())


def read(path: Path, kind: Kind, identifier: str) -> Note | None:
    """Return the note in `path` if it is one about `identifier`; None for any other content."""
    try:
        note = Note.model_validate(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, ValidationError, RecursionError):
        return None
    is_its = note.kind == kind and note.row.get("id") == identifier
    return note if is_its else None


def path_of(kind: Kind, identifier: str) -> Path:
    """Return where the row of something is noted."""
    if kind == "project":
        return settings.current().projects_dir / f"{ids.checked(identifier)}.json"
    folder = ids.run_folder(identifier) if kind == "run" else ids.dataset_folder(identifier)
    return folder / FILE


def remove(project_id: str) -> None:
    """Drop the note of a project that is gone for good; others go with their folders."""
    with suppress(OSError):
        path_of("project", project_id).unlink(missing_ok=True)


def raw(connection: Connection, kind: Kind, identifier: str) -> Raw | None:
    """Return a row as the database holds it, with what its job tells, JSON as text."""
    table = TABLES[kind]
    found = _as_held(connection, table, table.c.id == identifier)
    if found is None or kind not in JOB_OF:
        return found
    jobs = schema.jobs
    job = _as_held(connection, jobs, jobs.c.id == job_id(JOB_OF[kind], identifier)) or {}
    return found | {name: job.get(name) for name in OF_JOB[kind]}


def _as_held(connection: Connection, table: Table, wanted: ColumnElement[bool]) -> Raw | None:
    query = select(text("*")).select_from(table).where(wanted)
    found = connection.execute(query).first()
    return None if found is None else dict(found._mapping)


def _has_files(kind: Kind, folder: Path) -> bool:
    """Say whether there is something to take in again; an import under way has nothing at first."""
    if kind != "dataset":
        return folder.is_dir()
    kept = (MANIFEST, f"{material.FOLDER}/{material.UPLOAD}")
    return any((folder / name).is_file() for name in kept)


def untold(connection: Connection) -> list[tuple[Kind, str]]:
    """Return the rows that are not noted yet, as (kind, id)."""
    return [
        (kind, identifier)
        for kind, table in TABLES.items()
        for identifier in connection.execute(select(table.c.id)).scalars()
        if ids.ID.fullmatch(identifier) and not path_of(kind, identifier).is_file()
    ]
