"""Tables to take away: CSV that spreadsheets read as it is meant, and never run as a formula."""

import csv
import io
from collections.abc import Mapping, Sequence

from tl_core.export.cells import cell

BYTE_ORDER_MARK = "\ufeff"
"""Spreadsheets read UTF-8 only with this mark."""


def as_csv(columns: Mapping[str, Sequence[object]]) -> bytes:
    """Return `columns` as CSV in UTF-8; text that begins like a formula gets an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([cell(name) for name in columns])
    writer.writerows([cell(value) for value in row] for row in zip(*columns.values(), strict=True))
    return (BYTE_ORDER_MARK + out.getvalue()).encode("utf-8", "replace")
