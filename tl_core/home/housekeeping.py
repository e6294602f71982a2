"""Room on the disk: who takes how much, and how what was deleted goes for good.

Only what a person deleted goes for good. What merely has no row goes to the `trash` for a week,
and nothing goes at all while store and home do not belong together (`identity`).
"""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tl_core import store
from tl_core.backbones import own
from tl_core.base import ids, machine, settings
from tl_core.base.errors import UserError
from tl_core.datasets import manifest
from tl_core.home import backup_lock, companions, leftovers, trash
from tl_core.intake import material, unlabelled
from tl_core.modalities import kept, registry
from tl_core.store import database, identity, row_notes

KEPT_IN_TRASH_S = 7 * 24 * 3600
# A folder is made before its row in the store; younger ones may just be on their way.
ORPHAN_AFTER_S = 3600


@dataclass(frozen=True, slots=True)
class DiskUse:
    """Bytes taken in the home folder by kind, and bytes free on its disk."""

    pictures: int
    datasets: int
    runs: int
    cache: int
    uploads: int
    free: int

    @property
    def total(self) -> int:
        return self.pictures + self.datasets + self.runs + self.cache + self.uploads


def disk_use() -> DiskUse:
    """Return what is taken and what is free; walks all folders, so keep it off busy pages."""
    places = settings.current()
    return DiskUse(
        pictures=kept.disk_bytes(),
        datasets=folder_bytes(places.datasets_dir),
        runs=folder_bytes(places.runs_dir)
        + _packed_bytes(places.projects_dir)
        + folder_bytes(own.folder()),
        cache=folder_bytes(places.cache_dir),
        uploads=folder_bytes(places.uploads_dir),
        free=machine.free_disk_bytes(places.home),
    )


def _packed_bytes(folder: Path) -> int:
    """Return the bytes of what is packed of projects; the notes beside it are not counted."""
    return sum(folder_bytes(path) for path in folder.glob("*") if path.is_dir())


def bytes_of(kind: store.Kind, identifier: str, *, owner: str | None = None) -> int:
    """Return what one thing takes on the disk.

    A data set counts the pictures that it names, also where other versions share them; a project
    counts each picture once, and everything in its data sets and runs.
    """
    if kind == "run":
        return folder_bytes(ids.run_folder(identifier))
    if kind == "dataset":
        return _datasets_bytes([identifier])
    runs = sum(bytes_of("run", run.id, owner=owner) for run in store.runs(identifier, owner=owner))
    runs += folder_bytes(ids.project_folder(identifier))
    return runs + _datasets_bytes([row.id for row in store.datasets(identifier, owner=owner)])


def _datasets_bytes(identifiers: list[str]) -> int:
    named: set[str] = set()
    total = 0
    for identifier in identifiers:
        total += folder_bytes(ids.dataset_folder(identifier))
        try:
            named.update(companions.pictures(identifier) or ())
        except UserError:  # being imported, or damaged: it names no pictures yet
            continue
    return total + sum(_size(path) for name in named for path in _files_of(name))


def _files_of(name: str) -> list[Path]:
    """Return where an example and its small picture may lie, whatever its modality."""
    places = [
        place
        for modality in registry.MODALITIES
        for place in (modality.stored(name), modality.preview(name))
    ]
    return [place for place in places if place is not None]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def folder_bytes(folder: Path) -> int:
    """Return the bytes of all files below `folder`; files that vanish meanwhile count nothing."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat(follow_symlinks=False).st_size if path.is_file() else 0
        except OSError:
            continue
    return total


def purge(kind: store.Kind, identifier: str, *, owner: str | None = None) -> None:
    """Remove something deleted for good, its files too; a project takes all that is in it.

    Raises:
        UserError: "in-use" when a data set is still needed by a run that was not purged, or while
            a backup is made, "not-deleted" if somebody brought it back meanwhile.
    """
    backup_lock.require_free()
    for gone, name in store.forget(kind, identifier, owner=owner):
        if gone == "run":
            shutil.rmtree(ids.run_folder(name), ignore_errors=True)
        elif gone == "dataset":
            manifest.delete(name)
        else:
            row_notes.remove(name)
            shutil.rmtree(ids.project_folder(name), ignore_errors=True)


def remove(kind: store.Kind, identifier: str, *, owner: str | None = None) -> None:
    """Delete something and purge it at once: nobody is to undo that.

    While a backup is made it is deleted only, and goes with what else lies in the trash.
    """
    store.delete(kind, identifier, while_arriving=True, owner=owner)
    if not backup_lock.is_taken():
        purge(kind, identifier, owner=owner)


def empty_trash(older_than_s: float = KEPT_IN_TRASH_S, *, owner: str | None = None) -> int:
    """Purge what was deleted longer ago than that, then collect; return the bytes set free.

    A data set that runs still need stays until they go. With 0, pictures that no data set names go
    at once: nothing could be made of them. While the store may not be the right one, what it calls
    deleted may be needed: nothing goes.
    """
    with database.reading() as connection:
        if identity.have_parted(connection):
            return 0
    before = machine.free_disk_bytes(settings.current().home)
    latest = time.time() - older_than_s
    for kind in ("run", "dataset", "project"):
        for identifier, _, deleted_at in store.deleted(kind, owner=owner):
            if deleted_at > latest:
                continue
            try:
                purge(kind, identifier, owner=owner)
            except UserError as error:
                # Needed still; or another tab was quicker, to bring it back or to remove it.
                if error.code not in ("in-use", "not-deleted", "unknown"):
                    raise
    collect_garbage()
    trash.empty(max(older_than_s, KEPT_IN_TRASH_S))
    if older_than_s == 0:
        trash.empty(0, ("pictures",))
    return max(0, machine.free_disk_bytes(settings.current().home) - before)


def collect_garbage() -> None:
    """Put folders without a row and pictures without a data set into the trash.

    Nothing while importing, while a backup is made, or while store and home do not belong
    together. The store is held meanwhile, so that no import begins between the look and the deed.
    """
    places = settings.current()
    with database.writing() as connection:
        if identity.have_parted(connection) or backup_lock.is_taken():
            return
        identity.settle(connection)
        if store.importing_datasets():
            return
        known = store.known_ids()
        for folder in places.datasets_dir.glob("*"):
            leftovers.remove_unpacked(folder)
        _put_away("runs", places.runs_dir, known)
        _put_away("datasets", places.datasets_dir, known)
        _put_away("projects", places.projects_dir, known)
        needed = needed_pictures()
        if needed is not None:
            trash.put_pictures(needed)


def needed_pictures() -> set[str] | None:
    """Return the hashes of all pictures that a data set names, also one in the trash.

    None where a data set is damaged: nobody knows which pictures it names, so all of them stay
    until it is deleted. The rest of the cleaning goes on.
    """
    try:
        needed = material.hashes_in(settings.current().datasets_dir)
        needed |= material.hashes_in(trash.folder("datasets"))
    except (OSError, ValueError):
        return None
    tables = [
        path
        for place in (settings.current().datasets_dir, trash.folder("datasets"))
        for name in (manifest.MANIFEST, unlabelled.FILE)
        for path in place.glob(f"*/{name}")
    ]
    for table in tables:
        try:
            with pq.ParquetFile(table) as file:
                needed.update(file.read(columns=["hash"])["hash"].to_pylist())
        except FileNotFoundError:  # deleted between the two looks
            continue
        except (OSError, pa.ArrowInvalid, KeyError):
            return None
    return needed


def _put_away(place: trash.Place, folder: Path, known: set[str]) -> None:
    for path in folder.glob("*"):
        is_ours = ids.ID.fullmatch(path.name) is not None
        if not is_ours or path.name in known:
            continue
        if time.time() - path.stat().st_mtime > ORPHAN_AFTER_S:
            trash.put(place, path)
