"""Files that may become pictures, with what a reading says about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tl_core.base.errors import UserError
from tl_core.base.said import Said, counted
from tl_core.datasets.manifest import SetAside
from tl_core.datasets.splits import UNSET
from tl_core.intake import folders, layout, matching
from tl_core.intake.folders import Layout
from tl_core.intake.listing import Listing
from tl_core.intake.matching import Matched


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may become a picture, with all that is known before it is opened."""

    name: str
    path: Path
    label: int
    part: int
    values: tuple[float, ...] = ()
    group: str = ""
    labels: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidates:
    """All of one upload.

    Attributes:
        classes: in the order of `Candidate.label`; empty for numeric targets.
        targets: names of the numbers in `Candidate.values`; empty for classes.
        files: what may become a picture.
        aside: files that were set aside before they were opened.
        notes: what the person should know, in sentences.
        shows_several: whether each may show several classes: those in `Candidate.labels`.
    """

    classes: tuple[str, ...]
    targets: tuple[str, ...]
    files: list[Candidate]
    aside: list[SetAside] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    shows_several: bool = False

    def answers(self, kept: Sequence[Candidate]) -> dict[str, Any]:
        """Return the columns of a data set that only some tasks have, of the files that are kept."""
        if self.targets:
            return {"values": np.array([each.values for each in kept], np.float64)}
        if not self.shows_several:
            return {}
        shows = np.zeros((len(kept), len(self.classes)), bool)
        for row, candidate in enumerate(kept):
            shows[row, list(candidate.labels)] = True
        return {"shows": shows}


def all_of_class(listing: Listing, name: str) -> Candidates:
    """Return every picture of an upload as one of the class `name`, wherever it lies."""
    folders.require_pictures([picture for picture, _ in listing.pictures])
    files = [Candidate(path_name, path, 0, UNSET) for path_name, path in listing.pictures]
    return Candidates((layout.class_name(name),), (), files)


def from_folders(listing: Listing, plan: Layout) -> Candidates:
    """Return the pictures as the folders say; the others are set aside."""
    index_of = {name: index for index, name in enumerate(plan.classes)}
    part_of = {row: name for name, rows in plan.unlabelled.items() for row in rows}
    files, aside = [], []
    for row, ((name, path), place) in enumerate(zip(listing.pictures, plan.placed, strict=True)):
        if row in part_of:
            aside.append(unlabelled(name, part_of[row]))
        elif place is None:
            aside.append(
                SetAside(
                    name,
                    "picture-loose",
                    "The picture lies beside the class folders, so its class is unknown.",
                    "Move it into the folder of its class.",
                )
            )
        else:
            files.append(
                Candidate(name, path, index_of[place.label], place.part, group=place.group)
            )
    return Candidates(plan.classes, (), files, aside, plan.notes)


def from_labels(listing: Listing, labels: Sequence[str], parts: Sequence[int]) -> Candidates:
    """Return the pictures with the class that each file's own name tells; "" tells none."""
    classes = tuple(sorted({label for label in labels if label}, key=layout.order))
    index_of = {name: index for index, name in enumerate(classes)}
    files, aside = [], []
    for (name, path), label, part in zip(listing.pictures, labels, parts, strict=True):
        if label:
            files.append(Candidate(name, path, index_of[label], part))
        else:
            aside.append(
                SetAside(
                    name,
                    "name-without-class",
                    "Its name does not tell a class as the other names do.",
                    "Rename it, or put it into a folder of its class.",
                )
            )
    return Candidates(classes, (), files, aside, tuple(layout.doubtful_names(classes)))


def from_rows(
    listing: Listing,
    targets: tuple[str, ...],
    matched: Matched,
    *,
    parts: Sequence[int] | None = None,
    parts_without_classes: Mapping[int, str] | None = None,
    notes: Sequence[str] = (),
    shows_several: bool = False,
) -> Candidates:
    """Return the pictures as the rows of a table say.

    Args:
        listing: the upload.
        targets: names of the numbers; empty when the table names classes.
        matched: the row of each picture.
        parts: what folders say, for rows that say nothing.
        parts_without_classes: the part of each picture that lies in one without rows.
        notes: what the person should know before all else.
        shows_several: whether rows name several labels a picture.

    Raises:
        UserError: "targets-none" when no row can be used.
    """
    used = [row for row in matched.rows if row is not None]
    labels = {label for row in used for label in row.labels or (row.label,) if label}
    classes = () if targets else tuple(sorted(labels, key=layout.order))
    index_of = {name: index for index, name in enumerate(classes)}
    files = [
        Candidate(
            name,
            path,
            index_of.get(row.label, 0),
            parts[number] if parts is not None and row.part == UNSET else row.part,
            row.values,
            row.group,
            tuple(sorted(index_of[label] for label in row.labels)),
        )
        for number, ((name, path), row) in enumerate(
            zip(listing.pictures, matched.rows, strict=True)
        )
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
    aside = _aside(listing, matched, parts_without_classes or {})
    return Candidates(classes, targets, files, aside, tuple(told), shows_several)


def unlabelled(name: str, part: str) -> SetAside:
    """Return what is said of a picture in a part of the data set that has no classes."""
    return SetAside(
        name,
        "picture-unlabelled",
        Said("It lies in “{part}”, where nothing says what the pictures show.", part=part),
        Said("Nothing is wrong with it: a model can answer for it later."),
    )


def _aside(listing: Listing, matched: Matched, part_of: Mapping[int, str]) -> list[SetAside]:
    names = {listing.pictures[row][0]: part for row, part in part_of.items()}
    return [
        unlabelled(entry.name, names[entry.name]) if entry.name in names else entry
        for entry in matched.aside
    ]


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
