"""A table of an upload beside its pictures: which lines are about which picture, and what that says of parts."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tl_core.base.said import Said
from tl_core.datasets.splits import UNSET
from tl_core.intake import candidates, folders, matching, part_names, profiles
from tl_core.intake.candidates import Candidates
from tl_core.intake.listing import Listing
from tl_core.intake.picture_tables import Loaded
from tl_core.intake.profiles import Profile
from tl_core.intake.reading import PARTS, Out
from tl_core.intake.tables import Columns, Row


@dataclass(frozen=True, slots=True)
class Upload:
    """What all readings of one table have in common.

    Attributes:
        listing: the upload.
        table: the table in it.
        lines_of: the lines about each picture, by its row in the listing.
        profiles: what stands in each column.
        split: the column of parts, "" for none.
        parts: the part of each picture, `UNSET` where neither folder nor table says it.
        without: pictures of whole parts that the table leaves out, with the part's name.
        count: how many pictures the table may be about.
    """

    listing: Listing
    table: Loaded
    lines_of: dict[int, list[int]]
    profiles: dict[str, Profile]
    split: str
    parts: list[int]
    without: dict[int, str]
    count: int

    @property
    def share(self) -> float:
        return len(self.lines_of) / max(1, self.count)


def upload(listing: Listing, table: Loaded) -> Upload:
    """Return what all readings of `table` need to know: lines by picture, columns, parts."""
    names = [name for name, _ in listing.pictures]
    lines_of: dict[int, list[int]] = defaultdict(list)
    for line, pictures in enumerate(table.located):
        if len(pictures) == 1:
            lines_of[pictures[0]].append(line)
    kept = [table.sheet.lines[line] for lines in lines_of.values() for line in lines]
    profiled = profiles.of(table.sheet, kept)
    others = [profile for name, profile in profiled.items() if name != table.file]
    parts, rows_in = folders.parts(names)
    doubtful = {row for pictures in table.located if len(pictures) > 1 for row in pictures}
    without = {
        row: name
        for name, rows in rows_in.items()
        if lines_of and not any(row in lines_of or row in doubtful for row in rows)
        for row in rows
    }
    for row, lines in lines_of.items():
        if table.parts[lines[0]] != UNSET:
            parts[row] = table.parts[lines[0]]
    return Upload(
        listing,
        table,
        dict(lines_of),
        profiled,
        profiles.split_column(others),
        parts,
        without,
        len(names) - len(without),
    )


def facts(upload: Upload, columns: Columns) -> dict[str, Any]:
    """Return the fields of a reading that count pictures: found, in which parts, left out."""
    names = [name for name, _ in upload.listing.pictures]
    unlisted = upload.count - len(upload.lines_of)
    without: dict[str, list[str]] = defaultdict(list)
    for row, part in upload.without.items():
        without[part].append(names[row])
    out = [Out("unlabelled", part, len(kept)) for part, kept in without.items()]
    if unlisted:
        out.append(Out("unlisted", upload.table.shown, unlisted))
    return {
        "parts": _parts(upload, columns.split),
        "groups": columns.group,
        "found": len(upload.lines_of),
        "count": len(names),
        "out": tuple(out),
        "unlabelled": {part: tuple(kept) for part, kept in without.items()},
    }


def _parts(upload: Upload, split: str) -> dict[str, int]:
    counted: Counter[int] = Counter()
    for row, lines in upload.lines_of.items():
        text = upload.table.sheet.lines[lines[0]].fields[split] if split else ""
        part = part_names.one(text) if text.strip() else None
        counted[upload.parts[row] if part is None else part] += 1
    if set(counted) <= {UNSET}:
        return {}
    return {name: counted[part] for part, name in enumerate(PARTS) if counted[part]}


def group_column(upload: Upload, label: Profile | None, leave_out: Sequence[str] = ()) -> str:
    """Return the column whose values say which pictures belong together, "" for none."""
    taken = {upload.table.file, upload.split, *leave_out, *([label.name] if label else [])}
    others = [profile for name, profile in upload.profiles.items() if name not in taken]
    return profiles.group_column(others, label.texts if label else ())


def matched_pictures(
    upload: Upload,
    rows: Sequence[Row],
    targets: tuple[str, ...] = (),
    *,
    shows_several: bool = False,
) -> Candidates:
    """Return the pictures of the upload with what the rows of its table say about them."""
    names = [name for name, _ in upload.listing.pictures]
    matched = matching.match(rows, names, located=upload.table.located)
    told = (
        Said(
            "The numbers come from “{name}”, which lay among the pictures.", name=upload.table.shown
        )
        if targets
        else Said(
            "The classes come from “{name}”, which lay among the pictures.", name=upload.table.shown
        )
    )
    return candidates.from_rows(
        upload.listing,
        targets,
        matched,
        parts=upload.parts,
        parts_without_classes=upload.without,
        notes=[told] if upload.table.shown else [],
        shows_several=shows_several,
    )
