"""Intake: an upload becomes a data set, every picture cleaned, counted and stored once.

Call `ingest` in a worker process, never in the web process; pictures themselves are opened one
step further away, in children with limits.
"""

import errno
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tl_core.data import (
    adding,
    archives,
    candidates,
    datasets,
    edits,
    encodings,
    fingerprints,
    guard,
    listing,
    naming,
    openers,
    pictures,
    splits,
    table_text,
    unlabelled,
    uploads,
    videos,
)
from tl_core.data.adding import Grouping
from tl_core.data.candidates import Candidate
from tl_core.data.datasets import Dataset, SetAside
from tl_core.data.listing import Listing
from tl_core.data.splits import Split
from tl_core.data.tables import Columns
from tl_core.errors import UserError
from tl_core.files import is_disk_full
from tl_core.said import Said
from tl_core.settings import Settings, current

SCRATCH_PREFIX = "incoming-"
"""Begins the name of the folder, inside the data set's own, that archives are unpacked to."""

Progress = Callable[[str, int, int], None]
"""Told (phase, done, total); phases: "unpack" (bytes), "pictures" (files)."""


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
        junk: how many files were passed over as no pictures (system junk, text).
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


def ingest(
    source: Path,
    dataset_id: str,
    *,
    split: Split | None = None,
    name: str = "",
    targets: Path | None = None,
    columns: Columns | None = None,
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
            it, one that lies among the pictures is used where it fits; see `found_tables`.
        columns: which column of `targets` says what; guessed when None.
        addition: the data set that the pictures are added to; they make one of their own when None.
        grouping: see `Grouping`; by default only equal pictures are copies.
        encoding: what names and tables that are not UTF-8 are written in; judged when empty.
        on_progress: see `Progress`.

    Raises:
        UserError: a refusal ("E-…"), "no-pictures", "no-classes", "one-class", "source-missing",
            "disk-full", or a fault of the CSV. The data set does not exist then.
    """
    started = time.monotonic()
    limits = current()
    report = on_progress or _ignore
    if not source.exists():
        raise UserError(
            "source-missing",
            "There is nothing at {source!r}.",
            "Check the path.",
            source=str(source),
        )
    folder = datasets.folder(dataset_id)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix=SCRATCH_PREFIX, dir=folder) as scratch:
            reader = naming.Reader(encodings.named(encoding))
            found = _list(source, Path(scratch), limits, report, reader)
            targets = table_text.readable(found, targets, Path(scratch), reader)
            summary = _ingest_listing(
                found,
                dataset_id,
                split or Split(),  # pyright: ignore[reportCallIssue]
                name or source.stem,
                targets,
                columns,
                addition,
                grouping,
                limits,
                report,
                reader,
            )
    except OSError as error:
        if is_disk_full(error):
            raise disk_full() from error
        raise
    return replace(summary, seconds=time.monotonic() - started)


def open_pictures(
    paths: Sequence[Path], limits: Settings, report: Progress
) -> list[openers.Opened]:
    """Open files of unknown content in children and keep what is a picture; return what came of each.

    Raises:
        UserError: "disk-full" or "store-write" when pictures cannot be kept.
    """
    results: list[openers.Opened] = [openers.CRASHED] * len(paths)
    done = 0

    def keep(index: int, result: openers.Opened) -> None:
        nonlocal done
        results[index] = result
        done += 1
        if done % 16 == 0 or done == len(paths):
            report("pictures", done, len(paths))

    report("pictures", 0, len(paths))
    limits.pictures_dir.mkdir(parents=True, exist_ok=True)
    openers.open_all(
        paths,
        {
            "folder": str(limits.pictures_dir.resolve()),
            "side_px": limits.stored_side_px,
            "limit_pixels": limits.picture_limit_pixels,
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


def _ingest_listing(
    found: Listing,
    dataset_id: str,
    split: Split,
    name: str,
    targets: Path | None,
    columns: Columns | None,
    addition: Addition | None,
    grouping: Grouping,
    limits: Settings,
    report: Progress,
    reader: naming.Reader,
) -> Summary:
    if found.aside and not found.pictures:
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
    asked = Listing()
    if addition is not None and addition.into:
        all_ = candidates.all_of_class(found, addition.into)
    else:
        least = 2 if addition is None else 1
        whole = found
        if targets is None:
            found, asked = unlabelled.put_by(found)
        all_ = candidates.of(found, targets, columns, least_classes=least)
        all_, more = unlabelled.without_class(all_, whole)
        asked.pictures += more.pictures
    files = videos.together(all_.files)
    aside = [*found.aside, *all_.aside]
    paths = [candidate.path for candidate in files] + [path for _, path in asked.pictures]
    opened = open_pictures(paths, limits, report)
    opened, answered = opened[: len(files)], opened[len(files) :]
    waiting, refused = unlabelled.of_opened(asked, answered)
    aside += refused
    taken = [index for index, result in enumerate(opened) if not result.code]
    aside += [
        SetAside(candidate.name, result.code, result.reason, result.hint)
        for candidate, result in zip(files, opened, strict=True)
        if result.code
    ]
    if not taken:
        told = Said("None of the {count} files could be opened as a picture.", count=len(files))
        if aside:
            first = aside[0]
            told = Said(
                "{told} The first was {name!r}: {reason}",
                told=told,
                name=first.name,
                reason=first.reason,
            )
        raise UserError("no-pictures", told, "Save the pictures as JPEG or PNG and try again.")
    kept = [files[index] for index in taken]
    results = [opened[index] for index in taken]
    fingerprints.keep(fingerprints.unpacked(result.fingerprint for result in results))
    dataset = _assemble(
        dataset_id, name, all_.classes, all_.targets, kept, results, split, grouping
    )
    dataset = replace(dataset, notes=(*all_.notes, *dataset.notes))
    reading = reader.reading(dataset.classes)
    if addition is not None:
        reading = naming.together(naming.load(addition.base), reading)
        waiting = unlabelled.together(unlabelled.load(addition.base), waiting)
        base = datasets.load(addition.base)
        dataset = adding.added(base, dataset, base.split or split, grouping)
    naming.save(dataset_id, reading)
    unlabelled.save(dataset_id, waiting)
    datasets.save(dataset, aside)
    totals = dataset.counts().sum(axis=1)
    counted = {name: int(total) for name, total in zip(dataset.classes, totals, strict=False)}
    return Summary(
        dataset_id, len(dataset), counted, aside, len(found.others), dataset.notes, seconds=0.0
    )


def _assemble(
    dataset_id: str,
    name: str,
    classes: tuple[str, ...],
    target_names: tuple[str, ...],
    kept: Sequence[Candidate],
    results: Sequence[openers.Opened],
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
    divided = edits.divide(listed, split)
    return replace(divided, notes=_notes(kept, hashes, labels, classes, given, divided.splits))


def _notes(
    kept: Sequence[Candidate],
    hashes: np.ndarray,
    labels: np.ndarray,
    classes: tuple[str, ...],
    given: np.ndarray,
    parts: np.ndarray,
) -> tuple[str, ...]:
    """Say what a person would want to know: copies, and copies under two classes."""
    notes = []
    first: dict[str, int] = {}
    copies = 0
    clashes = []
    for index, digest in enumerate(hashes.tolist()):
        earlier = first.setdefault(digest, index)
        copies += earlier != index
        if classes and labels[earlier] != labels[index]:
            clashes.append((earlier, index))
    if copies:
        notes.append(
            Said("{count} pictures are exact copies of others; copies share a part.", count=copies)
        )
    if clashes:
        earlier, later = clashes[0]
        notes.append(
            Said(
                "{count} pictures stand under two classes, first {one} (“{its_class}”) "
                "and {other} (“{other_class}”).",
                count=len(clashes),
                one=kept[earlier].name,
                its_class=classes[labels[earlier]],
                other=kept[later].name,
                other_class=classes[labels[later]],
            )
        )
    moved = int(((given != splits.UNSET) & (given != splits.TRAIN) & (given != parts)).sum())
    moved += int(((given == splits.TRAIN) & _stands(given, parts)).sum())
    if moved:
        notes.append(
            Said(
                "{count} training pictures also stand in validation or test and were moved there.",
                count=moved,
            )
        )
    return tuple(notes)


def _stands(given: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Tell pictures that left training for a part that was given, not cut."""
    return np.isin(parts, np.unique(given[given > splits.TRAIN]))


def settle() -> None:
    """Wait until all pictures are on the disk, where a power cut cannot take them.

    Call it once nobody waits: a slow disk takes longer over it than the import itself. Until then
    an import that lost pictures can be done again, and heals them; see `pictures.store`.
    """
    if hasattr(os, "sync"):
        os.sync()


def _ignore(phase: str, done: int, total: int) -> None:
    """Nobody wants to know."""
