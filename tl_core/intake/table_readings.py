"""Readings of tables: which column may be the answer, told by the values that stand in it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from tl_core.base import said
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.datasets.splits import UNSET
from tl_core.intake import (
    candidates,
    folders,
    layout,
    matching,
    part_names,
    profiles,
    sheets,
    tables,
)
from tl_core.intake.candidates import Candidates
from tl_core.intake.listing import Listing
from tl_core.intake.matching import Finders
from tl_core.intake.profiles import Profile
from tl_core.intake.reading import (
    EXAMPLE_CLASSES,
    PARTS,
    Choice,
    Labels,
    Out,
    Reading,
    columns_json,
    examples_of,
    listed,
)
from tl_core.intake.sheets import Line, Sheet
from tl_core.intake.tables import Columns, Row

LEAST_SHARE = 0.02
"""A table that names fewer of the pictures than this is no table about them."""
SHARE_NAMED = 0.5
MOST_COLUMNS = 40
MOST_TABLES = 40
YES_OR_NO = 0.35
DISAGREES = 0.77
"""Score of a column of classes that says something else than the folders: ask."""
JOINT = ","
"""Stands between several labels of a picture that become one class together."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A reading, and how the pictures are got by it once a person has chosen."""

    reading: Reading
    build: Callable[[Choice], Candidates]


@dataclass(frozen=True, slots=True)
class Loaded:
    """One table, or several of the same columns (one beside each part) as one.

    Attributes:
        names: as uploaded.
        sheet: all lines.
        file: the column that names the pictures.
        located: for each line, the pictures that it may mean.
        parts: for each line, the part that its table is about, -1 for none.
    """

    names: tuple[str, ...]
    sheet: Sheet
    file: str
    located: tuple[tuple[int, ...], ...]
    parts: tuple[int, ...]

    @property
    def told(self) -> tuple[str, ...]:
        """The names of tables that lay among the pictures; one given beside them has none."""
        return tuple(name for name in self.names if name)

    @property
    def shown(self) -> str:
        return listed(self.told)


@dataclass(frozen=True, slots=True)
class _Upload:
    """What all readings of one table have in common."""

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


def load(found: Sequence[tuple[str, Path]], names: Sequence[str], notes: list[str]) -> list[Loaded]:
    """Read the tables that say something about the pictures; `notes` takes why others do not.

    Args:
        found: (path as uploaded, file); a path of "" is a table given beside the pictures.
        names: paths of the pictures.
        notes: gets sentences.
    """
    finders = Finders(names)
    if len(found) > MOST_TABLES:  # one beside every picture: annotations of another kind
        notes.append(
            Said("{count} tables were not used: there are too many of them.", count=len(found))
        )
        return []
    by_header: dict[tuple[str, ...], list[tuple[str, Sheet]]] = defaultdict(list)
    for name, path in sorted(found, key=lambda entry: (entry[0].count("/"), entry[0])):
        try:
            sheet = sheets.read(path)
        except UserError as error:
            notes.append(Said("“{name}” was not used: {why}", name=name, why=error.message))
            continue
        by_header[sheet.header].append((name, sheet))
    loaded = []
    for family in by_header.values():
        table = _joined(family, finders)
        if table is None:
            told = said.counted(
                "The picture is not named in the table.",
                "None of the {count} pictures is named in the table.",
                len(names),
            )
            notes += [
                Said("“{name}” was not used: {why}", name=name, why=told) for name, _ in family
            ]
        else:
            loaded.append(table)
    return loaded


def _joined(family: Sequence[tuple[str, Sheet]], finders: Finders) -> Loaded | None:
    places = [str(PurePosixPath(name).parent) for name, _ in family]
    first = family[0][1]
    for (_, sheet), place in zip(family, places, strict=True):
        file = profiles.file_column(sheet, finders, place)
        if file:
            break
    else:
        return None
    stems = {name: PurePosixPath(name).stem for name, _ in family}
    part_of = part_names.of_all(set(stems.values())) or {}
    lines, located, parts = [], [], []
    for (name, sheet), place in zip(family, places, strict=True):
        lines += sheet.lines
        parts += [part_of.get(stems[name], UNSET)] * len(sheet.lines)
        for line in sheet.lines:
            text = line.fields[file].strip().replace("\\", "/")
            located.append(tuple(finders.find(text, place)) if text else ())
    joined = Sheet(first.header, tuple(lines), first.is_comma_decimal)
    names = tuple(name for name, _ in family)
    return Loaded(names, joined, file, tuple(located), tuple(parts))


def of(listing: Listing, table: Loaded, other: Sequence[str] | None) -> list[Proposal]:
    """Return what may be learnt from a table.

    Args:
        listing: the upload.
        table: one that names pictures.
        other: the class of each picture that folders tell ("" where none), or None.
    """
    upload = _upload(listing, table)
    if not upload.lines_of or upload.share < LEAST_SHARE:
        return []
    answers = {
        name: profile
        for name, profile in upload.profiles.items()
        if name not in (table.file, upload.split)
    }
    hot, is_single = profiles.one_hot(list(answers.values()))
    found = []
    if hot:
        found += _of_one_hot(upload, hot, answers, is_single=is_single)
        if is_single and any(
            each.is_called_label for name, each in answers.items() if name not in hot
        ):
            found = [_scored(proposal, DISAGREES) for proposal in found]
        if is_single:
            answers = {name: profile for name, profile in answers.items() if name not in hot}
    numeric = _numeric(upload, list(answers.values()))
    has_amounts = any(answers[name].kind == "numbers" for name in numeric)
    for profile in list(answers.values())[:MOST_COLUMNS]:
        of_column = _of_column(upload, profile, has_amounts=has_amounts)
        if profile.name in hot:  # one of several labels: a question of yes and no
            of_column = [_scored(proposal, YES_OR_NO) for proposal in of_column]
        found += of_column
    found += _of_numbers(upload, numeric, has_classes=any(p.reading.score >= 0.5 for p in found))
    return [_weighed(upload, proposal, found, other) for proposal in found]


def chosen(listing: Listing, path: Path, columns: Columns) -> Proposal:
    """Return the one reading of a table whose columns a person has chosen.

    Raises:
        UserError: "targets-file", "targets-columns", "targets-value" or "targets-none".
    """
    table = tables.read(path, columns)
    names = [name for name, _ in listing.pictures]
    folders.require_pictures(names)
    matched = matching.match(table.rows, names)
    built = candidates.from_rows(listing, table.targets, matched)
    numbers = bool(table.targets)
    counted = Counter(file.label for file in built.files)
    reading = Reading(
        key="chosen",
        task="regress" if numbers else "classify",
        source="numbers" if numbers else "column",
        title=_title_of_numbers(table.targets)
        if numbers
        else _title_of_column(built.classes, columns.label),
        score=1.0,
        columns=columns_json(columns),
        answers=table.targets or (columns.label,),
        classes={name: counted[index] for index, name in enumerate(built.classes)},
        groups=columns.group,
        found=len(built.files),
        count=len(names),
        evidence=(Said("You chose these columns."),),
    )
    return Proposal(reading, lambda _choice: built)


def _upload(listing: Listing, table: Loaded) -> _Upload:
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
    return _Upload(
        listing,
        table,
        dict(lines_of),
        profiled,
        profiles.split_column(others),
        parts,
        without,
        len(names) - len(without),
    )


# Classes from one column


def _of_column(upload: _Upload, profile: Profile, *, has_amounts: bool) -> list[Proposal]:
    if not _may_be_classes(profile):
        return []
    cut = profiles.separator(profile) if profile.kind in ("words", "text") else None
    torn = _share_of_torn(upload, profile)
    if cut is None and torn < profiles.MANY_CELLS_SHARE:
        return [_class_proposal(upload, profile, _score_of(profile, has_amounts=has_amounts))]
    score = 0.7 if profile.is_called_label else 0.45
    return [
        _several_proposal(upload, profile, cut or (lambda text: (text,)), "combined", score),
        _several_proposal(upload, profile, cut or (lambda text: (text,)), "first", score - 0.05),
    ]


def _may_be_classes(profile: Profile) -> bool:
    if profile.kind in ("words", "whole", "constant"):
        return True
    if not profile.is_called_label:
        return False
    if profile.kind == "numbers":
        is_whole = all(text.lstrip("-").isdecimal() for text in profile.counted)
        return is_whole and 3 * len(profile.counted) <= profile.filled
    return profile.kind == "text"


def _score_of(profile: Profile, *, has_amounts: bool) -> float:
    """Return how much speaks for this column as the classes, before all else is weighed."""
    if profile.kind == "constant":
        return 0.1
    score = {"words": 0.75, "text": 0.55}.get(profile.kind, 0.55)
    if profile.kind == "whole" and len(profile.counted) == 2:
        score = 0.7
    heading = profile.name.strip().casefold()
    if heading in tables.LABEL_COLUMNS and profile.kind != "text":
        score = 0.93
    elif profile.is_called_label:
        score += 0.2 if len(profile.words) == 1 else 0.12
    if profile.is_called_aside:
        score -= 0.35
    elif profile.is_called_group and not profile.is_called_label:
        score -= 0.4
    if profile.kind == "whole" and has_amounts and not profile.is_called_label:
        score -= 0.2
    return score


def _share_of_torn(upload: _Upload, profile: Profile) -> float:
    """Return the share of pictures with several lines that say different things."""
    texts = [line.fields[profile.name].strip() for line in upload.table.sheet.lines]
    torn = sum(
        len({texts[line] for line in lines if texts[line]}) > 1
        for lines in upload.lines_of.values()
        if len(lines) > 1
    )
    return torn / len(upload.lines_of)


def _class_proposal(upload: _Upload, profile: Profile, score: float) -> Proposal:
    def labels_of(line: Line, _choice: Choice) -> tuple[str, ...]:
        text = line.fields[profile.name].strip()
        return (text,) if text else ()

    labelled = _labelled(upload, labels_of)
    counted = _counted(labelled)
    group = _group(upload, profile)
    columns = Columns(file=upload.table.file, label=profile.name, split=upload.split, group=group)
    evidence = [_evidence_of_values(profile, counted)]
    return _proposal(
        upload,
        columns,
        labels_of,
        "one",
        labelled,
        key=f"column:{upload.table.shown}:{profile.name}",
        source="column",
        score=score,
        title=_title_of_column(tuple(counted), profile.name),
        answers=(profile.name,),
        evidence=evidence,
    )


def _several_proposal(
    upload: _Upload,
    profile: Profile,
    cut: Callable[[str], tuple[str, ...]],
    how: Labels,
    score: float,
) -> Proposal:
    """Return the reading of a column with several labels a picture, in cells or in several lines."""

    def labels_of(line: Line, _choice: Choice) -> tuple[str, ...]:
        text = line.fields[profile.name].strip()
        return cut(text) if text else ()

    labelled = _labelled(upload, labels_of, how)
    counted = _counted(labelled)
    pieces = {piece for text in profile.counted for piece in cut(text)}
    several = tuple(sorted(pieces, key=layout.order))
    columns = Columns(
        file=upload.table.file,
        label=profile.name,
        split=upload.split,
        group=_group(upload, profile),
    )
    return _proposal(
        upload,
        columns,
        labels_of,
        how,
        labelled,
        key=f"{how}:{upload.table.shown}:{profile.name}",
        source="column",
        score=score,
        title=_title_of_several(how, several, tuple(counted)),
        answers=(profile.name,),
        pieces=several,
        evidence=[_evidence_of_several(several)],
    )


# Classes from columns of 0 and 1


def _of_one_hot(
    upload: _Upload, hot: tuple[str, ...], answers: dict[str, Profile], *, is_single: bool
) -> list[Proposal]:
    def labels_of(line: Line, choice: Choice) -> tuple[str, ...]:
        wanted = choice.columns or hot
        return tuple(
            name.strip() for name in hot if name in wanted and profiles.bit(line.fields[name])
        )

    found = []
    several = tuple(name.strip() for name in hot)
    ways: tuple[tuple[Labels, float], ...] = (("combined", 0.6), ("first", 0.55))
    if is_single:
        ways = (("one", 0.95),)
    for how, score in ways:
        labelled = _labelled(upload, labels_of, how)
        counted = _counted(labelled)
        group = _group(upload, None, leave_out=hot)
        columns = Columns(file=upload.table.file, split=upload.split, group=group)
        if is_single:
            title = said.counted(
                "{count} class from the columns {columns}",
                "{count} classes from the columns {columns}",
                len(several),
                columns=listed(several),
            )
            evidence = Said("In every line one of these columns is 1 and the others are 0.")
        else:
            title = _title_of_several(how, several, tuple(counted))
            evidence = _evidence_of_several(several)
        found.append(
            _proposal(
                upload,
                columns,
                labels_of,
                how,
                labelled,
                key=f"one_hot:{how}:{upload.table.shown}",
                source="one_hot",
                score=score,
                title=title,
                answers=hot,
                evidence=[evidence],
                pieces=() if is_single else several,
            )
        )
    return found


# Numbers


def _numeric(upload: _Upload, answers: Sequence[Profile]) -> list[str]:
    """Return the columns of numbers that may be learnt: no counters, and no sizes where others are."""
    numeric = [
        profile.name
        for profile in answers
        if profile.kind in ("numbers", "whole") and not tables.is_called_a_counter(profile.name)
    ]
    return [name for name in numeric if not tables.counts_up(upload.table.sheet, name)] or numeric


def _of_numbers(upload: _Upload, numeric: list[str], *, has_classes: bool) -> list[Proposal]:
    if not numeric:
        return []
    meant = [name for name in numeric if not upload.profiles[name].is_called_aside] or numeric
    amounts = [name for name in meant if upload.profiles[name].kind == "numbers"]
    score = 0.45 if has_classes else 0.9 if len(numeric) == 1 else 0.7
    if not amounts and not has_classes:
        score -= 0.2
    columns = Columns(
        file=upload.table.file,
        targets=tuple(numeric),
        split=upload.split,
        group=_group(upload, None, leave_out=tuple(numeric)),
    )
    reading = Reading(
        key=f"numbers:{upload.table.shown}",
        task="regress",
        source="numbers",
        title=_title_of_numbers(tuple(meant)),
        score=score,
        tables=upload.table.told,
        columns=columns_json(columns),
        answers=tuple(meant),
        examples=_valued(upload, meant[0]),
        evidence=(
            Said(
                "{columns} hold numbers, {count} different ones in the first.",
                columns=listed(meant),
                count=len(upload.profiles[meant[0]].counted),
            ),
        ),
        **_facts(upload, columns),
    )

    def build(choice: Choice) -> Candidates:
        wanted = tuple(name for name in numeric if name in (choice.columns or meant))
        narrowed = columns.model_copy(update={"targets": wanted})
        sheet = upload.table.sheet
        rows = [tables.row(line, narrowed, sheet.is_comma_decimal) for line in sheet.lines]
        return _matched(upload, rows, wanted)

    return [Proposal(reading, build)]


def _valued(upload: _Upload, column: str) -> dict[str, list[str]]:
    """Return a few pictures by the number that they come with, from the lowest to the highest."""
    sheet = upload.table.sheet
    told = [
        (tables.number(text, sheet.is_comma_decimal), text, row)
        for row, lines in upload.lines_of.items()
        if (text := sheet.lines[lines[0]].fields[column].strip())
    ]
    told = sorted(entry for entry in told if entry[0] == entry[0])
    step = max(1, (len(told) - 1) // (EXAMPLE_CLASSES - 1))
    return {text: [upload.listing.pictures[row][0]] for _, text, row in told[::step]}


# What all have in common


def _proposal(
    upload: _Upload,
    columns: Columns,
    labels_of: Callable[[Line, Choice], tuple[str, ...]],
    how: Labels,
    labelled: dict[int, str],
    **told: Any,
) -> Proposal:
    evidence = told.pop("evidence")
    counted = _counted(labelled)
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
        **_facts(upload, columns),
    )
    return Proposal(
        reading, lambda choice: _matched(upload, _rows(upload, columns, labels_of, how, choice))
    )


def _facts(upload: _Upload, columns: Columns) -> dict[str, Any]:
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


def _parts(upload: _Upload, split: str) -> dict[str, int]:
    counted: Counter[int] = Counter()
    for row, lines in upload.lines_of.items():
        text = upload.table.sheet.lines[lines[0]].fields[split] if split else ""
        part = part_names.one(text) if text.strip() else None
        counted[upload.parts[row] if part is None else part] += 1
    if set(counted) <= {UNSET}:
        return {}
    return {name: counted[part] for part, name in enumerate(PARTS) if counted[part]}


def _group(upload: _Upload, label: Profile | None, leave_out: Sequence[str] = ()) -> str:
    taken = {upload.table.file, upload.split, *leave_out, *([label.name] if label else [])}
    others = [profile for name, profile in upload.profiles.items() if name not in taken]
    return profiles.group_column(others, label.texts if label else ())


def _labelled(
    upload: _Upload,
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


def _counted(labelled: dict[int, str]) -> dict[str, int]:
    counted = Counter(labelled.values())
    return {name: counted[name] for name in sorted(counted, key=layout.order)}


def _one_label(told: Sequence[tuple[str, ...]], how: Labels) -> str:
    """Return the class that the labels of all lines of one picture come to, "" for none."""
    labels = list(dict.fromkeys(label for of_line in told for label in of_line))
    if not labels:
        return ""
    return JOINT.join(sorted(labels, key=layout.order)) if how == "combined" else labels[0]


def _rows(
    upload: _Upload,
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


def _matched(upload: _Upload, rows: Sequence[Row], targets: tuple[str, ...] = ()) -> Candidates:
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
    )


def _scored(proposal: Proposal, score: float) -> Proposal:
    return replace(proposal, reading=replace(proposal.reading, score=score))


def _weighed(
    upload: _Upload, proposal: Proposal, all_: Sequence[Proposal], other: Sequence[str] | None
) -> Proposal:
    """Return a proposal with its score after what else there is was looked at."""
    reading = proposal.reading
    score = reading.score
    rivals = [p for p in all_ if p is not proposal and p.reading.score >= 0.5]
    if not rivals and 0.7 <= score < 0.8 and reading.labels == "one":
        score += 0.1
    if other is not None:
        score = _beside_folders(upload, reading, score, other)
    if upload.share < SHARE_NAMED:
        score *= 0.6
    return replace(proposal, reading=replace(reading, score=min(score, 0.98)))


def _beside_folders(upload: _Upload, reading: Reading, score: float, other: Sequence[str]) -> float:
    """Return the score of a reading where folders name classes, too."""
    if reading.task == "regress" or score < 0.85:
        return 0.5 * score
    column = reading.answers[0] if reading.source == "column" else ""
    if not column:
        return score
    told: dict[str, str] = {}
    lines = upload.table.sheet.lines
    agrees = all(
        told.setdefault(other[row], lines[of_row[0]].fields[column].strip())
        == lines[of_row[0]].fields[column].strip()
        for row, of_row in upload.lines_of.items()
        if other[row]
    )
    return 0.97 if agrees else DISAGREES


def _title_of_column(classes: tuple[str, ...], column: str) -> Said:
    if len(classes) == 1:
        return Said(
            "One class from the column {column}: {name}", column=column.strip(), name=classes[0]
        )
    return said.counted(
        "{count} class from the column {column}: {classes}",
        "{count} classes from the column {column}: {classes}",
        len(classes),
        column=column.strip(),
        classes=listed(classes),
    )


def _title_of_numbers(names: tuple[str, ...]) -> Said:
    if len(names) == 1:
        return Said("Numbers from the column {column}", column=names[0].strip())
    return Said(
        "{count} numbers a picture, from the columns {columns}",
        count=len(names),
        columns=listed(names),
    )


def _title_of_several(how: Labels, pieces: tuple[str, ...], classes: tuple[str, ...]) -> Said:
    labels = listed(pieces)
    if how == "first":
        return said.counted(
            "Several labels per picture: {labels}. Only the first of each counts: {count} class",
            "Several labels per picture: {labels}. Only the first of each counts: {count} classes",
            len(classes),
            labels=labels,
        )
    return Said(
        "Several labels per picture: {labels}. Each combination becomes a class: {classes}",
        labels=labels,
        classes="; ".join(classes[:12]) + (" …" if len(classes) > 12 else ""),
    )


def _evidence_of_several(pieces: tuple[str, ...]) -> Said:
    return Said(
        "This looks like several labels per picture: {labels}. Graft learns one class for each "
        "picture, so choose what a class is.",
        labels=listed(pieces),
    )


def _evidence_of_values(profile: Profile, counted: dict[str, int]) -> Said:
    if len(counted) < 2:
        return Said("All pictures have the same value in the column {column}.", column=profile.name)
    return Said(
        "The column {column} has {count} different values, each for {least} pictures or more.",
        column=profile.name.strip(),
        count=len(counted),
        least=min(counted.values()),
    )
