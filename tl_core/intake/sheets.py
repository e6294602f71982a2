"""Lines of a table file as text, whatever program wrote it: CSV in its dialects, or JSON lines."""

import codecs
import contextlib
import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tl_core.base.errors import UserError
from tl_core.datasets import code_pages

LIMIT_BYTES = 64 * 1024**2
PREVIEW_BYTES = code_pages.TABLE_BYTES
WIDE = (b"\xff\xfe", b"\xfe\xff")
"""How UTF-16 begins, which spreadsheets call Unicode text."""

_NEXT = re.compile(r"[\s,]*")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its number in the file, counted from 1 as editors do, and its fields by heading."""

    number: int
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole table.

    Attributes:
        header: headings in their order.
        lines: those that are not blank.
        is_comma_decimal: whether a comma cannot stand between fields, so that it may be decimal.
    """

    header: tuple[str, ...]
    lines: tuple[Line, ...]
    is_comma_decimal: bool = False


def read(path: Path) -> Sheet:
    """Read a table file.

    Raises:
        UserError: "targets-file" when it is missing, too large, no table or empty;
            "targets-columns" when two headings are alike.
    """
    try:
        _check_size(path.stat().st_size)
        return _parsed(_text(path.read_bytes()))
    except OSError as error:
        raise UserError(
            "targets-file",
            "The table cannot be read: {why}.",
            "Check that the file is there and that you may read it.",
            why=error.strerror or error,
        ) from error


def beginning(data: bytes, encoding: str = "") -> Sheet:
    """Return the first lines of a long table, for a look at it that costs next to nothing.

    Args:
        data: the whole table.
        encoding: what it is written in if it is no Unicode; judged when empty.

    Raises:
        UserError: what `read` raises, as far as the first lines show it.
    """
    _check_size(len(data))
    if len(data) <= PREVIEW_BYTES:
        return _parsed(_text(data, encoding))
    text = _text(data[:PREVIEW_BYTES], encoding, is_cut=True)
    return _parsed(_whole_objects(text) if text.lstrip()[:1] == "[" else text.rpartition("\n")[0])


def _check_size(size_bytes: int) -> None:
    if size_bytes > LIMIT_BYTES:
        raise UserError(
            "targets-file",
            "The table has {size} MiB, more than the limit of {limit} MiB.",
            "Leave out columns that say nothing about the pictures, or split it.",
            size=f"{size_bytes / 1024**2:,.0f}",
            limit=LIMIT_BYTES >> 20,
        )


def _parsed(text: str) -> Sheet:
    start = text.lstrip()[:1]
    sheet = _from_json(text) if start in ("{", "[") else _from_csv(text)
    if not sheet.lines:
        raise UserError("targets-file", "The table has no lines.", "Add one line for each picture.")
    seen: set[str] = set()
    for name in sheet.header:
        if (folded := name.strip().casefold()) in seen:
            raise UserError(
                "targets-columns",
                "Two columns share the heading “{name}”.",
                "Rename one of them.",
                name=name.strip(),
            )
        seen.add(folded)
    return sheet


def _whole_objects(text: str) -> str:
    """Return the cut list of JSON objects `text` as a list of those that are whole."""
    decoder = json.JSONDecoder()
    start = at = text.index("[") + 1
    try:
        while True:
            _, end = decoder.raw_decode(text, _NEXT.match(text, at).end())  # pyright: ignore[reportOptionalMemberAccess]
            at = end
    except (ValueError, RecursionError):
        return f"[{text[start:at]}]" if at > start else text


def is_utf8(data: bytes) -> bool:
    """Say whether `data` is UTF-8, as most programs write it today."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _text(data: bytes, encoding: str = "", *, is_cut: bool = False) -> str:
    """Decode `data`: as Unicode, as `encoding`, or as what it looks like.

    Half a character at the end is none where it `is_cut`.

    Raises:
        UserError: "targets-file" when it is no text at all.
    """
    is_wide = data.startswith(WIDE)
    named = ("utf-16",) if is_wide else ("utf-8-sig", encoding)
    for codec in filter(None, named):
        with contextlib.suppress(UnicodeDecodeError):
            return _decoded(data, codec, is_cut=is_cut)
    for codec in () if is_wide else code_pages.of_table(data):
        with contextlib.suppress(UnicodeDecodeError):
            return _decoded(data, codec, is_cut=is_cut)
    raise UserError(
        "targets-file", "The table is not text.", "Save it as “CSV UTF-8” and give that."
    )


def _decoded(data: bytes, codec: str, *, is_cut: bool) -> str:
    return codecs.getincrementaldecoder(codec)().decode(data, final=not is_cut)


def _from_csv(text: str) -> Sheet:
    first, _, rest = text.partition("\n")
    skipped = 0
    if first.lower().startswith("sep=") and len(first.strip()) == 5:  # Excel's own first line
        delimiter, text, skipped = first[4], rest, 1
    else:
        delimiter = max(",;\t", key=first.count)
    try:
        reader = csv.DictReader(
            io.StringIO(text, newline=""), delimiter=delimiter, restval="", restkey=""
        )
        header = tuple(name for name in reader.fieldnames or [] if name.strip())
        lines = tuple(_csv_lines(reader, header, skipped))
    except csv.Error as error:
        raise UserError(
            "targets-file", "The table cannot be read: {why}.", "Save it again as CSV.", why=error
        ) from error
    return Sheet(header, lines, is_comma_decimal=delimiter != ",")


def _csv_lines(
    reader: "csv.DictReader[str]", header: tuple[str, ...], skipped: int
) -> Iterator[Line]:
    for fields in reader:
        kept = {name: fields[name] for name in header}
        if any(value.strip() for value in kept.values()):
            yield Line(reader.line_num + skipped, kept)


def _from_json(text: str) -> Sheet:
    """Read one object a line, or a list of objects (numbered by their place)."""
    try:
        if text.lstrip().startswith("["):
            found = list(enumerate(_json(text), start=1))
        else:
            numbered = enumerate(text.splitlines(), start=1)
            found = [(number, _json(line)) for number, line in numbered if line.strip()]
    except (ValueError, RecursionError) as error:
        raise UserError(
            "targets-file",
            "The table is not written as JSON lines.",
            'Write one object on each line, such as {"file": "a.jpg", "label": "cat"}.',
        ) from error
    if not all(isinstance(entry, dict) for _, entry in found):
        raise UserError(
            "targets-file",
            "A line of the table is no object with named fields.",
            'Write one object on each line, such as {"file": "a.jpg", "label": "cat"}.',
        )
    found = [(number, {_readable(name): entry[name] for name in entry}) for number, entry in found]
    header = tuple(dict.fromkeys(name for _, entry in found for name in entry if name.strip()))
    lines = (
        Line(number, {name: _as_text(entry.get(name)) for name in header})
        for number, entry in found
    )
    return Sheet(header, tuple(line for line in lines if any(line.fields.values())))


def _json(text: str) -> Any:
    """Read JSON; whole numbers stay as they are written, however long."""
    return json.loads(text, parse_int=str)


def _as_text(value: object) -> str:
    if value is None:
        return ""
    return _readable(value) if isinstance(value, str) else json.dumps(value)


def _readable(text: str) -> str:
    """Return `text` without halves of characters, which JSON can spell but no file can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
