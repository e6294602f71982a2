"""What a person may want to learn from an upload, every sensible way of it, the likeliest first.

Told by names and tables alone, so it is cheap and the same each time; no picture is opened.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from tl_core.base import said
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.datasets.splits import UNSET
from tl_core.intake import (
    candidates,
    file_names,
    folders,
    layout,
    picture_tables,
    sheets,
    table_readings,
)
from tl_core.intake.candidates import Candidates
from tl_core.intake.file_names import NameRule
from tl_core.intake.folders import Layout
from tl_core.intake.listing import Listing
from tl_core.intake.proposals import Found, Proposal
from tl_core.intake.reading import PARTS, SURE, Choice, Out, Reading, examples_of, listed
from tl_core.intake.tables import Columns

ONE_CLASS_EXAMPLES = 12
NAMED = 0.7
"""Score of classes in file names where nothing else tells any: proposed, not taken."""
_RULES: dict[NameRule, str] = {
    "before_number": Said("The file names begin with one of a few words, and a number follows."),
    "after_number": Said("The file names begin with a number, and one of a few words follows."),
    "first_word": Said("The file names begin with one of a few words."),
    "last_word": Said("The file names end in one of a few words."),
}


def best(listing: Listing) -> Candidates:
    """Return the pictures as the likeliest reading says."""
    return of(listing).taken(Choice.model_validate({}))


def of(listing: Listing, table: Path | None = None, columns: Columns | None = None) -> Found:
    """Return every way to read an upload.

    Args:
        listing: the upload.
        table: given beside it, and then followed alone.
        columns: which column of `table` says what, where a person chose; found by their values
            when None.

    Raises:
        UserError: "no-pictures", or a fault of the given table.
    """
    names = [name for name, _ in listing.pictures]
    folders.require_pictures(names)
    if table is not None and columns is not None:
        return Found((table_readings.chosen(listing, table, columns),))
    if table is not None:
        return _of_given(listing, table, names)
    archives = [entry.name for entry in listing.aside if layout.is_archive(entry.name)]
    plans = folders.readings(names, listing.folders, (*listing.others, *archives))
    proposals = [_of_folders(listing, plan) for plan in plans if len(plan.classes) > 1]
    labels = None
    if proposals and plans[0].score >= SURE:
        labels = [place.label if place else "" for place in plans[0].placed]
    notes: list[str] = []
    for loaded in picture_tables.load(listing.tables, names, notes):
        found = table_readings.of(listing, loaded, labels)
        notes += _why_not(loaded, found, names)
        if any(proposal.reading.score == table_readings.DISAGREES for proposal in found):
            proposals = [_doubted(proposal) for proposal in proposals]
        proposals += found
    proposals += _of_names(listing, names, has_others=bool(proposals))
    if not any(p.reading.score >= 0.5 for p in proposals):
        proposals.append(_of_one_class(listing, plans))
    return Found(_ranked(proposals), tuple(notes))


def _ranked(proposals: Sequence[Proposal]) -> tuple[Proposal, ...]:
    by_key = {p.reading.key: p for p in reversed(proposals)}  # the first of equal ones stays
    kept = [p for p in proposals if by_key[p.reading.key] is p]
    return tuple(sorted(kept, key=lambda p: -p.reading.score))


def _of_given(listing: Listing, table: Path, names: Sequence[str]) -> Found:
    sheet = sheets.read(table)
    notes: list[str] = []
    proposals: list[Proposal] = []
    for loaded in picture_tables.load([("", table)], names, notes):
        proposals += table_readings.of(listing, loaded, None)
    if not proposals:
        raise _unusable(sheet.header, names, is_named=not notes)
    return Found(_ranked(proposals))


def _unusable(header: Sequence[str], names: Sequence[str], *, is_named: bool) -> UserError:
    shown = ", ".join(header)[:200]
    if is_named:
        return UserError(
            "targets-columns",
            "The table names pictures, but no column says what they show; it has {shown}.",
            "Add a column “label” for classes, or a column of numbers to predict.",
            shown=shown,
        )
    return UserError(
        "targets-none",
        said.counted(
            "The picture is not named in the table.",
            "None of the {count} pictures is named in the table.",
            len(names),
        ),
        "One column must hold the pictures' names, such as {name}; it has {shown}.",
        name=PurePosixPath(names[0]).name,
        shown=shown,
    )


def _doubted(proposal: Proposal) -> Proposal:
    """Return a reading of folders whose classes a table contradicts: it is sure no more."""
    score = min(proposal.reading.score, table_readings.DISAGREES - 0.01)
    return replace(proposal, reading=replace(proposal.reading, score=score))


# Folders


def _of_folders(listing: Listing, plan: Layout) -> Proposal:
    names = [name for name, _ in listing.pictures]
    placed = [place for place in plan.placed if place is not None]
    counted = Counter(place.label for place in placed)
    parts = Counter(place.part for place in placed)
    unlabelled = {part: tuple(names[row] for row in rows) for part, rows in plan.unlabelled.items()}
    out = [Out("unlabelled", part, len(kept)) for part, kept in unlabelled.items()]
    loose = len(names) - len(placed) - sum(out_.count for out_ in out)
    if loose:
        out.append(Out("loose", "", loose))
    has_parts = set(parts) - {UNSET}
    evidence = [
        Said("The pictures lie in {count} folders, each called after a class.", count=len(counted))
        if plan.level == 0
        else Said(
            "The folders hold further folders: {count} of them hold the pictures.",
            count=len(counted),
        )
    ]
    if has_parts:
        evidence.append(Said("Other folders are called like parts of a division."))
    reading = Reading(
        key=f"folders:{plan.level}",
        task="classify",
        source="folders",
        title=_title_of_folders(plan),
        score=plan.score if len(placed) >= 0.5 * len(names) or unlabelled else 0.7 * plan.score,
        level=plan.level,
        classes={name: counted[name] for name in plan.classes},
        parts={name: parts[part] for part, name in enumerate(PARTS) if parts[part]}
        if has_parts
        else {},
        groups=Said("folder") if plan.has_groups else "",
        found=len(placed),
        count=len(names),
        out=tuple(out),
        examples=examples_of(
            (
                (place.label, name)
                for place, name in zip(plan.placed, names, strict=True)
                if place is not None
            ),
            plan.classes,
        ),
        evidence=tuple(evidence),
        unlabelled=unlabelled,
    )
    return Proposal(reading, lambda _choice: candidates.from_folders(listing, plan))


# File names


def _title_of_folders(plan: Layout) -> Said:
    one, many = (
        "{count} class from the folders: {classes}",
        "{count} classes from the folders: {classes}",
    )
    if plan.level:
        one = "{count} class from the inner folders: {classes}"
        many = "{count} classes from the inner folders: {classes}"
    return said.counted(one, many, len(plan.classes), classes=listed(plan.classes))


def _of_names(listing: Listing, names: Sequence[str], *, has_others: bool) -> list[Proposal]:
    parts, rows_in = folders.parts(names)
    rows = list(range(len(names)))
    found = file_names.classes(names)
    for part, kept in rows_in.items() if not found else ():
        # Where a part has plain numbers for names, the others tell the classes.
        rest = [row for row in rows if row not in set(kept)]
        found = file_names.classes([names[row] for row in rest])
        if found:
            return [_of_rule(listing, told, rest, parts, part, has_others) for told in found]
    return [_of_rule(listing, told, rows, parts, "", has_others) for told in found]


def _of_rule(
    listing: Listing,
    told: file_names.Named,
    rows: Sequence[int],
    parts: Sequence[int],
    without: str,
    has_others: bool,
) -> Proposal:
    labels = [""] * len(listing.pictures)
    for row, label in zip(rows, told.labels, strict=True):
        labels[row] = layout.class_name(label)
    left = set(range(len(labels))) - set(rows)
    names = [listing.pictures[row][0] for row in sorted(left)]
    counted = Counter(label for label in labels if label)
    classes = {name: counted[name] for name in sorted(counted, key=layout.order)}
    named = Counter(parts[row] for row in rows if labels[row])
    score = NAMED if told.is_plain else 0.5
    out = [Out("unlabelled", without, len(names))] if without else []
    loose = len(rows) - sum(counted.values())
    if loose:
        out.append(Out("loose", "", loose))
    reading = Reading(
        key=f"names:{told.rule}",
        task="classify",
        source="names",
        title=said.counted(
            "{count} class from the file names: {classes}",
            "{count} classes from the file names: {classes}",
            len(classes),
            classes=listed(list(classes)),
        ),
        score=score * (0.4 if has_others else 1),
        classes=classes,
        parts={name: named[part] for part, name in enumerate(PARTS) if named[part]},
        found=sum(counted.values()),
        count=len(labels),
        out=tuple(out),
        examples=examples_of(
            ((label, name) for label, (name, _) in zip(labels, listing.pictures, strict=True)),
            classes,
        ),
        evidence=(_RULES[told.rule],),
        unlabelled={without: tuple(names)} if without else {},
    )

    def build(_choice: Choice) -> Candidates:
        built = candidates.from_labels(listing, labels, parts)
        if without:
            kept = set(names)
            built.aside[:] = [
                candidates.unlabelled(entry.name, without) if entry.name in kept else entry
                for entry in built.aside
            ]
        return built

    return Proposal(reading, build)


# One class


def _of_one_class(listing: Listing, plans: Sequence[Layout]) -> Proposal:
    """Return the reading that all pictures show one thing, called like their folder if they have one."""
    name = plans[0].classes[0] if plans and len(plans[0].classes) == 1 else ""
    count = len(listing.pictures)
    placed = plans[0].placed if name else ()
    loose = sum(place is None for place in placed)
    title = (
        Said("One class, called after its folder: {name}", name=name)
        if name
        else Said("Loose pictures: what is on these?")
    )
    evidence = (
        Said("All pictures lie in one folder.")
        if name
        else Said("The pictures are not in folders, so nothing says what they show.")
    )
    reading = Reading(
        key="one_class",
        task="classify",
        source="one_class",
        title=title,
        score=0.5,
        classes={name: count - loose} if name else {},
        found=count,
        count=count,
        examples={name: [picture for picture, _ in listing.pictures[:ONE_CLASS_EXAMPLES]]},
        evidence=(evidence,),
    )

    def build(choice: Choice) -> Candidates:
        called = choice.class_name.strip() or name
        if choice.class_name.strip() or not loose:
            return candidates.all_of_class(listing, called)
        return candidates.from_folders(listing, plans[0])

    return Proposal(reading, build)


def _why_not(
    loaded: picture_tables.Loaded, found: Sequence[Proposal], names: Sequence[str]
) -> list[str]:
    """Say why a table is not followed, for the case that another reading is taken."""
    shown = loaded.shown
    if not found:
        return [Said("“{name}” was not used: no column says what pictures show.", name=shown)]
    share = found[0].reading.found / len(names)
    if share < table_readings.SHARE_NAMED:
        return [
            Said(
                "“{name}” was not used: it names only {share:.0%} of the pictures.",
                name=shown,
                share=share,
            )
        ]
    return [
        Said(
            "“{name}” was not followed: another way to read the pictures seemed likelier. "
            "Choose what to learn to take it instead.",
            name=shown,
        )
    ]
