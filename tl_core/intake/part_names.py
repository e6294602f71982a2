"""What people call the parts of a divided data set: train, test_set, seg_train, validation-set, holdout."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from tl_core.datasets.splits import TEST, TRAIN, VALIDATION

EVALUATION = 3
"""A part called so is the test, or the validation where another one is called test."""

WORDS = {
    **dict.fromkeys(("train", "training", "trn", "trainval"), TRAIN),
    **dict.fromkeys(("val", "valid", "validation", "validate", "dev"), VALIDATION),
    **dict.fromkeys(("test", "testing", "tst", "holdout", "heldout"), TEST),
    **dict.fromkeys(("eval", "evaluation"), EVALUATION),
}
FILLERS = frozenset(
    [
        "set",
        "sets",
        "data",
        "dataset",
        "datasets",
        "image",
        "images",
        "img",
        "imgs",
        "picture",
        "pictures",
        "photo",
        "photos",
        "pic",
        "pics",
        "folder",
        "split",
        "splits",
        "part",
        "sample",
        "samples",
        "file",
        "files",
        "seg",
        "segmentation",
        "jpg",
        "jpeg",
        "png",
        "crop",
        "crops",
        "cropped",
        "resized",
        "small",
        "full",
        "final",
        "labeled",
        "labelled",
        "the",
        "for",
        "new",
        "sub",
        "subset",
        "fold",
        "v",
    ]
)
_TOKENS = re.compile(r"[^\W\d_]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_HELD_OUT = re.compile(r"\b(hold|held)\s+out\b")


@dataclass(frozen=True, slots=True)
class Named:
    """A name taken apart: the part it speaks of, None where it is none, and whatever else it says."""

    part: int | None
    rest: str


def taken_apart(name: str) -> Named:
    """Find the one word in `name` that speaks of a part; fillers and numbers say nothing."""
    text = _CAMEL.sub(" ", unicodedata.normalize("NFC", name)).casefold()
    words = [_unglued(word) for word in _TOKENS.findall(text)]
    spaced = _HELD_OUT.sub(r"\1out", " ".join(words)).split()
    found = {WORDS[word] for word in spaced if word in WORDS}
    rest = [word for word in spaced if not _says_nothing(word)]
    return Named(found.pop() if len(found) == 1 else None, " ".join(rest))


def one(name: str) -> int | None:
    """Return the part that `name` alone stands for, as in a column; None where it is none."""
    named = taken_apart(name)
    if named.part is None or named.rest:
        return None
    return TEST if named.part == EVALUATION else named.part


def of_all(names: Collection[str]) -> dict[str, int] | None:
    """Return the part of every name where all are parts of one division; else None.

    Training must be among them, and something beside it; whatever else they say must be the same
    (seg_train and seg_test, not cat_train and dog_test).
    """
    named = {name: taken_apart(name) for name in names}
    parts = {told.part for told in named.values()}
    if None in parts or TRAIN not in parts or len(parts) < 2:
        return None
    if len({told.rest for told in named.values()}) > 1:
        return None
    return settled(named)


def settled(named: dict[str, Named]) -> dict[str, int]:
    """Return the part of each name, none of which is None; evaluation becomes test or validation."""
    parts = {told.part for told in named.values()}
    judged = VALIDATION if TEST in parts and VALIDATION not in parts else TEST
    return {
        name: judged if told.part == EVALUATION else int(told.part or 0)
        for name, told in named.items()
    }


def _says_nothing(word: str) -> bool:
    return word in WORDS or word in FILLERS or word.isdigit()


def _unglued(word: str) -> str:
    """Take "trainset" and "imagestest" apart; other words stay whole."""
    if word in WORDS or word in FILLERS:
        return word
    for part in WORDS:
        if word.startswith(part) and word[len(part) :] in FILLERS:
            return f"{part} {word[len(part) :]}"
        if word.endswith(part) and word[: -len(part)] in FILLERS:
            return f"{word[: -len(part)]} {part}"
    return word
