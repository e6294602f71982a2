"""Numbers that the columns of a table may tell of each picture."""

from collections.abc import Sequence

from tl_core.base.said import Said
from tl_core.intake import tables, titles, upload_table
from tl_core.intake.candidates import Candidates
from tl_core.intake.profiles import Profile
from tl_core.intake.proposals import Proposal
from tl_core.intake.reading import EXAMPLE_CLASSES, Choice, Reading, columns_json, listed
from tl_core.intake.tables import Columns
from tl_core.intake.upload_table import Upload


def learnable(upload: Upload, answers: Sequence[Profile]) -> list[str]:
    """Return the columns of numbers that may be learnt: no counters, and no sizes where others are."""
    numeric = [
        profile.name
        for profile in answers
        if profile.kind in ("numbers", "whole") and not tables.is_called_a_counter(profile.name)
    ]
    return [name for name in numeric if not tables.counts_up(upload.table.sheet, name)] or numeric


def of_numbers(upload: Upload, numeric: list[str], *, has_classes: bool) -> list[Proposal]:
    """Return the reading that takes the columns `numeric` as numbers to learn, none for none."""
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
        group=upload_table.group_column(upload, None, leave_out=tuple(numeric)),
    )
    reading = Reading(
        key=f"numbers:{upload.table.shown}",
        task="regress",
        source="numbers",
        title=titles.of_numbers(tuple(meant)),
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
        **upload_table.facts(upload, columns),
    )

    def build(choice: Choice) -> Candidates:
        wanted = tuple(name for name in numeric if name in (choice.columns or meant))
        narrowed = columns.model_copy(update={"targets": wanted})
        sheet = upload.table.sheet
        rows = [tables.row(line, narrowed, sheet.is_comma_decimal) for line in sheet.lines]
        return upload_table.matched_pictures(upload, rows, wanted)

    return [Proposal(reading, build)]


def _valued(upload: Upload, column: str) -> dict[str, list[str]]:
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
