"""Tables that lie with an upload: which of them name pictures, read and joined where they belong together."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tl_core.base import said
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.datasets.splits import UNSET
from tl_core.intake import part_names, profiles, sheets
from tl_core.intake.matching import Finders
from tl_core.intake.reading import listed
from tl_core.intake.sheets import Sheet

MOST_TABLES = 40


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
