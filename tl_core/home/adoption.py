"""What lies in the home without a row is taken in again: projects, data sets and runs, from their folders.

The store may have been lost, damaged, swapped for another one or put back from an older copy. The
notes beside the files (`notes`) hold the rows as they were; folders of an older Graft, which wrote
none, tell enough to make new ones of (`retelling`).
"""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, Integer, column, insert, select, table, update
from sqlalchemy.types import Float

from tl_core.base import ids, settings
from tl_core.datasets.manifest import MANIFEST
from tl_core.home import housekeeping, retelling, trash
from tl_core.signals import stopping
from tl_core.store import database, identity, row_notes, rows, schema
from tl_core.store.row_notes import Kind, Note, Raw

FIRST = "My first project"
FOUND_AGAIN = "Found again"
JSON_COLUMNS = ("request", "counts", "further", "error", "config", "inputs", "metrics")


@dataclass(frozen=True, slots=True)
class Taken:
    """How many projects, data sets and runs have no row, or were given one again."""

    projects: int = 0
    datasets: int = 0
    runs: int = 0
    renewed: int = 0

    @property
    def total(self) -> int:
        return self.projects + self.datasets + self.runs + self.renewed

    def __str__(self) -> str:
        """Say it on the command line, such as "1 data set, 2 runs"."""
        counted = (
            (self.projects, "project", "projects"),
            (self.datasets, "data set", "data sets"),
            (self.runs, "run", "runs"),
        )
        told = [f"{count} {one if count == 1 else many}" for count, one, many in counted if count]
        return ", ".join(told) or "nothing"


def is_needed() -> bool:
    """Say whether store and home have parted; cheap while they have not."""
    with database.reading() as connection:
        return identity.have_parted(connection)


def found() -> Taken:
    """Count what could be taken in again, in its place and in the trash."""
    with database.reading() as connection:
        here = list(identity.unknown(connection))
        known = _known(connection, "run") | _known(connection, "dataset")
    runs = settings.current().runs_dir
    away = [*_whole_in_trash("runs", known), *_whole_in_trash("datasets", known)]
    return Taken(
        datasets=sum(path.parent.name == "datasets" for path in (*here, *away)),
        runs=sum(path.parent == runs or path.parent.name == "runs" for path in (*here, *away)),
    )


def adopt(on_progress: Callable[[int, int], object] = lambda done, total: None) -> Taken:
    """Give everything whole a row again and bring store and home together; return what came back.

    All of it or nothing. Rows that are here already are renewed where the folder's note is of a later
    day of the same store. Nothing is removed; a run that was at work goes on or ends as
    `jobs.watch` sees fit.

    Args:
        on_progress: told how many of how many folders were looked at.

    Raises:
        UserError: as `database.writing`.
    """
    with database.writing() as connection:
        _take_out_of_trash(_known(connection, "run") | _known(connection, "dataset"))
        work = _Work(connection, on_progress)
        work.gather()
        taken = work.insert()
        identity.bring_together(connection, at_least=work.latest)
        work.note_again()
    needed = housekeeping.needed_pictures()
    if needed:
        trash.take_out_pictures(needed)
    return taken


@dataclass(slots=True)
class _Work:
    """One adoption: gathers rows of all kinds, then writes them in the order in which they refer."""

    connection: Connection
    on_progress: Callable[[int, int], object]
    rows: dict[Kind, dict[str, Raw]] = field(
        default_factory=lambda: {"project": {}, "dataset": {}, "run": {}}
    )
    known: dict[Kind, set[str]] = field(default_factory=dict)
    newer: list[Note] = field(default_factory=list)
    latest: int = 0

    def gather(self) -> None:
        """Read every folder that has no row here, by its note or by what else it tells."""
        places = settings.current()
        mine = identity.of_store(self.connection)
        self.known = {kind: _known(self.connection, kind) for kind in ("project", "dataset", "run")}
        noted: dict[str, Raw] = {}
        for path in places.projects_dir.glob("*.json"):
            self._read(path, "project", path.stem, mine)
        folders = list(_folders(places.datasets_dir, "dataset"))
        folders += _folders(places.runs_dir, "run")
        untold: list[tuple[Kind, str]] = []
        for done, (kind, identifier) in enumerate(folders, start=1):
            note = self._read(row_notes.path_of(kind, identifier), kind, identifier, mine)
            if note is not None and note.project is not None:
                noted[str(note.row["project_id"])] = note.project
            is_told = identifier in self.known[kind] or identifier in self.rows[kind]
            if not is_told and _can_be_retold(kind, identifier):
                untold.append((kind, identifier))
            self.on_progress(done, len(folders))
        self._add_projects(noted)
        self._retell(untold)

    def _read(self, path: Path, kind: Kind, identifier: str, mine: identity.Mark) -> Note | None:
        note = row_notes.read(path, kind, identifier)
        row = None if note is None else _fitting(kind, note.row)
        if note is None or row is None:
            return None
        if note.store == mine.store:
            self.latest = max(self.latest, note.changes)
        if identifier not in self.known[kind]:
            self.rows[kind][identifier] = row
        elif note.store == mine.store and note.changes > mine.changes:
            self.newer.append(note)
        return note

    def _add_projects(self, noted: dict[str, Raw]) -> None:
        """Add projects that only the notes of what is in them still tell of."""
        for identifier, row in noted.items():
            fitting = _fitting("project", row)
            is_here = identifier in self.known["project"] or identifier in self.rows["project"]
            if fitting is not None and not is_here and ids.ID.fullmatch(identifier):
                self.rows["project"][identifier] = fitting

    def _retell(self, untold: Iterable[tuple[Kind, str]]) -> None:
        """Make rows for folders that an older Graft left without notes."""
        wanted = list(untold)
        told = retelling.retold(
            [identifier for kind, identifier in wanted if kind == "dataset"],
            [identifier for kind, identifier in wanted if kind == "run"],
            known=self._datasets_known(),
        )
        self.rows["dataset"] |= told.datasets
        self.rows["run"] |= told.runs

    def _datasets_known(self) -> dict[str, Raw]:
        rows = self.connection.execute(
            select(schema.datasets.c.id, schema.datasets.c.owner, schema.datasets.c.project_id)
        )
        here: dict[str, Raw] = {row.id: dict(row._mapping) for row in rows}
        return here | self.rows["dataset"]

    def insert(self) -> Taken:
        """Write all rows; what one refers to that nothing tells of is made for it."""
        self._complete()
        for kind in ("project", "dataset", "run"):
            for row in self.rows[kind].values():
                self._make_token_free(kind, row)
                for name, values in _by_table(kind, row).items():
                    self._forget_job(name, values)
                    self.connection.execute(_plain_insert(name, values), values)
        for note in self.newer:
            self._renew(note)
        if self.rows["project"]:
            self._drop_first_project()
        counts = {f"{kind}s": len(self.rows[kind]) for kind in self.rows}
        return Taken(**counts, renewed=len(self.newer))

    def _forget_job(self, name: str, values: Raw) -> None:
        """Drop a job whose data set or run had lost its row here."""
        if name == schema.jobs.name:
            jobs = schema.jobs
            self.connection.execute(jobs.delete().where(jobs.c.id == values["id"]))

    def _complete(self) -> None:
        """Give every run a data set and everything a project."""
        for row in self.rows["run"].values():
            dataset = str(row["dataset_id"])
            if dataset not in self.known["dataset"] and dataset not in self.rows["dataset"]:
                self.rows["dataset"][dataset] = retelling.lost_dataset(row)
        again: dict[str, str] = {}
        for kind in ("dataset", "run"):
            for row in self.rows[kind].values():
                project = str(row["project_id"] or "")
                if project in self.known["project"] or project in self.rows["project"]:
                    continue
                owner = str(row["owner"])
                if owner not in again:
                    again[owner] = self._add_found_again(owner)
                row["project_id"] = again[owner]
        retelling.name_runs(self.rows["run"])

    def _add_found_again(self, owner: str) -> str:
        identifier = ids.new()
        self.rows["project"][identifier] = {
            "id": identifier,
            "owner": owner,
            "name": FOUND_AGAIN,
            "created_at": time.time(),
            "deleted_at": None,
        }
        return identifier

    def _make_token_free(self, kind: Kind, row: Raw) -> None:
        """A click made one thing only; two stores may have given the same one away."""
        if kind == "project" or row.get("token") is None:
            return
        columns = row_notes.TABLES[kind].c
        taken = select(columns.id).where(
            columns.owner == row["owner"], columns.token == row["token"]
        )
        if self.connection.execute(taken).first() is not None:
            row["token"] = f"adopted-{row['id']}" if kind == "run" else None

    def _renew(self, note: Note) -> None:
        row = _fitting(note.kind, note.row)
        if row is None:
            return
        # Where it belongs and which click made it stay as they are here.
        kept = {
            name: row[name]
            for name in row
            if name not in ("id", "project_id", "dataset_id", "token")
        }
        for name, values in _by_table(note.kind, row).items():
            plain = table(name, *map(column, values))
            changed = {each: value for each, value in values.items() if each in kept}
            if changed:
                wanted = plain.c.id == values["id"]
                self.connection.execute(update(plain).where(wanted).values(changed))

    def _drop_first_project(self) -> None:
        """Let the empty project go that a new store makes for a person who has none."""
        projects, datasets, runs = schema.projects, schema.datasets, schema.runs
        used = select(datasets.c.project_id).union(select(runs.c.project_id))
        owners = {row["owner"] for row in self.rows["project"].values()}
        empty = select(projects.c.id).where(
            projects.c.name == FIRST,
            projects.c.owner.in_(owners),
            projects.c.id.in_(self.known["project"]),
            projects.c.id.not_in(used),
        )
        for identifier in self.connection.execute(empty).scalars().all():
            self.connection.execute(projects.delete().where(projects.c.id == identifier))
            row_notes.remove(identifier)

    def note_again(self) -> None:
        """Write the notes of what was taken in anew, as rows of this store."""
        mark = identity.of_store(self.connection)
        for kind in ("project", "dataset", "run"):
            for identifier in self.rows[kind]:
                row_notes.write(self.connection, kind, identifier, mark)


def _known(connection: Connection, kind: Kind) -> set[str]:
    return set(connection.execute(select(row_notes.TABLES[kind].c.id)).scalars())


def _folders(folder: Path, kind: Kind) -> Iterable[tuple[Kind, str]]:
    """Give the folders that hold enough to be taken in."""
    is_whole = identity.is_whole_dataset if kind == "dataset" else identity.is_whole_run
    for path in sorted(folder.glob("*")):
        if ids.ID.fullmatch(path.name) and is_whole(path):
            yield kind, path.name


def _can_be_retold(kind: Kind, identifier: str) -> bool:
    """Say whether more than a note tells of something; what only waits for an answer has no more."""
    return kind == "run" or (ids.dataset_folder(identifier) / MANIFEST).is_file()


def _whole_in_trash(place: trash.Place, known: set[str]) -> list[Path]:
    is_whole = identity.is_whole_dataset if place == "datasets" else identity.is_whole_run
    return [
        path
        for path in trash.folder(place).glob("*")
        if ids.ID.fullmatch(path.name) and path.name not in known and is_whole(path)
    ]


def _take_out_of_trash(known: set[str]) -> None:
    places = settings.current()
    homes: dict[trash.Place, Path] = {"runs": places.runs_dir, "datasets": places.datasets_dir}
    for place, home in homes.items():
        for path in _whole_in_trash(place, known):
            trash.take_out(place, path.name, home / path.name)


def _fitting(kind: Kind, row: Raw) -> Raw | None:
    """Return a noted row if the table can take it, without columns that it does not have."""
    columns = {column.name: column for column in rows.columns(kind)}
    row = _as_today(kind, row)
    fitting = {name: row.get(name) for name in columns}
    for name, about in columns.items():
        value = fitting[name]
        if value is None:
            if not about.nullable and name != "root_id":
                return None
        elif isinstance(about.type, Integer | Float):
            if isinstance(value, str):
                return None
        elif not isinstance(value, str) or (name in JSON_COLUMNS and not _is_object(value)):
            return None
    if kind in rows.JOB_OF and fitting["status"] not in rows.STATUSES:
        return None
    if kind == "dataset":
        fitting["root_id"] = fitting["root_id"] or fitting["id"]
    return fitting


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _as_today(kind: Kind, row: Raw) -> Raw:
    """Return a row as the store holds it now; the first edition told processes and states otherwise."""
    if kind == "project":
        return row
    told, identifier = dict(row), row.get("id")
    if isinstance(pid := told.pop("pid", None), int):
        told["handle"] = f"{pid}/{identifier}"
    status = told.get("status")
    if kind == "run":
        is_open = status == "cancelled" and not told.get("metrics")
        if is_open and ids.ID.fullmatch(str(identifier)):
            folder = ids.run_folder(str(identifier))
            told["status"] = "paused" if stopping.is_to_pause(folder) else status
    elif status == "importing":
        has_begun = told.get("claimed_at") is not None
        told["status"] = "waiting" if told.get("counts") else "running" if has_begun else "queued"
        told["counts"] = None
    elif status == "ready":
        told["status"] = "finished"
    return told


def _by_table(kind: Kind, row: Raw) -> dict[str, Raw]:
    """Return a whole row as those of its own table and of the jobs."""
    own = {name: row.get(name) for name in row_notes.TABLES[kind].c.keys()}  # noqa: SIM118
    parts = {row_notes.TABLES[kind].name: own}
    if kind in rows.JOB_OF:
        row, made_by = _as_today(kind, row), rows.JOB_OF[kind]
        own |= {"counts": row["counts"]} if "counts" in own else {}
        parts[schema.jobs.name] = {
            "id": rows.job_id(made_by, str(row["id"])),
            "kind": made_by,
            "subject": row["id"],
            "owner": row["owner"],
            "restarts": row.get("restarts") or 0,
            "asked_at": row["created_at"],
            **{name: row.get(name) for name in rows.OF_JOB[kind] if name != "restarts"},
        }
    return parts


def _plain_insert(name: str, values: Raw):
    """Return an insertion of values as they stand in the database."""
    return insert(table(name, *map(column, values)))
