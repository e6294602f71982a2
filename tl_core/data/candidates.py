"""Files that may become pictures, with what folders or a table say about them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tl_core.data import found_tables, layout, matching, tables
from tl_core.data.datasets import SetAside
from tl_core.data.found_tables import Found
from tl_core.data.layout import Layout
from tl_core.data.listing import Listing
from tl_core.data.splits import UNSET
from tl_core.data.tables import Columns
from tl_core.errors import UserError
from tl_core.said import Said, counted


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may become a picture, with all that is known before it is opened."""

    name: str
    path: Path
    label: int
    part: int
    values: tuple[float, ...] = ()
    group: str = ""


@dataclass(frozen=True, slots=True)
class Candidates:
    """All of one upload.

    Attributes:
        classes: in the order of `Candidate.label`; empty for numeric targets.
        targets: names of the numbers in `Candidate.values`; empty for classes.
        files: what may become a picture.
        aside: files that were set aside before they were opened.
        notes: what the person should know, in sentences.
    """

    classes: tuple[str, ...]
    targets: tuple[str, ...]
    files: list[Candidate]
    aside: list[SetAside] = field(default_factory=list)
    notes: tuple[str, ...] = ()


def of(
    listing: Listing,
    table: Path | None = None,
    columns: Columns | None = None,
    *,
    least_classes: int = 2,
) -> Candidates:
    """Find out what each file of an upload shows.

    Args:
        listing: the upload.
        table: given beside it, and then followed alone.
        columns: which column of `table` says what; guessed when None.
        least_classes: see `layout.read`.

    Raises:
        UserError: "no-pictures", "no-classes", "one-class", or a fault of the given table.
    """
    names = [name for name, _ in listing.pictures]
    if table is not None and names:
        read = tables.read(table, columns)
        return _from_table(listing, Found(read, matching.match(read.rows, names)), [])
    refusal, plan = None, None
    try:
        archives = [entry.name for entry in listing.aside if layout.is_archive(entry.name)]
        plan = layout.read(names, listing.folders, (*listing.others, *archives), least_classes)
    except UserError as error:
        refusal = error
    found, notes = None, []
    if names and listing.tables:
        has_classes = plan is not None
        found, notes = found_tables.fitting(listing.tables, names, has_classes=has_classes)
    if found is not None:
        return _from_table(listing, found, notes)
    if plan is None:
        assert refusal is not None
        told = refusal.message
        for note in notes:
            told = Said("{so_far} {more}", so_far=told, more=note)
        raise UserError(refusal.code, told, refusal.hint)
    return _from_folders(listing, plan, notes)


def all_of_class(listing: Listing, name: str) -> Candidates:
    """Return every picture of an upload as one of the class `name`, wherever it lies."""
    if not listing.pictures:
        layout.read([])  # says that there are none
    files = [Candidate(path_name, path, 0, UNSET) for path_name, path in listing.pictures]
    return Candidates((name,), (), files)


def _from_folders(listing: Listing, plan: Layout, notes: Sequence[str]) -> Candidates:
    index_of = {name: index for index, name in enumerate(plan.classes)}
    files, aside = [], []
    for (name, path), place in zip(listing.pictures, plan.placed, strict=True):
        if place is None:
            aside.append(
                SetAside(
                    name,
                    "picture-loose",
                    "The picture lies beside the class folders, so its class is unknown.",
                    "Move it into the folder of its class.",
                )
            )
        else:
            files.append(Candidate(name, path, index_of[place.label], place.part))
    return Candidates(plan.classes, (), files, aside, (*notes, *plan.notes))


def _from_table(listing: Listing, found: Found, notes: Sequence[str]) -> Candidates:
    table, matched = found.table, found.matched
    used = [row for row in matched.rows if row is not None]
    labels = {row.label for row in used}
    classes = () if table.targets else tuple(sorted(labels, key=layout.order))
    index_of = {name: index for index, name in enumerate(classes)}
    files = [
        Candidate(name, path, index_of.get(row.label, 0), row.part, row.values, row.group)
        for (name, path), row in zip(listing.pictures, matched.rows, strict=True)
        if row is not None
    ]
    if not files:
        first = matched.aside[0]
        raise UserError(
            "targets-none",
            Said(
                "The table says nothing usable about any picture. The first was “{name}”: {reason}",
                name=first.name,
                reason=first.reason,
            ),
            first.hint,
        )
    told = [*notes, *_unused(matched), *layout.doubtful_names(classes)]
    return Candidates(classes, table.targets, files, matched.aside, tuple(told))


def _unused(matched: matching.Matched) -> list[str]:
    rows = matched.unused
    if not rows:
        return []
    return [
        counted(
            "One line of the table names no picture: “{file}” (line {line}).",
            "{count} lines of the table name no picture, first “{file}” (line {line}).",
            len(rows),
            file=rows[0].file[-80:],
            line=rows[0].line,
        )
    ]
