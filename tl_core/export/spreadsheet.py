"""Tables to take away: CSV that spreadsheets read as it is meant, and never run as a formula."""

import csv
import io
import unicodedata
from collections.abc import Mapping, Sequence

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
BYTE_ORDER_MARK = "\ufeff"
"""Spreadsheets read UTF-8 only with this mark."""


def as_csv(columns: Mapping[str, Sequence[object]]) -> bytes:
    """Return `columns` as CSV in UTF-8; text that begins like a formula gets an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_cell(name) for name in columns])
    writer.writerows([_cell(value) for value in row] for row in zip(*columns.values(), strict=True))
    return (BYTE_ORDER_MARK + out.getvalue()).encode("utf-8", "replace")


def _cell(value: object) -> object:
    if isinstance(value, str) and _is_like_a_formula(value):
        return f"'{value}"
    return "" if value is None else value


def _is_like_a_formula(text: str) -> bool:
    """Look past what cannot be seen; signs at full width are taken for ordinary ones."""
    if text.startswith(FORMULA_SIGNS):
        return True
    seen = next((sign for sign in text if not sign.isspace() and sign.isprintable()), "")
    return unicodedata.normalize("NFKC", seen).startswith(FORMULA_SIGNS)
