"""Text that people wrote (class names, file names, run names) is shown as it is, never obeyed."""

import html
import re

_MARKS = re.compile(r"([!-/:-@\[-`{-~])")
# Streamlit turns these into symbols after Markdown was read, where a backslash no longer helps.
_LATE = re.compile(
    r"(:)(?=[\w+/-]+:)|(<)(?=[-=])|(-)(?=[->])|(=)(?=>)|([<>])(?==)|(~)(?==)|(!)(?==)"
)
WORD_JOINER = "\u2060"


def literal(text: str) -> str:
    """Return `text` for a place that reads Markdown (labels, messages), so that it shows as it is.

    Every sign that Markdown could read is escaped; line breaks become spaces.
    """
    one_line = " ".join(str(text).split())
    parted = _LATE.sub(lambda match: match.group(0) + WORD_JOINER, one_line)
    return _MARKS.sub(r"\\\1", parted)


def escape(text: object) -> str:
    """Return `text` for HTML, as content or inside a quoted attribute."""
    return html.escape(str(text), quote=True)


def shortened(text: str, length: int = 40) -> str:
    """Return `text`, cut in the middle if it is longer than `length` signs."""
    if len(text) <= length:
        return text
    half = (length - 1) // 2
    return f"{text[:half]}…{text[-half:]}"
