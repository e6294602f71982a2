"""What an upload holds is taken in: listed, understood, its examples opened and kept.

Call it in a worker process, never in the web process; examples themselves are opened one step
further away, in children with limits.
"""

import errno
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tl_core.base import cores, machine
from tl_core.base.errors import UserError
from tl_core.base.files import is_disk_full
from tl_core.base.said import Said
from tl_core.base.settings import Settings, current
from tl_core.datasets import code_pages, manifest, naming
from tl_core.intake import (
    archives,
    listing,
    material,
    originals,
    table_text,
    unlabelled,
    uploads,
    ways_to_read,
)
from tl_core.intake.listing import Listing
from tl_core.intake.material import Asked, Material
from tl_core.intake.proposals import Found
from tl_core.intake.reading import Choice
from tl_core.intake.tables import Columns
from tl_core.modalities import opening_children
from tl_core.modalities import registry as modalities
from tl_core.modalities.modality import Modality, TakenIn
from tl_core.modalities.opening_children import Opened
from tl_core.tasks import registry

UNFOLDED = "unfolded"
SCRATCH_PREFIX = "incoming-"
"""Begins the name of the folder, inside the data set's own, that archives are unpacked to."""
CHILD_EXAMPLES, CHILD_BYTES = 16, 3 * 1024**2
"""Small pictures, and bytes of large ones, that take as long to open as a child takes to start."""

Progress = Callable[[str, int, int], None]
"""Told (phase, done, total); phases: "unpack" (bytes), "look" (names and tables), "pictures" and "greys" (files)."""


@dataclass(frozen=True, slots=True)
class Addition:
    """Where pictures are added, and what is known of them.

    Attributes:
        base: id of a data set.
        into: the class that all are of; empty where they are of several.
        answers: the right answer to each picture by its name, as `KnownAnswer` takes it, where a model was
            wrong about them; they are learnt from then, see `adding.corrected`.
    """

    base: str
    into: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_told(self) -> bool:
        """Whether nothing has to be read from folders or tables."""
        return bool(self.into or self.answers)


def arrive(
    source: Path,
    dataset_id: str,
    *,
    targets: Path | None = None,
    columns: Columns | None = None,
    reading: Choice | int | None = None,
    addition: Addition | None = None,
    may_ask: bool = False,
    encoding: str = "",
    modality: Modality = modalities.USUAL,
    on_progress: Progress | None = None,
) -> tuple[Material, Choice]:
    """Take everything in that an upload holds, whatever of it is going to be learnt.

    The readings are told (see `material.told`) before any picture is opened.

    Args:
        source: as for `importing.ingest`.
        dataset_id: in whose folder it is kept.
        targets: as for `importing.ingest`.
        columns: as for `importing.ingest`.
        reading: as for `importing.ingest`.
        addition: as for `importing.ingest`.
        may_ask: whether a person can be asked; then what is far from sure is not refused, and
            `material.told` says that it asks.
        encoding: as for `importing.ingest`.
        modality: as for `importing.ingest`.
        on_progress: see `Progress`.

    Returns:
        What came, and the reading to take, which is only proposed where it asks.

    Raises:
        UserError: as `importing.ingest`.
    """
    limits = current()
    report = on_progress or _ignore
    if not source.exists():
        raise UserError(
            "source-missing",
            "There is nothing at {source!r}.",
            "Check the path.",
            source=str(source),
        )
    folder = manifest.folder(dataset_id)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix=SCRATCH_PREFIX, dir=folder) as scratch:
            reader = naming.Reader(code_pages.named(encoding))
            found = _list(source, Path(scratch), limits, report, reader, modality)
            _unfold(found, Path(scratch) / UNFOLDED)
            targets = table_text.readable(found, targets, Path(scratch), reader)
            _require_pictures(found)
            report("look", 0, 0)
            whole = originals.apart(found)
            told = understood(found, targets, columns, addition)
            choice = _told(dataset_id, told, reading, addition, may_ask)
            read = modality.take_in(
                lambda paths, phase, **how: open_all(paths, modality, limits, report, phase, **how),
                [path for _, path in found.pictures],
                None if addition is None else manifest.load(addition.base),
            )
            _keep_measured_and_originals(found, read, _that_open(whole, modality, limits, report))
            by_name = dict(zip((name for name, _ in found.pictures), read.opened, strict=True))
            made_smaller = (originals.TOLD,) if whole else ()
            kept = Material(found, by_name, targets, columns, read_by=read.read_by, reader=reader)
            material.save(dataset_id, replace(kept, notes=(*read.notes, *made_smaller)))
    except OSError as error:
        if is_disk_full(error):
            raise disk_full() from error
        raise
    # What was told is not worked out again.
    return replace(material.load(dataset_id), found=told), choice


def _unfold(found: Listing, into: Path) -> None:
    """Let every example have a file of its own, where a file that came may hold many."""
    into.mkdir()
    found.pictures[:] = found.modality.unfold(found.pictures, into)
    for name, path in found.pictures:
        if path.parent == into:
            found.add_folders_of(name)


def _that_open(
    whole: Mapping[str, Path], modality: Modality, limits: Settings, report: Progress
) -> dict[str, Path]:
    """Return those of the photos that came whole which can be opened: an export is held against them."""
    if not whole:
        return {}
    looked = open_all([*whole.values()], modality, limits, report, only_looks=True)
    return {name: whole[name] for name, one in zip(whole, looked, strict=True) if not one.code}


def _keep_measured_and_originals(found: Listing, read: TakenIn, whole: Mapping[str, Path]) -> None:
    """Keep what was measured of all examples, and a sample of the files before they are gone."""
    found.modality.keep_measured([each for each in read.opened if not each.code])
    sources = {
        each.hash: originals.Source(name, path, each.form, whole.get(name))
        for (name, path), each in zip(found.pictures, read.opened, strict=True)
        if not each.code
    }
    originals.keep(sources, found.modality, read.read_by, originals.room_bytes())


def understood(
    found: Listing, targets: Path | None, columns: Columns | None, addition: Addition | None
) -> Found:
    """Return the readings of an upload; for an addition those first that fit what stands.

    Raises:
        UserError: "no-pictures", or a fault of the given table.
    """
    told = ways_to_read.of(unlabelled.put_by(found, targets)[0], targets, columns)
    if addition is None:
        return told
    wanted = registry.of(manifest.load(addition.base)).kind
    fitting = sorted(told.proposals, key=lambda proposal: proposal.reading.task != wanted)
    return Found(tuple(fitting), told.notes)


def open_all(
    paths: Sequence[Path],
    modality: Modality,
    limits: Settings,
    report: Progress,
    phase: str = "pictures",
    **options: Any,
) -> list[Opened]:
    """Open files of unknown content in children and keep what is an example; return what came of each.

    Args:
        paths: the files.
        modality: what is looked for.
        limits: in force.
        report: told (`phase`, done, total).
        phase: what this is to whoever watches.
        options: what else the child is told, see `Modality.take_in` and `child.Answer`.

    Raises:
        UserError: "disk-full" or "store-write" when examples cannot be kept.
    """
    results: list[Opened] = [modality.opener.crashed] * len(paths)
    done = 0

    def keep(index: int, result: Opened) -> None:
        nonlocal done
        results[index] = result
        done += 1
        if done % 16 == 0 or done == len(paths):
            report(phase, done, len(paths))

    report(phase, 0, len(paths))
    limits.pictures_dir.mkdir(parents=True, exist_ok=True)
    opening_children.open_all(
        paths,
        modality.opener,
        {
            "folder": str(limits.pictures_dir.resolve()),
            **modality.options(limits),
            **options,
        },
        children=_children_for(paths, limits.threads or cores.available()),
        on_opened=keep,
    )
    return results


def _children_for(paths: Sequence[Path], most: int) -> int:
    """Return how many children open `paths` soonest: starting one takes as long as a few pictures.

    Where their sizes cannot be told, they do not matter.
    """
    file_bytes = 0
    for path in paths[: most * CHILD_EXAMPLES]:
        with suppress(OSError):
            file_bytes += path.stat().st_size
    return min(most, 1 + max(len(paths) // CHILD_EXAMPLES, file_bytes // CHILD_BYTES))


def disk_full() -> UserError:
    """Return the error for a disk that has no room for what comes."""
    return UserError(
        "disk-full",
        "The disk is full, so the pictures cannot be kept.",
        "Free some space, then import again.",
    )


def _list(
    source: Path,
    scratch: Path,
    limits: Settings,
    report: Progress,
    reader: naming.Reader,
    modality: Modality,
) -> Listing:
    if source.is_dir() and source.suffix != uploads.FOLDER_SUFFIX:
        return listing.of_folder(source, limits, reader, modality)
    found = uploads.archives_of(source)
    parts, names = [path for path, _ in found], [name for _, name in found]
    if machine.free_disk_bytes(scratch) < sum(part.stat().st_size for part in parts):
        raise OSError(errno.ENOSPC, "no room to unpack")
    return archives.unpack(
        parts,
        scratch,
        limits,
        lambda done, all_: report("unpack", done, all_),
        names,
        reader,
        modality,
    )


def _require_pictures(found: Listing) -> None:
    if found.pictures or not found.aside:
        return
    first = found.aside[0]
    raise UserError(
        "no-pictures",
        Said(
            "No pictures were found. “{name}” was set aside: {reason}",
            name=first.name[-80:],
            reason=first.reason,
        ),
        first.hint,
    )


def _told(
    dataset_id: str,
    found: Found,
    reading: Choice | int | None,
    addition: Addition | None,
    may_ask: bool,
) -> Choice:
    """Report the readings of an upload and return the one to take, which must be possible."""
    choice = found.number(reading) if isinstance(reading, int) else reading
    is_told = addition is not None and addition.is_told
    is_decided = choice is not None or is_told
    choice = choice or Choice.model_validate({})
    best = found.readings[0]
    if addition is not None and not best.needs_name and best.source == "one_class":
        is_decided = True  # pictures of one folder, for the class that is called so
    asks = may_ask and not is_decided and not best.is_sure
    if not asks and not is_told:
        found.chosen(choice)
    material.tell(
        dataset_id, Asked(dataset_id, tuple(found.readings), asks=asks, notes=found.notes)
    )
    return choice


def _ignore(phase: str, done: int, total: int) -> None:
    """Ignore progress: the caller does not ask for it."""
