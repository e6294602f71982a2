"""Read a table (CSV) that names each picture's class or numeric targets.

Columns: `file` (or filename, image, picture, path), then either `label` (or class) or one or more
numeric columns, which become regression targets; optional `split` and `group`.
"""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tl_core.data.layout import PART_NAMES, class_name
from tl_core.data.splits import UNSET
from tl_core.errors import UserError

FILE_COLUMNS = ("file", "filename", "file_name", "image", "picture", "path", "image_id")
LABEL_COLUMNS = ("label", "class")
SPLIT_COLUMNS = ("split", "part", "set")
GROUP_COLUMNS = ("group",)
LIMIT_BYTES = 256 * 1024**2


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what is known about one picture."""

    file: str
    label: int
    values: tuple[float, ...]
    part: int
    group: str


@dataclass(frozen=True, slots=True)
class Table:
    """A whole table; either `classes` or `targets` is empty."""

    classes: tuple[str, ...]
    targets: tuple[str, ...]
    rows: tuple[Row, ...]


def read(path: Path) -> Table:
    """Read and check a table; comma, semicolon or tab between fields.

    Raises:
        UserError: "targets-file", "targets-columns" or "targets-value", naming the line.
    """
    lines, header = _lines(path)
    columns = {name.strip().casefold(): name for name in header}
    file_column = _pick(columns, FILE_COLUMNS)
    label_column = _pick(columns, LABEL_COLUMNS)
    split_column = _pick(columns, SPLIT_COLUMNS)
    group_column = _pick(columns, GROUP_COLUMNS)
    if file_column is None:
        raise UserError(
            "targets-columns",
            f"The table has no column “file”; it has {', '.join(header)[:200]}.",
            "Give the column with the pictures' file names the heading “file”.",
        )
    rest = [n for n in header if n not in (file_column, label_column, split_column, group_column)]
    targets = () if label_column else tuple(n for n in rest if _is_numeric(lines, n))
    if label_column is None and not targets:
        raise UserError(
            "targets-columns",
            "The table has neither a column “label” nor a column of numbers.",
            "Add a column “label” for classes, or a column of numbers to predict.",
        )
    names = (
        sorted({class_name(line[label_column].strip()) for line in lines}) if label_column else []
    )
    index_of = {name: index for index, name in enumerate(names)}
    rows = tuple(
        Row(
            line[file_column].strip().replace("\\", "/"),
            index_of[class_name(line[label_column].strip())] if label_column else 0,
            tuple(_number(line[name], name, number) for name in targets),
            _part(line[split_column], number) if split_column else UNSET,
            line[group_column].strip() if group_column else "",
        )
        for number, line in enumerate(lines, start=2)
    )
    return Table(tuple(names), targets, rows)


def match(table: Table, names: Sequence[str]) -> list[Row | None]:
    """Return the row of each picture: by whole path, else by its end, else by file name.

    Raises:
        UserError: "targets-none" when not one picture has a row.
    """
    by_file = {row.file.strip("/"): row for row in table.rows}
    matched = [_longest_end(by_file, name) for name in names]
    if not any(matched):
        raise UserError(
            "targets-none",
            f"None of the {len(names)} pictures is named in the table.",
            "The column “file” must hold the pictures' file names, such as "
            f"{PurePosixPath(names[0]).name if names else 'photo.jpg'}.",
        )
    return matched


def _longest_end(by_file: dict[str, Row], name: str) -> Row | None:
    parts = PurePosixPath(name).parts
    for start in range(len(parts)):
        row = by_file.get("/".join(parts[start:]))
        if row is not None:
            return row
    return None


def _lines(path: Path) -> tuple[list[dict[str, str]], list[str]]:
    if path.stat().st_size > LIMIT_BYTES:
        raise UserError("targets-file", "The table is larger than 256 MB.", "Split it.")
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(
            "targets-file", "The table is not UTF-8 text.", "Save it as “CSV UTF-8”."
        ) from error
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        reader = csv.DictReader(io.StringIO(text), delimiter=delimiter, restval="", restkey="…")
        header = [name for name in reader.fieldnames or [] if name]
        lines = [line for line in reader if any(isinstance(v, str) and v for v in line.values())]
    except csv.Error as error:
        raise UserError(
            "targets-file", f"The table cannot be read: {error}.", "Save it again as CSV."
        ) from error
    if not lines:
        raise UserError("targets-file", "The table has no lines.", "Add one line for each picture.")
    if len(set(header)) != len(header):
        raise UserError("targets-columns", "Two columns share a heading.", "Rename one of them.")
    return lines, header


def _pick(columns: dict[str, str], wanted: Sequence[str]) -> str | None:
    return next((columns[name] for name in wanted if name in columns), None)


def _is_numeric(lines: Sequence[dict[str, str]], column: str) -> bool:
    """Tell whether the first filled line holds a number."""
    first = next((line[column] for line in lines if line[column].strip()), "")
    try:
        float(first)
    except ValueError:
        return False
    return True


def _number(text: str, column: str, line: int) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UserError(
            "targets-value",
            f"Line {line} of the table: {text[:40]!r} in column {column!r} is not a number.",
            "Write a number with a point, such as 12.5, or take the line out.",
        )
    return value


def _part(text: str, line: int) -> int:
    name = text.strip().casefold()
    if not name:
        return UNSET
    if name not in PART_NAMES:
        raise UserError(
            "targets-value",
            f"Line {line} of the table: {text[:40]!r} is not a part.",
            "Write train, val or test, or leave it empty.",
        )
    return PART_NAMES[name]
