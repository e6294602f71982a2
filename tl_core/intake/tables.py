"""Tables that say what pictures show: their class or numeric targets, and optionally their part
and group.

Which column says what is guessed from the headings, or given as `Columns`.
"""

import math
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.datasets.splits import UNSET
from tl_core.intake import part_names, sheets
from tl_core.intake.layout import class_name
from tl_core.intake.sheets import Line, Sheet

FILE_COLUMNS = (
    *("file", "filename", "file_name", "file name", "image", "image_name", "picture", "path"),
    *("image_path", "filepath", "file_path", "image_id", "photo"),
)
LABEL_COLUMNS = ("label", "class", "category", "class_name", "label_name")
SPLIT_COLUMNS = ("split", "part", "set", "subset")
GROUP_COLUMNS = ("group",)
COUNTER_NAMES = frozenset(("id", "index", "no", "nr", "number", "row", "#", "unnamed: 0"))
LONGEST_CLASS = 255
"""Characters; what is longer describes a picture rather than naming its class."""
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+")


class Columns(BaseModel):
    """Which column says what; an empty name means that there is none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str = Field(title="Pictures", description="The column that holds the file names.")
    label: str = Field(default="", title="Class", description="The column that holds the class.")
    targets: tuple[str, ...] = Field(
        default=(), title="Numbers to predict", description="One or more columns of numbers."
    )
    split: str = Field(
        default="",
        title="Part",
        description="The column that says train, val or test, where you divided the pictures yourself.",
    )
    group: str = Field(
        default="",
        title="Belongs together",
        description="Pictures of one burst, video, person or object share a value here; they are never torn apart.",
    )


@dataclass(frozen=True, slots=True)
class Row:
    """What one line says about one picture; `fault` says why it cannot be used, if so."""

    line: int
    file: str
    label: str
    values: tuple[float, ...]
    part: int
    group: str
    fault: str = ""
    labels: tuple[str, ...] = ()

    @property
    def says(self) -> tuple[str, tuple[float, ...], int, str, tuple[str, ...]]:
        return self.label, self.values, self.part, self.group, self.labels


@dataclass(frozen=True, slots=True)
class Table:
    """A whole table; `targets` is empty when it names classes."""

    targets: tuple[str, ...]
    rows: tuple[Row, ...]


def read(path: Path, columns: Columns | None = None) -> Table:
    """Read a table; what is wrong with single lines stands in their `fault`.

    Raises:
        UserError: "targets-file", "targets-columns", or "targets-value" for an unknown part.
    """
    sheet = sheets.read(path)
    chosen = columns or suggested(sheet)
    _check(chosen, sheet)
    rows = tuple(row(line, chosen, sheet.is_comma_decimal) for line in sheet.lines)
    return Table(() if chosen.label else chosen.targets, rows)


def suggested(sheet: Sheet) -> Columns:
    """Guess which column says what; `file`, and both `label` and `targets`, may stay empty."""
    by_name = {name.strip().casefold(): name for name in sheet.header}
    file, label, split, group = (
        next((by_name[name] for name in wanted if name in by_name), "")
        for wanted in (FILE_COLUMNS, LABEL_COLUMNS, SPLIT_COLUMNS, GROUP_COLUMNS)
    )
    rest = [name for name in sheet.header if name not in (file, label, split, group)]
    numeric = numeric_columns(sheet)
    named = [name for name in rest if name in numeric and not is_called_a_counter(name)]
    targets = [name for name in named if not counts_up(sheet, name)] or named
    return Columns(
        file=file, label=label, targets=() if label else tuple(targets), split=split, group=group
    )


def numeric_columns(sheet: Sheet) -> list[str]:
    """Return the columns whose filled fields are mostly numbers."""
    found = []
    for name in sheet.header:
        filled = [line.fields[name] for line in sheet.lines if line.fields[name].strip()]
        numbers = sum(not math.isnan(number(text, sheet.is_comma_decimal)) for text in filled)
        if filled and 2 * numbers >= len(filled):
            found.append(name)
    return found


def number(text: str, is_comma_decimal: bool = False) -> float:
    """Return the number that `text` writes, in English or continental spelling; NaN if none.

    Where both signs stand, the last one is the decimal sign. A comma alone is decimal where it
    cannot separate fields, and separates thousands where it can and three digits follow.
    """
    text = text.strip().replace("\u202f", "").replace("\xa0", "").replace("'", "")
    comma, point = text.rfind(","), text.rfind(".")
    if comma >= 0 and point >= 0:
        thousands = "," if comma < point else "."
        text = text.replace(thousands, "").replace(",", ".")
    elif comma >= 0:
        is_grouped = not is_comma_decimal and _GROUPED.fullmatch(text)
        text = text.replace(",", "" if is_grouped else ".")
    try:
        value = float(text) if "_" not in text else math.nan
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def _check(columns: Columns, sheet: Sheet) -> None:
    shown = ", ".join(sheet.header)[:200]
    if not columns.file:
        raise UserError(
            "targets-columns",
            "The table has no column “file”; it has {shown}.",
            "Give the column with the pictures' file names the heading “file”, or choose it.",
            shown=shown,
        )
    if not columns.label and not columns.targets:
        raise UserError(
            "targets-columns",
            "The table has neither a column “label” nor a column of numbers.",
            "Add a column “label” for classes, or a column of numbers to predict, or choose one.",
        )
    named = (columns.file, columns.label, columns.split, columns.group, *columns.targets)
    for name in filter(None, named):
        if name not in sheet.header:
            raise UserError(
                "targets-columns",
                "The table has no column “{name}”; it has {shown}.",
                "Choose columns that the table has.",
                name=name,
                shown=shown,
            )


def row(line: Line, columns: Columns, is_comma_decimal: bool) -> Row:
    field = line.fields
    file = field[columns.file].strip().replace("\\", "/")
    label = class_name(field[columns.label].strip()) if columns.label else ""
    targets = () if columns.label else columns.targets
    values = tuple(number(field[name], is_comma_decimal) for name in targets)
    fault = ""
    if columns.label and not label:
        fault = Said("Line {line} of the table names no class.", line=line.number)
    elif len(label) > LONGEST_CLASS:
        fault = Said(
            "Line {line} of the table: its class has {count} characters, more than {limit}.",
            line=line.number,
            count=len(label),
            limit=LONGEST_CLASS,
        )
    for name, value in zip(targets, values, strict=True):
        if math.isnan(value) and not fault:
            fault = _not_a_number(line, name)
    part = _part(field[columns.split], line.number) if columns.split else UNSET
    group = field[columns.group].strip() if columns.group else ""
    return Row(line.number, file, label, values, part, group, fault)


def _not_a_number(line: Line, column: str) -> str:
    text = line.fields[column].strip()
    if not text:
        return Said(
            "Line {line} of the table has no number in column “{column}”.",
            line=line.number,
            column=column,
        )
    return Said(
        "Line {line} of the table: “{text}” in column “{column}” is not a number.",
        line=line.number,
        text=text[:40],
        column=column,
    )


def _part(text: str, line: int) -> int:
    if not text.strip():
        return UNSET
    part = part_names.one(text)
    if part is None:
        raise UserError(
            "targets-value",
            "Line {line} of the table: “{text}” is not a part.",
            "Write train, val or test, or leave it empty; or choose another column.",
            line=line,
            text=text[:40],
        )
    return part


def is_called_a_counter(column: str) -> bool:
    """Tell headings of columns that only number the lines: nothing to learn from a picture."""
    name = column.strip().casefold()
    return name in COUNTER_NAMES or name.endswith(("_id", " id"))


def counts_up(sheet: Sheet, column: str) -> bool:
    values = [number(line.fields[column]) for line in sheet.lines]
    return len(values) > 2 and all(later == earlier + 1 for earlier, later in pairwise(values))
