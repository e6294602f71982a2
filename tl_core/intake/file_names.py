"""What the names of files tell: their class (cat.0.jpg), and what annotation tools added."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tl_core.modalities import registry

NameRule = Literal["before_number", "after_number", "first_word", "last_word"]

NAMED_SHARE = 0.9
"""A rule counts when it finds a class in at least this share of the names."""
LEAST_EACH = 2
WORD_EACH = 4
"""A word at one end of a name is a class only where it comes as often as this, on average."""
_ROBOFLOW = re.compile(
    r"^(.+)[_.](?:jpe?g|png|bmp|webp|gif|tiff?)\.rf\.[0-9a-z]{6,}$", re.IGNORECASE
)
_LABEL_STUDIO = re.compile(r"^[0-9a-f]{8}-(?=.)", re.IGNORECASE)
_HASHED = re.compile(r"^[0-9a-f]{16,}$|^[0-9a-f]{8}-[0-9a-f]{4}-", re.IGNORECASE)
_PARTED = re.compile(r"[\s._\-()#]+")
_ENDS_COUNTING = re.compile(r"^(.*?[^\s._\-(#])(?:[\s._\-(#]+\d+\)?)+$")
_BEGINS_COUNTING = re.compile(r"^(?:\d+[\s._\-)]+)+(\D.*)$")
_GLUED = re.compile(r"^(\D*[^\W\d_])\d+$")
_GENERIC = frozenset(
    [
        "img",
        "image",
        "images",
        "dsc",
        "dscn",
        "dscf",
        "pxl",
        "dcim",
        "photo",
        "photos",
        "picture",
        "pictures",
        "pic",
        "frame",
        "frames",
        "scan",
        "train",
        "test",
        "val",
        "valid",
        "screenshot",
        "screen",
        "whatsapp",
        "mvimg",
        "sam",
        "gopr",
        "gopro",
        "vid",
        "video",
        "clip",
        "file",
        "untitled",
        "download",
        "sample",
        "data",
        "row",
        "item",
        "sequence",
        "seq",
        "capture",
        "cam",
        "camera",
        "snap",
        "isic",
    ]
)


@dataclass(frozen=True, slots=True)
class Named:
    """Classes that a rule finds in names: one for each name, "" where it finds none."""

    rule: NameRule
    labels: tuple[str, ...]
    share: float
    is_plain: bool
    """Whether all names are a word and a number, so that little else can be meant."""


def bare(path: str) -> str:
    """Return the file's name without folders and without the ending of an example."""
    name = path.rpartition("/")[2]
    stem, dot, ending = name.rpartition(".")
    return stem if stem and _is_known(dot + ending) else name


def plain(stem: str) -> str:
    """Return `stem` without what annotation tools put around it (a1b2c3d4-NAME, NAME_jpg.rf.HASH)."""
    found = _ROBOFLOW.match(stem)
    return _LABEL_STUDIO.sub("", found[1] if found else stem)


def classes(paths: Sequence[str]) -> list[Named]:
    """Return what each rule finds in the names of `paths`, the likeliest first; mostly nothing."""
    stems = [unicodedata.normalize("NFC", plain(bare(path))) for path in paths]
    if len(stems) < 4 or sum(bool(_HASHED.match(stem)) for stem in stems) > len(stems) / 2:
        return []
    parted = [[word for word in _PARTED.split(stem) if word] for stem in stems]
    found: list[Named] = []
    told_by: tuple[tuple[NameRule, list[str]], ...] = (
        ("before_number", [_before_number(stem) for stem in stems]),
        ("after_number", [_after_number(stem) for stem in stems]),
        ("first_word", [words[0] if len(words) > 1 else "" for words in parted]),
        ("last_word", [words[-1] if len(words) > 1 else "" for words in parted]),
    )
    for rule, labels in told_by:
        told = _sound(rule, labels)
        if told is not None and all(told.labels != other.labels for other in found):
            found.append(told)
    numbered = [told for told in found if told.is_plain]
    return numbered or found


def _sound(rule: NameRule, labels: Sequence[str]) -> Named | None:
    """Return what a rule found where it makes classes: several, each more than once, all words."""
    counted = Counter(label for label in labels if label)
    named = sum(counted.values())
    share = named / len(labels)
    is_number_rule = rule.endswith("number")
    each = LEAST_EACH if is_number_rule else WORD_EACH
    if len(counted) < 2 or share < NAMED_SHARE or named < each * len(counted):
        return None
    if any(_is_generic(label) for label in counted):
        return None
    alone = sum(count for count in counted.values() if count < LEAST_EACH)
    if alone > 0.1 * named:
        return None
    kinds = {re.sub(r"\d+", "#", label.casefold()) for label in counted}
    is_counted = len(kinds) == 1 and "#" in next(iter(kinds))  # clip1, clip2: bursts, not classes
    if is_counted:
        return None
    return Named(rule, tuple(labels), share, is_plain=is_number_rule and share >= 0.98)


def _before_number(stem: str) -> str:
    """Return "cat" for cat.0, cat_12_3, cat (1) and cat7; "" where no number ends the name."""
    found = _ENDS_COUNTING.match(stem) or _GLUED.match(stem)
    return found[1] if found else ""


def _after_number(stem: str) -> str:
    """Return "cat" for 001-cat; "" where no number begins the name."""
    found = _BEGINS_COUNTING.match(stem)
    return found[1] if found else ""


def _is_generic(label: str) -> bool:
    """Tell what cameras and programs write, which is no class."""
    first = re.split(r"[_\s]", label.casefold())[0]
    return first in _GENERIC or not any(sign.isalpha() for sign in label)


def _is_known(suffix: str) -> bool:
    return suffix.lower() in registry.endings()
