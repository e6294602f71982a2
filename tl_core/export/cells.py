"""Cells of tables that spreadsheets open: text stays text, whatever it begins with."""

import re
import unicodedata

_SIGNS = r"=+\-@＝＋－＠﹦﹢﹣﹫⁼₌⁺₊⁻₋−"
_UNSEEN = r"\s\x00-\x1f\x7f'\"`´‘’“”«»"
# Where other programs part a line, a new cell begins.
_AFTER_PART = re.compile(rf"([;|\t\n\r])([{_UNSEEN}]*)(?=[{_SIGNS}])")
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?%?")
_CONTROLS = ("\t", "\r", "\n", "\0")


def cell(value: object) -> object:
    """Return `value` as it may stand in a CSV file.

    Text that a spreadsheet could take for a formula gets an apostrophe, which tells it that it is
    text: also behind spaces, line breaks, quotes and signs that nobody sees, in full width, and
    after a semicolon, where some countries' programs begin a new cell. Numbers stay numbers.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    if _NUMBER.fullmatch(value):
        return value
    parted = _AFTER_PART.sub(r"\1'\2", value)
    return f"'{parted}" if _is_like_formula(value) else parted


def _is_like_formula(text: str) -> bool:
    if text.startswith(_CONTROLS):
        return True
    seen = (sign for sign in text if not _is_unseen(sign))
    first = next(seen, "")
    return bool(first) and re.match(rf"[{_SIGNS}]", first) is not None


def _is_unseen(sign: str) -> bool:
    """Say whether a sign before another one could be overlooked: blanks, quotes, marks of direction."""
    if re.match(rf"[{_UNSEEN}]", sign):
        return True
    return unicodedata.category(sign) in ("Cc", "Cf", "Zs", "Zl", "Zp", "Mn")
