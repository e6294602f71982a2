"""Which class of a data set from elsewhere is which class of one's own: by name, and as a person corrects it."""

import json
import unicodedata
from collections.abc import Mapping, Sequence

NONE = ""
"""What a class from elsewhere is called that is none of one's own."""


def matched(theirs: Sequence[str], ours: Sequence[str]) -> dict[str, str]:
    """Return for each class of theirs the one of ours that has its name, else `NONE`.

    The very name comes first. Without one, case, spaces and punctuation do not count; where two of
    ours are then alike, nothing is guessed.
    """
    alike: dict[str, list[str]] = {}
    for name in ours:
        alike.setdefault(_bare(name), []).append(name)
    found = {}
    for name in theirs:
        same = [name] if name in ours else alike.get(_bare(name), [])
        found[name] = same[0] if len(same) == 1 else NONE
    return found


def corrected(
    theirs: Sequence[str], ours: Sequence[str], renamed: Mapping[str, str]
) -> dict[str, str]:
    """Return `matched` with what a person said otherwise; names that are none of ours are `NONE`."""
    found = matched(theirs, ours)
    for name in theirs:
        if name in renamed:
            found[name] = renamed[name] if renamed[name] in ours else NONE
    return found


def otherwise(
    theirs: Sequence[str], ours: Sequence[str], called: Mapping[str, str]
) -> dict[str, str]:
    """Return what of `called`, class of theirs to class of ours, the names do not tell; see `corrected`."""
    by_name = matched(theirs, ours)
    return {name: own for name, own in called.items() if own != by_name.get(name)}


def written(renamed: Mapping[str, str]) -> str:
    """Return what a person said otherwise in one line, for a setting; see `read`."""
    return json.dumps(dict(sorted(renamed.items())), ensure_ascii=False) if renamed else ""


def read(line: str) -> dict[str, str]:
    """Return what `written` wrote, or THEIRS=OURS pairs with commas between them, as one types them.

    Raises:
        ValueError: saying what is wrong.
    """
    if not line.lstrip().startswith("{"):
        pairs = [pair.partition("=") for pair in line.split(",") if pair.strip()]
        if not all(equals for _, equals, _ in pairs):
            raise ValueError("write THEIRS=YOURS, with commas between them")
        return {theirs.strip(): ours.strip() for theirs, _, ours in pairs}
    found = json.loads(line)
    if not all(isinstance(ours, str) for ours in found.values()):
        raise ValueError("names are to be texts")
    return found


def _bare(name: str) -> str:
    """Return a name without case, spaces and punctuation; itself where nothing would be left."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(sign for sign in plain if sign.isalnum()) or plain
