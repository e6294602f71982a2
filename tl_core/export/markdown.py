"""Markdown for files that people take home: sentences are said, what people wrote is shown as it is."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from tl_core.base import speech
from tl_core.base.figures import Figure
from tl_core.base.said import Said, counted

_MARKS = re.compile(
    r"""
      [\\`*_{}\[\]<>#|~&!$@]      # obeyed wherever they stand
    | :(?=//) | (?<=www)\.         # what makes links of addresses
    | ^[-+=>] | (?<=^\d)[.)] | (?<=^\d\d)[.)]  # obeyed where a line begins
    """,
    re.IGNORECASE | re.VERBOSE,
)
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def plain(text: str) -> str:
    """Return what a person wrote so that Markdown shows it as it is: on one line, nothing obeyed."""
    seen = "".join(" " if unicodedata.category(sign) in UNSEEN else sign for sign in text)
    return _MARKS.sub(lambda mark: f"\\{mark.group(0)}", " ".join(seen.split()))


def say(text: object, language: str) -> str:
    """Return a sentence in a language with its values escaped; any other text is data."""
    if isinstance(text, Said):
        return speech.say(_guarded(text), language)
    if isinstance(text, Figure):
        return speech.say(text, language)
    return plain(str(text))


def sentences(texts: Iterable[object], language: str) -> str:
    """Return sentences as a list, one a line."""
    return "\n".join(f"- {say(text, language)}" for text in texts if text)


def table(head: Sequence[object], rows: Iterable[Sequence[object]], language: str) -> str:
    """Return a table of texts."""
    lines = [head, ["---"] * len(head), *rows]
    told = [[cell if cell == "---" else say(cell, language) for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in told)


def code(text: str) -> str:
    """Return what a person types as a block of code."""
    return f"```\n{text}\n```"


def _guarded(text: Said) -> Said:
    """Return a sentence whose values are escaped, but for those that are sentences or figures."""
    values = {
        name: _guarded(value)
        if isinstance(value, Said)
        else plain(value)
        if isinstance(value, str) and not isinstance(value, Figure)
        else value
        for name, value in text.values.items()
    }
    if not values:
        return text
    if text.forms:
        count = values.pop("count")
        return counted(*text.forms, int(count), **values)
    return Said(text.template, **values)
