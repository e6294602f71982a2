"""Text that people wrote (class names, file names, run names) is shown as it is, never obeyed."""

import html
import re
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

_MARKS = re.compile(r"([!-/:-@\[-`{-~])")
# Streamlit turns these into symbols after Markdown was read, where a backslash no longer helps.
_LATE = re.compile(
    r"(:)(?=[\w+/-]+:)|(<)(?=[-=])|(-)(?=[->])|(=)(?=>)|([<>])(?==)|(~)(?==)|(!)(?==)"
)
# Streamlit makes links of these in what it shows, also where every sign of them was escaped: they
# are found in the finished text, so a sign that nobody sees has to part them.
_LINKS = re.compile(
    r"""
      (?<=[a-z0-9+.\-]):(?=//)      # https://, ftp://
    | (?<=www)\.                    # www.
    | (?<=\S)@(?=\S)                # me@example.org
    | \b(?:mailto|xmpp|tel):        # mailto:
    """,
    re.IGNORECASE | re.VERBOSE,
)
WORD_JOINER = "\u2060"
_BREAKABLE = re.compile(r"[^\S\u00a0\u202f]+")

Key = TypeVar("Key", bound=Hashable)


def literal(text: str) -> str:
    """Return `text` for a place that reads Markdown (labels, messages), so that it shows as it is.

    Every sign that Markdown could read is escaped, and addresses are parted so that they become no
    links; line breaks become spaces. A space that does not break, as inside a number, stays one.
    """
    one_line = _BREAKABLE.sub(" ", str(text)).strip()
    unlinked = _LINKS.sub(lambda match: f"{WORD_JOINER}{match.group(0)}{WORD_JOINER}", one_line)
    parted = _LATE.sub(lambda match: match.group(0) + WORD_JOINER, unlinked)
    return _MARKS.sub(r"\\\1", parted)


def literal_with_links(text: str, addresses: Iterable[str]) -> str:
    """Return the same, with those of our own `addresses` that stand in it as links, to be followed."""
    shown = literal(text)
    for address in addresses:
        shown = shown.replace(literal(address), f"<{address}>") if address in text else shown
    return shown


def escape(text: object) -> str:
    """Return `text` for HTML, as content or inside a quoted attribute."""
    return html.escape(str(text), quote=True)


def distinct(names: Mapping[Key, str], length: int = 40) -> dict[Key, str]:
    """Return the names for a list to choose from: shortened, and no two of them alike.

    Streamlit tells what was chosen by what stands there. The second of equal names gets " · 2",
    the third " · 3"; a name that somebody gave already is passed over.
    """
    given: dict[str, int] = {}
    taken = {shortened(name, length) for name in names.values()}
    told = {}
    for key, name in names.items():
        label = shortened(name, length)
        number = given.get(label, 0) + 1
        while number > 1 and f"{label} · {number}" in taken:
            number += 1
        given[label] = number
        told[key] = label if number == 1 else f"{label} · {number}"
        taken.add(told[key])
    return told


def distinct_literal(names: Mapping[Key, str], length: int = 40) -> dict[Key, str]:
    """Return the same for widgets that read Markdown in what they offer, such as segmented controls."""
    return {key: literal(name) for key, name in distinct(names, length).items()}


def shortened(text: str, length: int = 40) -> str:
    """Return `text`, cut in the middle if it is longer than `length` signs."""
    if len(text) <= length:
        return text
    half = (length - 1) // 2
    return f"{text[:half]}…{text[-half:]}"
