"""Readings of tables: which column may be the answer, told by the values that stand in it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tl_core.base.said import Said
from tl_core.intake import (
    candidates,
    class_columns,
    folders,
    matching,
    number_columns,
    one_hot,
    proposals,
    tables,
    titles,
    upload_table,
)
from tl_core.intake.listing import Listing
from tl_core.intake.picture_tables import Loaded
from tl_core.intake.proposals import Proposal
from tl_core.intake.reading import Reading, columns_json
from tl_core.intake.tables import Columns
from tl_core.intake.upload_table import Upload

LEAST_SHARE = 0.02
"""A table that names fewer of the pictures than this is no table about them."""
SHARE_NAMED = 0.5
MOST_COLUMNS = 40
YES_OR_NO = 0.35
DISAGREES = 0.77
"""Score of a column of classes that says something else than the folders: ask."""


def of(listing: Listing, table: Loaded, other: Sequence[str] | None) -> list[Proposal]:
    """Return what may be learnt from a table.

    Args:
        listing: the upload.
        table: one that names pictures.
        other: the class of each picture that folders tell ("" where none), or None.
    """
    upload = upload_table.upload(listing, table)
    if not upload.lines_of or upload.share < LEAST_SHARE:
        return []
    answers = {
        name: profile
        for name, profile in upload.profiles.items()
        if name not in (table.file, upload.split)
    }
    hot, is_single = one_hot.together(list(answers.values()))
    found = []
    if hot:
        found += class_columns.of_one_hot(upload, hot, answers, is_single=is_single)
        if is_single and any(
            each.is_called_label for name, each in answers.items() if name not in hot
        ):
            found = [proposals.with_score(proposal, DISAGREES) for proposal in found]
        if is_single:
            answers = {name: profile for name, profile in answers.items() if name not in hot}
    numeric = number_columns.learnable(upload, list(answers.values()))
    has_amounts = any(answers[name].kind == "numbers" for name in numeric)
    for profile in list(answers.values())[:MOST_COLUMNS]:
        of_column = class_columns.of_column(upload, profile, has_amounts=has_amounts)
        if profile.name in hot:  # one of several labels: a question of yes and no
            of_column = [proposals.with_score(proposal, YES_OR_NO) for proposal in of_column]
        found += of_column
    found += number_columns.of_numbers(
        upload, numeric, has_classes=any(p.reading.score >= 0.5 for p in found)
    )
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
        title=titles.of_numbers(table.targets)
        if numbers
        else titles.of_column(built.classes, columns.label),
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


def _weighed(
    upload: Upload, proposal: Proposal, all_: Sequence[Proposal], other: Sequence[str] | None
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


def _beside_folders(upload: Upload, reading: Reading, score: float, other: Sequence[str]) -> float:
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
