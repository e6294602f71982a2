"""Intake: an upload becomes a data set, every picture cleaned, counted and stored once.

Call `ingest` in a worker process, never in the web process; pictures themselves are opened one
step further away, in children with limits.
"""

import errno
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from tl_core.base.errors import UserError
from tl_core.base.files import is_disk_full
from tl_core.base.said import Said, counted
from tl_core.base.settings import Settings, current
from tl_core.datasets import adding, code_pages, edits, guard, manifest, naming, notes, splits
from tl_core.datasets.adding import Grouping
from tl_core.datasets.manifest import Dataset, SetAside
from tl_core.datasets.splits import Split
from tl_core.intake import (
    archives,
    candidates,
    listing,
    material,
    one_scale,
    originals,
    table_text,
    unlabelled,
    uploads,
    videos,
    ways_to_read,
)
from tl_core.intake.candidates import Candidate, Candidates
from tl_core.intake.listing import Listing
from tl_core.intake.material import Asked, Material
from tl_core.intake.reading import Choice
from tl_core.intake.tables import Columns
from tl_core.intake.unlabelled import Unlabelled
from tl_core.intake.ways_to_read import Found
from tl_core.modalities.picture import fingerprints, opening_children, pictures

JUNK_NAMED = 20
"""So many of the files that are no pictures are named to the person."""
JUNK_NAME_SIGNS = 80
SCRATCH_PREFIX = "incoming-"
"""Begins the name of the folder, inside the data set's own, that archives are unpacked to."""

LOOSE = frozenset(("picture-loose", "name-without-class", "picture-unlisted"))
"""Why pictures are set aside that a person may still name."""

Progress = Callable[[str, int, int], None]
"""Told (phase, done, total); phases: "unpack" (bytes), "look" (names and tables), "pictures" and "greys" (files)."""


@dataclass(frozen=True, slots=True)
class Addition:
    """Where pictures are added: the id of a data set, and the class that all are of, if one."""

    base: str
    into: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """What an import came to.

    Attributes:
        dataset: the data set's id.
        images: pictures taken.
        classes: pictures per class, in class order.
        skipped: files not taken, each with its reason.
        junk: how many files were skipped as no pictures (system junk, text).
        junk_names: the first of them.
        notes: what the person should know, in sentences.
        seconds: from start to finish.
    """

    dataset: str
    images: int
    classes: dict[str, int]
    skipped: list[SetAside]
    junk: int
    notes: tuple[str, ...]
    seconds: float
    junk_names: tuple[str, ...] = ()


def ingest(
    source: Path,
    dataset_id: str,
    *,
    split: Split | None = None,
    name: str = "",
    targets: Path | None = None,
    columns: Columns | None = None,
    reading: Choice | int | None = None,
    addition: Addition | None = None,
    grouping: Grouping = guard.numbered,
    encoding: str = "",
    on_progress: Progress | None = None,
) -> Summary:
    """Turn a folder or an archive into the data set `dataset_id`.

    Args:
        source: a folder, a zip, a tar (plain, gz, bz2, xz), or what `uploads.redeem` returned.
        dataset_id: an id that is not in use.
        split: how to cut it; parts given as folders or in the CSV are kept.
        name: what people call it; the source's own name when empty.
        targets: a table with a file column and labels or numeric targets; see `tables`. Without
            it, those that lie among the pictures are read; see `readings`.
        columns: which column of `targets` says what; found by their values when None.
        reading: what is to be learnt: its number, counted from 1, or a choice; the likeliest when
            None.
        addition: the data set that the pictures are added to; they make one of their own when None.
        grouping: see `Grouping`; by default only equal pictures are copies.
        encoding: what names and tables that are not UTF-8 are written in; judged when empty.
        on_progress: see `Progress`.

    Raises:
        UserError: a refusal ("E-…"), "no-pictures", "no-classes", "source-missing", "reading",
            "disk-full", or a fault of the CSV. The data set does not exist then.
    """
    started = time.monotonic()
    kept, choice = arrive(
        source,
        dataset_id,
        targets=targets,
        columns=columns,
        reading=reading,
        addition=addition,
        encoding=encoding,
        on_progress=on_progress,
    )
    summary = make(
        kept,
        dataset_id,
        choice,
        split=split,
        name=name or source.stem,
        addition=addition,
        grouping=grouping,
    )
    return replace(summary, seconds=time.monotonic() - started)


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
    on_progress: Progress | None = None,
) -> tuple[Material, Choice]:
    """Take everything in that an upload holds, whatever of it is going to be learnt.

    The readings are told (see `material.told`) before any picture is opened.

    Args:
        source: as for `ingest`.
        dataset_id: in whose folder it is kept.
        targets: as for `ingest`.
        columns: as for `ingest`.
        reading: as for `ingest`.
        addition: as for `ingest`.
        may_ask: whether a person can be asked; then what is far from sure is not refused, and
            `material.told` says that it asks.
        encoding: as for `ingest`.
        on_progress: see `Progress`.

    Returns:
        What came, and the reading to take, which is only proposed where it asks.

    Raises:
        UserError: as `ingest`.
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
            found = _list(source, Path(scratch), limits, report, reader)
            targets = table_text.readable(found, targets, Path(scratch), reader)
            _require_pictures(found)
            report("look", 0, 0)
            whole = originals.apart(found)
            told = understood(found, targets, columns, addition)
            choice = _told(dataset_id, told, reading, addition, may_ask)
            read = one_scale.by_one_scale(
                lambda paths, phase, **how: open_pictures(paths, limits, report, phase, **how),
                [path for _, path in found.pictures],
                None if addition is None else manifest.load(addition.base),
            )
            _keep_prints_and_originals(found, read, _that_open(whole, limits, report))
            by_name = dict(zip((name for name, _ in found.pictures), read.opened, strict=True))
            made_smaller = (originals.TOLD,) if whole else ()
            kept = Material(found, by_name, targets, columns, greys=read.greys, reader=reader)
            material.save(dataset_id, replace(kept, notes=(*read.notes, *made_smaller)))
    except OSError as error:
        if is_disk_full(error):
            raise disk_full() from error
        raise
    # What was told is not worked out again.
    return replace(material.load(dataset_id), found=told), choice


def _that_open(whole: Mapping[str, Path], limits: Settings, report: Progress) -> dict[str, Path]:
    """Return those of the photos that came whole which can be opened: an export is held against them."""
    looked = open_pictures([*whole.values()], limits, report, only_looks=True) if whole else []
    return {name: whole[name] for name, one in zip(whole, looked, strict=True) if not one.code}


def _keep_prints_and_originals(
    found: Listing, read: one_scale.Read, whole: Mapping[str, Path]
) -> None:
    """Keep what was measured of all pictures, and a sample of the files before they are gone."""
    fingerprints.keep(
        fingerprints.unpacked(each.fingerprint for each in read.opened if not each.code)
    )
    sources = {
        each.hash: originals.Source(name, path, each.form, whole.get(name))
        for (name, path), each in zip(found.pictures, read.opened, strict=True)
        if not each.code
    }
    originals.keep(sources, read.greys, originals.room_bytes())


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
    wanted = "regress" if manifest.load(addition.base).targets else "classify"
    fitting = sorted(told.proposals, key=lambda proposal: proposal.reading.task != wanted)
    return Found(tuple(fitting), told.notes)


def make(
    kept: Material,
    dataset_id: str,
    choice: Choice,
    *,
    split: Split | None = None,
    name: str = "",
    addition: Addition | None = None,
    grouping: Grouping = guard.numbered,
    read_as: str = "",
) -> Summary:
    """Make the data set `dataset_id` of what was taken in, read as `choice` says.

    Args:
        kept: what came.
        dataset_id: an id that is not in use, or in whose folder it is kept.
        choice: what is to be learnt.
        split: as for `ingest`.
        name: as for `ingest`.
        addition: as for `ingest`.
        grouping: as for `ingest`.
        read_as: the encoding that names are read in since, where a person chose another one.

    Raises:
        UserError: "no-pictures", "no-classes", "reading", or what `adding.added` refuses.
    """
    found = kept.found or understood(kept.listing, kept.table, kept.columns, addition)
    if addition is not None and addition.into:
        all_ = candidates.all_of_class(kept.listing, addition.into)
    else:
        all_ = found.taken(choice)
    summary = _made(
        kept, dataset_id, all_, split or _usual(), name, addition, grouping, read_as=read_as
    )
    is_whole = addition is None  # an addition is no data set by itself, to be read another way
    taken = choice
    if is_whole:
        taken = choice.model_copy(update={"key": found.chosen(choice).reading.key})
    material.tell(
        dataset_id,
        Asked(
            kept.dataset_id or dataset_id,
            tuple(found.readings) if is_whole else (),
            taken,
            notes=found.notes,
        ),
    )
    return summary


def name_loose(
    kept: Material,
    dataset_id: str,
    addition: Addition,
    *,
    grouping: Grouping = guard.numbered,
    read_as: str = "",
) -> Summary:
    """Add the pictures of an upload that lay loose to the data set `addition.base`, as one class.

    The rest is as for `make`.

    Raises:
        UserError: "add-nothing" when there are none.
    """
    loose = loose_names(addition.base)
    pictures_ = [entry for entry in kept.listing.pictures if entry[0] in loose]
    pictures_ = [entry for entry in pictures_ if not kept.opened[entry[0]].code]
    if not pictures_:
        raise UserError("add-nothing", "No loose pictures are left.", "Bring other pictures.")
    alone = replace(kept, listing=Listing(pictures=pictures_))
    all_ = candidates.all_of_class(alone.listing, addition.into)
    left = [entry for entry in manifest.set_aside(addition.base) if entry.name not in loose]
    return _made(
        alone, dataset_id, all_, _usual(), "", addition, grouping, earlier=left, read_as=read_as
    )


def loose_names(dataset_id: str) -> set[str]:
    """Return the names of pictures that were set aside only because nothing said what they show."""
    return {entry.name for entry in manifest.set_aside(dataset_id) if entry.code in LOOSE}


def open_pictures(
    paths: Sequence[Path],
    limits: Settings,
    report: Progress,
    phase: str = "pictures",
    **options: Any,
) -> list[opening_children.Opened]:
    """Open files of unknown content in children and keep what is a picture; return what came of each.

    Args:
        paths: the files.
        limits: in force.
        report: told (`phase`, done, total).
        phase: what this is to whoever watches.
        options: how deep greys are read; see `openers.open_all`.

    Raises:
        UserError: "disk-full" or "store-write" when pictures cannot be kept.
    """
    results: list[opening_children.Opened] = [opening_children.CRASHED] * len(paths)
    done = 0

    def keep(index: int, result: opening_children.Opened) -> None:
        nonlocal done
        results[index] = result
        done += 1
        if done % 16 == 0 or done == len(paths):
            report(phase, done, len(paths))

    report(phase, 0, len(paths))
    limits.pictures_dir.mkdir(parents=True, exist_ok=True)
    opening_children.open_all(
        paths,
        {
            "folder": str(limits.pictures_dir.resolve()),
            "side_px": limits.stored_side_px,
            "limit_pixels": limits.picture_limit_pixels,
            **options,
        },
        children=limits.threads or pictures.available_cores(),
        on_opened=keep,
    )
    return results


def disk_full() -> UserError:
    """Return the error for a disk that has no room for what comes."""
    return UserError(
        "disk-full",
        "The disk is full, so the pictures cannot be kept.",
        "Free some space, then import again.",
    )


def _list(
    source: Path, scratch: Path, limits: Settings, report: Progress, reader: naming.Reader
) -> Listing:
    if source.is_dir() and source.suffix != uploads.FOLDER_SUFFIX:
        return listing.of_folder(source, limits, reader)
    found = uploads.archives_of(source)
    parts, names = [path for path, _ in found], [name for _, name in found]
    if shutil.disk_usage(scratch).free < sum(part.stat().st_size for part in parts):
        raise OSError(errno.ENOSPC, "no room to unpack")
    return archives.unpack(
        parts, scratch, limits, lambda done, all_: report("unpack", done, all_), names, reader
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
    is_decided = choice is not None or bool(addition and addition.into)
    choice = choice or Choice.model_validate({})
    best = found.readings[0]
    if addition is not None and not best.needs_name and best.source == "one_class":
        is_decided = True  # pictures of one folder, for the class that is called so
    asks = may_ask and not is_decided and not best.is_sure
    if not asks and not (addition and addition.into):
        found.chosen(choice)
    material.tell(
        dataset_id, Asked(dataset_id, tuple(found.readings), asks=asks, notes=found.notes)
    )
    return choice


def _usual() -> Split:
    return Split.model_validate({})


def _made(
    kept: Material,
    dataset_id: str,
    all_: Candidates,
    split: Split,
    name: str,
    addition: Addition | None,
    grouping: Grouping,
    earlier: Sequence[SetAside] | None = None,
    read_as: str = "",
) -> Summary:
    waiting = unlabelled.NOTHING
    refused: list[SetAside] = []
    if addition is None or not addition.into:
        all_, asked = unlabelled.taken_out(all_, kept.listing, kept.table)
        answers = [kept.opened[name] for name, _ in asked.pictures]
        waiting, refused = unlabelled.of_opened(asked, answers)
    all_ = replace(all_, files=videos.together(all_.files))
    aside = [*(kept.listing.aside if earlier is None else earlier), *all_.aside, *refused]
    opened = [kept.opened[candidate.name] for candidate in all_.files]
    aside += [
        SetAside(candidate.name, result.code, result.reason, result.hint)
        for candidate, result in zip(all_.files, opened, strict=True)
        if result.code
    ]
    taken = [index for index, result in enumerate(opened) if not result.code]
    if not taken:
        raise _none_opened(len(opened), aside)
    files = [all_.files[index] for index in taken]
    results = [opened[index] for index in taken]
    dataset = _assemble(
        dataset_id, name, all_.classes, all_.targets, files, results, split, grouping
    )
    dataset = replace(dataset, greys=kept.greys, notes=(*all_.notes, *kept.notes))
    written_in = kept.reader.reading(dataset.classes) if kept.reader else None
    dataset, waiting, written_in = _read_as(dataset, waiting, written_in, read_as)
    if addition is not None:
        written_in = naming.together(naming.load(addition.base), written_in)
        waiting = unlabelled.together(unlabelled.load(addition.base), waiting)
        base = manifest.load(addition.base)
        dataset = adding.added(base, dataset, base.split or split, grouping)
    dataset = replace(dataset, notes=(*dataset.notes, *notes.of(dataset)))
    naming.save(dataset_id, written_in)
    unlabelled.save(dataset_id, waiting)
    manifest.save(dataset, aside)
    totals = dataset.counts().sum(axis=1)
    classes = {name: int(total) for name, total in zip(dataset.classes, totals, strict=False)}
    others = kept.listing.others
    return Summary(
        dataset_id,
        len(dataset),
        classes,
        aside,
        len(others),
        dataset.notes,
        seconds=0.0,
        junk_names=tuple(name[-JUNK_NAME_SIGNS:] for name in sorted(others)[:JUNK_NAMED]),
    )


def _read_as(
    dataset: Dataset, waiting: Unlabelled, reading: naming.Reading | None, codec: str
) -> tuple[Dataset, Unlabelled, naming.Reading | None]:
    """Read names in an encoding that was chosen after the import, where that keeps classes apart."""
    if reading is None or codec in ("", reading.codec):
        return dataset, waiting, reading
    changes = reading.changes(codec)
    read = naming.reread(dataset, changes)
    if len(set(read.classes)) < len(read.classes):
        return dataset, waiting, reading
    return read, unlabelled.reread(waiting, changes), reading.again(codec)


def _none_opened(count: int, aside: Sequence[SetAside]) -> UserError:
    told = counted(
        "The only file could not be opened as a picture.",
        "None of the {count} files could be opened as a picture.",
        count,
    )
    if aside:
        first = aside[0]
        told = Said(
            "{told} The first was {name!r}: {reason}",
            told=told,
            name=first.name,
            reason=first.reason,
        )
    return UserError("no-pictures", told, "Save the pictures as JPEG or PNG and try again.")


def _assemble(
    dataset_id: str,
    name: str,
    classes: tuple[str, ...],
    target_names: tuple[str, ...],
    kept: Sequence[Candidate],
    results: Sequence[opening_children.Opened],
    split: Split,
    grouping: Grouping,
) -> Dataset:
    labels = np.array([candidate.label for candidate in kept], np.int32)
    given = np.array([candidate.part for candidate in kept], np.int8)
    hashes = np.array([result.hash for result in results], dtype="<U64")
    values = np.array([candidate.values for candidate in kept], np.float64)
    named_groups = [candidate.group for candidate in kept]
    listed = Dataset(
        id=dataset_id,
        name=name,
        classes=classes,
        targets=target_names,
        hashes=hashes,
        names=np.array([candidate.name for candidate in kept], dtype=object),
        labels=labels,
        splits=given,
        widths=np.array([result.width for result in results], np.int32),
        heights=np.array([result.height for result in results], np.int32),
        values=values if target_names else None,
        groups=np.array(named_groups, dtype=object) if any(named_groups) else None,
        twins=grouping(hashes).astype(np.int32),
        given=given if (given != splits.UNSET).any() else None,
    )
    return edits.divide(listed, split)


def settle() -> None:
    """Wait until all pictures are on the disk, where a power cut cannot take them.

    Call it once nobody waits: a slow disk takes longer over it than the import itself. Until then
    an import that lost pictures can be done again, and heals them; see `pictures.store`.
    """
    if hasattr(os, "sync"):
        os.sync()


def _ignore(phase: str, done: int, total: int) -> None:
    """Ignore progress: the caller does not ask for it."""
