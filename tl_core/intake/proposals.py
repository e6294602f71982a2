"""What a table says about the pictures of an upload, and a reading that is proposed from it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.datasets.splits import UNSET
from tl_core.intake import candidates, folders, layout, matching, part_names, profiles, tables
from tl_core.intake.candidates import Candidates
from tl_core.intake.listing import Listing
from tl_core.intake.picture_tables import Loaded
from tl_core.intake.profiles import Profile
from tl_core.intake.reading import PARTS, Choice, Labels, Out, Reading, columns_json, examples_of
from tl_core.intake.sheets import Line
from tl_core.intake.tables import Columns, Row
from tl_core.tasks import multilabel

JOINT = ","
"""Stands between several labels of a picture that become one class together."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A reading, and how the pictures are got by it once a person has chosen."""

    reading: Reading
    build: Callable[[Choice], Candidates]


@dataclass(frozen=True, slots=True)
class Found:
    """The readings of an upload, the likeliest first, and what was not used, in sentences."""

    proposals: tuple[Proposal, ...]
    notes: tuple[str, ...] = ()

    @property
    def readings(self) -> list[Reading]:
        return [proposal.reading for proposal in self.proposals]

    def chosen(self, choice: Choice) -> Proposal:
        """Return the reading that `choice` names, by default the first.

        Raises:
            UserError: "reading" when there is no such reading; "no-classes" when nothing says
                what the pictures show and `choice` does not either.
        """
        if not choice.key:
            wanted = self.proposals[0]
        else:
            wanted = next((p for p in self.proposals if p.reading.key == choice.key), None)
            if wanted is None:
                raise UserError(
                    "reading",
                    "These pictures cannot be read that way any more.",
                    "Choose another one of the {count} ways.",
                    count=len(self.proposals),
                )
        if wanted.reading.needs_name and not choice.class_name.strip():
            raise self._nothing_said()
        return wanted

    def number(self, number: int) -> Choice:
        """Return the choice of reading `number`, counted from 1.

        Raises:
            UserError: "reading" when there is none.
        """
        if not 1 <= number <= len(self.proposals):
            raise no_such_reading(number, len(self.proposals))
        return Choice.model_validate({"key": self.proposals[number - 1].reading.key})

    def taken(self, choice: Choice) -> Candidates:
        """Return the pictures as the chosen reading says."""
        proposal = self.chosen(choice)
        built = proposal.build(choice)
        used = {*proposal.reading.tables}
        unused = [note for note in self.notes if not any(name in note for name in used)]
        return replace(built, notes=(*unused, *built.notes))

    def _nothing_said(self) -> UserError:
        refusal = folders.no_classes()
        told = refusal.message
        for note in self.notes:
            told = Said("{so_far} {more}", so_far=told, more=note)
        return UserError(refusal.code, told, refusal.hint)


def no_such_reading(number: int, count: int) -> UserError:
    """Return the error for a reading that there is not."""
    return UserError(
        "reading",
        "There is no reading {number}: there are {count}.",
        "Give a number from 1 to {count}.",
        number=number,
        count=count,
    )


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


def propose_classes(
    upload: Upload,
    columns: Columns,
    labels_of: Callable[[Line, Choice], tuple[str, ...]],
    how: Labels,
    labelled: dict[int, str],
    **told: Any,
) -> Proposal:
    """Return a reading that gives each picture a class.

    Args:
        upload: the table and the pictures.
        columns: which of its columns mean what.
        labels_of: the labels that a line names, under a person's choice.
        how: what several labels of a picture come to.
        labelled: the class of each picture, by its row.
        told: further fields of the reading.
    """
    evidence = told.pop("evidence")
    counted = class_counts(labelled)
    reading = Reading(
        task="classify",
        tables=upload.table.told,
        columns=columns_json(columns),
        labels=how,
        classes=counted,
        examples=examples_of(
            ((label, upload.listing.pictures[row][0]) for row, label in labelled.items()), counted
        ),
        evidence=tuple(evidence),
        **told,
        **facts(upload, columns),
    )
    return Proposal(
        reading,
        lambda choice: matched_pictures(upload, _rows(upload, columns, labels_of, how, choice)),
    )


def propose_labels(
    upload: Upload,
    columns: Columns,
    labels_of: Callable[[Line, Choice], tuple[str, ...]],
    *,
    none_is_known: bool = False,
    **told: Any,
) -> Proposal:
    """Return a reading in which each picture may show several classes.

    Args:
        upload: the table and the pictures.
        columns: which of its columns mean what.
        labels_of: the labels that a line names, under a person's choice.
        none_is_known: whether a picture without any label is known to show none of them, as in
            columns of 0 and 1; otherwise nothing is known of it.
        told: further fields of the reading.
    """
    shown = _labels_shown(upload, labels_of, Choice())
    listed = [(label, row) for row, labels in shown.items() for label in labels]
    counted = Counter(label for label, _ in listed)
    classes = {name: counted[name] for name in sorted(counted, key=layout.order)}
    names = [name for name, _ in upload.listing.pictures]
    reading = Reading(
        task=multilabel.TASK.kind,
        tables=upload.table.told,
        columns=columns_json(columns),
        labels="each",
        classes=classes,
        examples=examples_of(((label, names[row]) for label, row in listed), classes),
        **told,
        **facts(upload, columns),
    )

    def build(choice: Choice) -> Candidates:
        rows = _label_rows(upload, columns, labels_of, choice, none_is_known=none_is_known)
        return matched_pictures(upload, rows, shows_several=True)

    return Proposal(reading, build)


def _labels_shown(
    upload: Upload, labels_of: Callable[[Line, Choice], tuple[str, ...]], choice: Choice
) -> dict[int, tuple[str, ...]]:
    """Return the labels of each picture, by its row, those of all its lines together."""
    lines = upload.table.sheet.lines
    return {
        row: tuple(
            dict.fromkeys(
                layout.class_name(label)
                for line in kept
                for label in labels_of(lines[line], choice)
            )
        )
        for row, kept in upload.lines_of.items()
    }


def _label_rows(
    upload: Upload,
    columns: Columns,
    labels_of: Callable[[Line, Choice], tuple[str, ...]],
    choice: Choice,
    *,
    none_is_known: bool,
) -> list[Row]:
    sheet = upload.table.sheet
    shown: dict[int, tuple[str, ...]] = {}
    for row, labels in _labels_shown(upload, labels_of, choice).items():
        shown |= dict.fromkeys(upload.lines_of[row], labels)
    bare = columns.model_copy(update={"label": ""})
    rows = []
    for number, line in enumerate(sheet.lines):
        row = tables.row(line, bare, sheet.is_comma_decimal)
        labels = shown.get(number, ())
        is_unknown = not labels and not none_is_known
        fault = Said("Line {line} of the table names no class.", line=row.line)
        label = labels[0] if labels else ""
        rows.append(replace(row, label=label, labels=labels, fault=fault if is_unknown else ""))
    return rows


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


def labelled_pictures(
    upload: Upload,
    labels_of: Callable[[Line, Choice], tuple[str, ...]],
    how: Labels = "one",
) -> dict[int, str]:
    """Return the class of each picture, by its row, as the reading of `labels_of` has it."""
    lines = upload.table.sheet.lines
    told = {
        row: _one_label([labels_of(lines[line], Choice()) for line in kept], how)
        for row, kept in upload.lines_of.items()
    }
    return {row: layout.class_name(label) for row, label in told.items() if label}


def class_counts(labelled: dict[int, str]) -> dict[str, int]:
    """Return how many pictures each class has, classes in the order that people expect."""
    counted = Counter(labelled.values())
    return {name: counted[name] for name in sorted(counted, key=layout.order)}


def _one_label(told: Sequence[tuple[str, ...]], how: Labels) -> str:
    """Return the class that the labels of all lines of one picture come to, "" for none."""
    labels = list(dict.fromkeys(label for of_line in told for label in of_line))
    if not labels:
        return ""
    return JOINT.join(sorted(labels, key=layout.order)) if how == "combined" else labels[0]


def _rows(
    upload: Upload,
    columns: Columns,
    labels_of: Callable[[Line, Choice], tuple[str, ...]],
    how: Labels,
    choice: Choice,
) -> list[Row]:
    sheet = upload.table.sheet
    labels = [labels_of(line, choice) for line in sheet.lines]
    told = [_one_label([own], how) for own in labels]
    if how != "one":  # all lines of a picture together
        for lines in upload.lines_of.values():
            label = _one_label([labels[line] for line in lines], how)
            for line in lines:
                told[line] = label
    bare = columns.model_copy(update={"label": ""})
    rows = [tables.row(line, bare, sheet.is_comma_decimal) for line in sheet.lines]
    return [
        replace(
            row,
            label=layout.class_name(label),
            fault="" if label else Said("Line {line} of the table names no class.", line=row.line),
        )
        for row, label in zip(rows, told, strict=True)
    ]


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


def with_score(proposal: Proposal, score: float) -> Proposal:
    return replace(proposal, reading=replace(proposal.reading, score=score))
