"""Tables to take away: CSV that spreadsheets read as it is meant, and never run as a formula."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import TextIO

from tl_core.base import figures
from tl_core.export.cells import cell

BYTE_ORDER_MARK = "\ufeff"
"""Spreadsheets read UTF-8 only with this mark."""


def as_csv(columns: Mapping[str, Sequence[object]]) -> bytes:
    """Return `columns` as CSV in UTF-8; text that begins like a formula gets an apostrophe."""
    out = io.StringIO()
    plain = ([_plain(value) for value in row] for row in zip(*columns.values(), strict=True))
    write_rows(out, (columns, *plain))
    return (BYTE_ORDER_MARK + out.getvalue()).encode("utf-8", "replace")


def _plain(value: object) -> object:
    return figures.without_joiners(value) if isinstance(value, str) else value


def write_rows(out: TextIO, rows: Iterable[Iterable[object]]) -> None:
    """Write rows of such a table, the names of its columns first, to a file opened with newline="".

    For tables that are made piece by piece; the file itself is to begin with `BYTE_ORDER_MARK`.
    """
    csv.writer(out).writerows([cell(value) for value in row] for row in rows)
