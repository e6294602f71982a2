"""What the columns of a table hold, told by their values: files, classes, numbers, parts, groups.

Headings only break ties: people call a column anything.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from tl_core.datasets.splits import TRAIN
from tl_core.intake import part_names, tables
from tl_core.intake.heading_words import FILE_WORDS, GROUP_WORDS, LABEL_WORDS, SIDE_WORDS
from tl_core.intake.matching import Finders
from tl_core.intake.sheets import Line, Sheet

Kind = Literal["empty", "constant", "words", "whole", "numbers", "text"]

SAMPLED_LINES = 1500
FEW = 30
"""So many different whole numbers may still be classes."""
MOST_PART_WORDS = 12
MANY_CELLS_SHARE = 0.05

_WORDS = re.compile(r"[^\W\d_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LISTED = re.compile(r"^\s*[\[{(](.*)[\])}]\s*$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Profile:
    """One column.

    Attributes:
        name: its heading.
        texts: what stands in it, one for each line that has a picture.
        counted: how often each text comes; "" is left out.
        kind: what its values are like.
    """

    name: str
    texts: tuple[str, ...]
    counted: Counter[str]
    kind: Kind

    @property
    def filled(self) -> int:
        return self.counted.total()

    @property
    def words(self) -> frozenset[str]:
        return frozenset(_WORDS.findall(_CAMEL.sub(" ", self.name).casefold().replace("_", " ")))

    @property
    def is_called_label(self) -> bool:
        return bool(self.words & LABEL_WORDS)

    @property
    def is_called_aside(self) -> bool:
        return bool(self.words & SIDE_WORDS)

    @property
    def is_called_group(self) -> bool:
        return bool(self.words & GROUP_WORDS)


def file_column(sheet: Sheet, finders: Finders, folder: str = "") -> str:
    """Return the column whose values name most of the pictures; "" when none names any."""
    step = max(1, len(sheet.lines) // SAMPLED_LINES)
    sample = sheet.lines[::step]
    best, best_hits = "", (0, 0, 0)
    for place, name in enumerate(sheet.header):
        hits = _pictures_named(name, sample, finders, folder)
        words = frozenset(_WORDS.findall(name.casefold().replace("_", " ")))
        told = (hits, int(bool(words & FILE_WORDS)), -place)
        if hits and told > best_hits:
            best, best_hits = name, told
    return best


def _pictures_named(column: str, sample: Sequence[Line], finders: Finders, folder: str) -> int:
    named: set[int] = set()
    for number, line in enumerate(sample):
        text = line.fields[column].strip().replace("\\", "/")
        found = finders.find(text, folder) if text else []
        named.update(found[:1])
        if number == 60 and not named:  # sixty lines without one: no column of files
            break
    return len(named)


def of(sheet: Sheet, lines: Sequence[Line]) -> dict[str, Profile]:
    """Return the profile of every column, over the lines that have a picture."""
    return {name: _profile(sheet, name, lines) for name in sheet.header}


def _profile(sheet: Sheet, name: str, lines: Sequence[Line]) -> Profile:
    texts = tuple(line.fields[name].strip() for line in lines)
    counted = Counter(text for text in texts if text)
    return Profile(name, texts, counted, _kind(counted, sheet.is_comma_decimal))


def _kind(counted: Counter[str], is_comma_decimal: bool) -> Kind:
    filled, different = counted.total(), len(counted)
    if not filled:
        return "empty"
    values = [tables.number(text, is_comma_decimal) for text in counted]
    numbers = sum(
        count for value, count in zip(values, counted.values(), strict=True) if value == value
    )
    if different == 1:
        return "constant"
    if 2 * numbers >= filled:
        are_whole = all(value == value and value == round(value) for value in values)
        is_few = different <= FEW and 2 * different <= filled
        return "whole" if are_whole and is_few else "numbers"
    return "words" if 2 * different <= filled else "text"


# Which column says what


def split_column(profiles: Sequence[Profile]) -> str:
    """Return the column whose every value names a part; "" when there is none."""
    for profile in profiles:
        if len(profile.counted) > MOST_PART_WORDS:
            continue
        parts = {part_names.one(text) for text in profile.counted}
        if profile.counted and None not in parts and TRAIN in parts and len(parts) > 1:
            return profile.name
    return ""


def group_column(profiles: Sequence[Profile], labels: Sequence[str]) -> str:
    """Return the column whose values are shared by pictures that belong together; "" if none.

    Several pictures a value, far more values than classes; and either its heading says so, or
    every value stays within one class, as those of a patient or a video do.
    """
    best, best_told = "", (0, 0.0)
    classes = len(set(labels)) if labels else 0
    for profile in profiles:
        different, filled = len(profile.counted), profile.filled
        shared = sum(count for count in profile.counted.values() if count > 1)
        if profile.name.strip().casefold() in tables.GROUP_COLUMNS and different > 1:
            return profile.name
        if different < 3 or different <= classes or 4 * shared < filled or _is_amount(profile):
            continue
        if profile.is_called_aside and not profile.is_called_group and "id" not in profile.words:
            continue
        is_called = profile.is_called_group or "id" in profile.words
        is_nested = bool(classes) and different >= 2 * classes and _is_nested(profile, labels)
        if is_called or is_nested:
            told = (is_called + is_nested, shared / filled)
            if told > best_told:
                best, best_told = profile.name, told
    return best


def _is_amount(profile: Profile) -> bool:
    """Tell measured values, which pictures share by chance, from names and numbers of things."""
    return any("." in text or "," in text for text in profile.counted) and profile.kind in (
        "numbers",
        "whole",
    )


def _is_nested(profile: Profile, labels: Sequence[str]) -> bool:
    seen: dict[str, str] = {}
    return all(
        seen.setdefault(text, label) == label
        for text, label in zip(profile.texts, labels, strict=True)
        if text
    )


# Several answers in one cell


def separator(profile: Profile) -> Callable[[str], tuple[str, ...]] | None:
    """Return what takes a cell with several labels apart; None where cells hold one each.

    Cells are lists where the same pieces come again in other cells ("cat,dog", "dog"); "Paris,
    France" is one name.
    """
    for cut in (_listed, *(_cutter(sign) for sign in (",", ";", "|", "+", "&"))):
        if _is_cut_by(profile, cut, most=0.99):
            return cut
    return _words_cut if _is_cut_by(profile, _words_cut, most=0.75, least=0.6) else None


def _is_cut_by(
    profile: Profile,
    cut: Callable[[str], tuple[str, ...]],
    most: float,
    least: float = 0.0,
) -> bool:
    cells = {text: cut(text) for text in profile.counted}
    several = [text for text, pieces in cells.items() if len(pieces) > 1]
    if sum(profile.counted[text] for text in several) < MANY_CELLS_SHARE * profile.filled:
        return False
    met: dict[str, int] = defaultdict(int)
    for pieces in cells.values():
        for piece in set(pieces):
            met[piece] += 1
    again = sum(count > 1 for count in met.values())
    return bool(several) and len(met) <= most * len(cells) and again >= least * len(met)


def _cutter(sign: str) -> Callable[[str], tuple[str, ...]]:
    def cut(text: str) -> tuple[str, ...]:
        return tuple(piece.strip() for piece in text.split(sign) if piece.strip())

    return cut


def _listed(text: str) -> tuple[str, ...]:
    """Take "['cat', 'dog']" apart."""
    found = _LISTED.match(text)
    if found is None:
        return (text,)
    pieces = (piece.strip().strip("'\"").strip() for piece in found[1].split(","))
    return tuple(piece for piece in pieces if piece)


def _words_cut(text: str) -> tuple[str, ...]:
    return tuple(text.split())
