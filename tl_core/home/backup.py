"""Everything that a person would miss, in one file: written while Graft runs, brought back anywhere.

A backup is a zip of the store as it stood at one moment and of the folders that it tells of: runs with
their models and checkpoints, backbones made of models, data sets, pictures, packed projects. What can be made again (`cache`,
downloaded weights) stays out. Nothing is removed while it is written, and the store comes first, so
that whatever it names is there to be copied.
"""

import shutil
import sqlite3
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from tl_core.base import files, machine, settings
from tl_core.base.errors import UserError
from tl_core.home import backup_lock, repairing
from tl_core.intake import arrival
from tl_core.store import copies, database, identity, store_file
from tl_core.store.claim import claim

KIND = "graft-backup"
ABOUT = "backup.json"
STORE = "graft.db"
FOLDERS = ("runs", "datasets", "pictures", "projects", "trunks")
CHUNK_BYTES = 1 << 20
SQLITE = b"SQLite format 3\x00"
SCRATCH_PREFIX = ".restoring-"

Progress = Callable[[int, int], None]


class About(BaseModel):
    """What a backup says of itself."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Literal["graft-backup"] = KIND
    version: Literal[1] = 1
    made_at: float
    store: str
    changes: int
    step: str
    """The newest step of the store's form that it has taken."""


def write(
    file: Path, *, store_only: bool = False, on_progress: Progress = lambda done, total: None
) -> dict[str, object]:
    """Write a backup, which may take while as everything else goes on.

    Args:
        file: what to write; with `store_only` an SQLite database, else a zip.
        store_only: leave out all folders.
        on_progress: told how many of how many bytes are written.

    Returns:
        file, bytes, files (how many beside the store), and what the store counts of each kind.

    Raises:
        UserError: "backup-exists", "backup-running", "disk-full", "disk-read-only", "store-…".
    """
    file = file.absolute()
    if file.exists():
        raise UserError(
            "backup-exists",
            "There is a file {file} already.",
            "Give another name: a backup never writes over anything.",
            file=file,
        )
    try:
        lock = backup_lock.take()
        try:
            if store_only:
                _write_store(file)
                return _told(file, file, 0)
            return _write_all(file, on_progress)
        finally:
            lock.release()
    except OSError as error:
        raise _trouble(file, error) from error


def _write_store(file: Path) -> None:
    with database.reading() as connection:
        engine = connection.engine
    copies.write(engine, store_file.current(), file)


def _write_all(file: Path, on_progress: Progress) -> dict[str, object]:
    with (
        files.whole(file, is_lasting=True) as partial,
        tempfile.TemporaryDirectory(dir=file.parent, prefix=".graft-backup-") as scratch,
    ):
        snapshot = Path(scratch) / STORE
        _write_store(snapshot)
        found = list(_files())
        total = sum(size for _, _, size in found) + snapshot.stat().st_size
        if machine.free_disk_bytes(file.parent) < total:
            raise UserError(
                "disk-full",
                "The disk has no room for a backup of {size} MB.",
                "Free some space, or write it to another disk.",
                size=total // 1_000_000 + 1,
            )
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            _add(archive, STORE, snapshot)
            count = _add_all(archive, found, total, on_progress)
            archive.writestr(ABOUT, _about(snapshot).model_dump_json(indent=1))
        told = _told(partial, snapshot, count)
    return told | {"file": str(file)}


def _files() -> Iterator[tuple[str, Path, int]]:
    """Give what a backup holds beside the store, as (name, file, bytes)."""
    home = settings.current().home
    for folder in FOLDERS:
        for path in sorted((home / folder).rglob("*")):
            parts = path.relative_to(home).parts
            is_passing = path.suffix in (".partial", ".part", ".lock") or any(
                part.startswith((arrival.SCRATCH_PREFIX, ".")) for part in parts
            )
            try:
                if not is_passing and path.is_file() and not path.is_symlink():
                    yield "/".join(parts), path, path.stat().st_size
            except OSError:  # a worker has just replaced it
                continue


def _add_all(
    archive: zipfile.ZipFile, found: list[tuple[str, Path, int]], total: int, on_progress: Progress
) -> int:
    count = done = 0
    for name, path, size in found:
        try:
            _add(archive, name, path)
            count += 1
        except FileNotFoundError:  # an older checkpoint that a run has let go since
            pass
        done += size
        on_progress(min(done, total), total)
    return count


def _add(archive: zipfile.ZipFile, name: str, path: Path) -> None:
    """Add a file as it is, to its end as it is now; it may still grow."""
    with path.open("rb") as source:
        about = zipfile.ZipInfo.from_file(path, name)
        with archive.open(about, "w", force_zip64=True) as target:
            shutil.copyfileobj(source, target, CHUNK_BYTES)


def _about(snapshot: Path) -> About:
    with closing(sqlite3.connect(f"{snapshot.as_uri()}?mode=ro", uri=True)) as connection:
        store, changes = connection.execute("SELECT id, changes FROM identity").fetchone()
        (step,) = connection.execute("SELECT max(name) FROM migrations").fetchone()
    return About(made_at=time.time(), store=store, changes=changes, step=step)


def _told(file: Path, snapshot: Path, count: int) -> dict[str, object]:
    with closing(sqlite3.connect(f"{snapshot.as_uri()}?mode=ro", uri=True)) as connection:
        rows = {
            f"{kind}": connection.execute(f"SELECT count(*) FROM {kind}").fetchone()[0]  # noqa: S608
            for kind in ("projects", "datasets", "runs")
        }
    return {"file": str(file), "bytes": file.stat().st_size, "files": count, **rows}


# Bringing back


def restore(
    file: Path, *, replace: bool = False, on_progress: Progress = lambda done, total: None
) -> dict[str, object]:
    """Bring a backup back into the home folder, all or nothing; nothing that is there is removed.

    A whole backup goes into a home without runs, data sets and pictures. A store alone goes beside the
    folders that are there: those that it does not know can be taken in again (`adoption`).

    Args:
        file: what `write` wrote, or a copy of the store's file.
        replace: also where a store that works is in the way; it is put aside.
        on_progress: told how many of how many bytes were written.

    Returns:
        home, what was put aside (or None), and how many data sets and runs lie there unknown.

    Raises:
        UserError: "no-backup" with the reason, "restore-not-empty", "server-running", "disk-full".
    """
    home = settings.current().home
    store_file.make_home()
    lock = claim(home)
    try:
        is_store = _begins_with(file, SQLITE)
        if not is_store:
            _require_empty(home)
        _require_no_store(replace=replace)
        with tempfile.TemporaryDirectory(dir=home, prefix=SCRATCH_PREFIX) as scratch:
            place = Path(scratch)
            if is_store:
                _take_store(file, place / STORE)
            else:
                _unpack(file, place, on_progress)
            _check_store(place / STORE)
            aside = _put_in_place(place)
    except OSError as error:
        raise _trouble(file, error) from error
    finally:
        lock.release()
    return {"home": str(home), "put_aside": None if aside is None else str(aside)}


def _require_empty(home: Path) -> None:
    used = [name for name in FOLDERS if any(map(_is_kept, (home / name).glob("*")))]
    if used:
        raise UserError(
            "restore-not-empty",
            "There are {folders} in {home} already; a whole backup is not mixed with others.",
            "Set GRAFT_HOME to a new folder, or move this one away first.",
            folders=", ".join(used),
            home=home,
        )


def _is_kept(path: Path) -> bool:
    """Say whether there is something to lose; a home that was only looked at has files of its own.

    These are how far its pictures were gone through, and the note of the project that every store
    begins with.
    """
    return any(path.iterdir()) if path.is_dir() else path.suffix != ".json"


def _require_no_store(*, replace: bool) -> None:
    """Refuse where a store that works would have to make room; an unreadable one may."""
    file = store_file.current()
    if file is not None and (not file.exists() or replace):
        return
    try:
        repairing.examine()
        with database.reading() as connection:
            is_used = identity.holds_anything(connection)
    except UserError as error:
        if error.code not in repairing.UNREADABLE or file is None:
            raise
        return
    if is_used and file is None:
        raise UserError(
            "restore-not-empty",
            "The database holds a store that works.",
            "Set GRAFT_DATABASE_URL to an empty database.",
        )
    if is_used:
        raise UserError(
            "restore-not-empty",
            "There is a store that works: {place}.",
            "Set GRAFT_HOME to a new folder, or put the store aside with --replace.",
            place=file,
        )


def _take_store(file: Path, target: Path) -> None:
    try:
        copies.copy_file(file, target)
    except sqlite3.DatabaseError as error:
        raise _no_backup(file, str(error)) from error


def _unpack(file: Path, place: Path, on_progress: Progress) -> None:
    """Unpack a backup into `place`; every byte of it is checked on the way."""
    try:
        with zipfile.ZipFile(file) as archive:
            About.model_validate_json(archive.read(ABOUT))
            entries = [
                entry
                for entry in archive.infolist()
                if not entry.is_dir() and entry.filename != ABOUT
            ]
            total = sum(entry.file_size for entry in entries)
            if machine.free_disk_bytes(place) < total:
                raise UserError(
                    "disk-full",
                    "The disk has no room for the {size} MB of this backup.",
                    "Free some space, or set GRAFT_HOME to another disk.",
                    size=total // 1_000_000 + 1,
                )
            done = 0
            for entry in entries:
                target = place / _checked(file, entry.filename)
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(entry) as source, target.open("wb") as written:
                    shutil.copyfileobj(source, written, CHUNK_BYTES)
                done += entry.file_size
                on_progress(done, total)
    except KeyError as error:
        raise _no_backup(file, f"{ABOUT} is missing") from error
    except ValidationError as error:
        raise _no_backup(file, "a newer Graft made it, or it is something else") from error
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise _no_backup(file, f"it is damaged or no backup ({error})") from error


def _checked(file: Path, name: str) -> str:
    parts = PurePosixPath(name).parts
    is_ours = name == STORE or (len(parts) > 1 and parts[0] in FOLDERS)
    if not is_ours or ".." in parts or "\\" in name or ":" in name or name.startswith("/"):
        raise _no_backup(file, f"it holds something that is not Graft's ({name[:80]!r})")
    return name


def _check_store(file: Path) -> None:
    """Refuse a store that is damaged, not Graft's, or of a newer Graft; nothing is in place yet."""
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
            whole = connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
            found = {name for (name,) in connection.execute("SELECT name FROM migrations")}
    except sqlite3.DatabaseError as error:
        raise _no_backup(file, f"its store is damaged or not Graft's ({error})") from error
    if not whole:
        raise _no_backup(file, "its store is damaged")
    database.require_known(found)


def _put_in_place(place: Path) -> Path | None:
    """Move everything into the home, the store last: before it is there nothing has changed."""
    home, file, aside = settings.current().home, store_file.current(), None
    for name in FOLDERS:
        (home / name).mkdir(exist_ok=True)
        for path in (place / name).glob("*"):
            target = home / name / path.name
            if target.is_dir():
                target.rmdir()  # empty, as was seen before
            shutil.move(path, target)
    if file is None:
        _into_database(place / STORE)
    else:
        if file.exists():
            aside = repairing.put_aside(file)
        shutil.move(place / STORE, file)
    database.forget_engines()
    return aside


def _into_database(snapshot: Path) -> None:
    """Copy the rows into a database that is no file, which holds nothing yet."""
    source = database.brought_up_to_date(snapshot)
    with database.writing() as connection:
        copies.fill(source, connection)
    source.dispose()


def _begins_with(file: Path, sign: bytes) -> bool:
    try:
        with file.open("rb") as opened:
            return opened.read(len(sign)) == sign
    except FileNotFoundError as error:
        raise UserError(
            "no-backup", "There is no file {file}.", "Look for it where it was written.", file=file
        ) from error


def _no_backup(file: Path, reason: str) -> UserError:
    return UserError(
        "no-backup",
        "{file} cannot be brought back: {reason}.",
        "Take another one. Nothing was changed.",
        file=file.name,
        reason=reason,
    )


def _trouble(file: Path, error: OSError) -> UserError:
    return files.disk_trouble(error) or UserError(
        "no-backup",
        "{file} cannot be written or read: {fault}.",
        "Look at the name and the disk.",
        file=file,
        fault=error.strerror or error,
    )
