"""Tables that came among the pictures, in the zip or the folder itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tl_core.data import matching, tables
from tl_core.data.matching import Matched
from tl_core.data.tables import Table
from tl_core.errors import UserError
from tl_core.said import Said

SHARE_NAMED = 0.5
"""A table counts when it names at least this share of the pictures."""


@dataclass(frozen=True, slots=True)
class Found:
    """A table that fits: what it says, and which line belongs to which picture."""

    table: Table
    matched: Matched


def fitting(
    found: Sequence[tuple[str, Path]], names: Sequence[str], *, has_classes: bool
) -> tuple[Found | None, list[str]]:
    """Choose the table that says what the pictures show, if one does.

    One with a class for most pictures comes before the folders' names. One with numbers alone is
    taken only where folders name no classes: most such tables hold sizes and dates.

    Args:
        found: (path as uploaded, file) of tables among the pictures.
        names: paths of the pictures.
        has_classes: whether folders name classes.

    Returns:
        The table, or None, and what a person should know, in sentences.
    """
    notes = []
    for name, path in sorted(found, key=lambda entry: (entry[0].count("/"), entry[0])):
        try:
            table = tables.read(path)
            matched = matching.match(table.rows, names, str(PurePosixPath(name).parent))
        except UserError as error:
            notes.append(Said("“{name}” was not used: {why}", name=name, why=error.message))
            continue
        share = sum(row is not None for row in matched.rows) / max(1, len(names))
        if share < SHARE_NAMED:
            notes.append(
                Said(
                    "“{name}” was not used: it names only {share:.0%} of the pictures.",
                    name=name,
                    share=share,
                )
            )
        elif table.targets and has_classes:
            notes.append(
                Said(
                    "“{name}” was not used, because folders name the classes. "
                    "Give it beside the pictures to learn its numbers.",
                    name=name,
                )
            )
        else:
            told = (
                Said("The numbers come from “{name}”, which lay among the pictures.", name=name)
                if table.targets
                else Said(
                    "The classes come from “{name}”, which lay among the pictures.", name=name
                )
            )
            notes.append(told)
            return Found(table, matched), notes
    return None, notes
