"""Read classes and parts off the folders that pictures came in."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import PurePosixPath

from tl_core.data.images import FOREIGN_SUFFIXES, SUFFIXES
from tl_core.data.splits import TEST, TRAIN, UNSET, VALIDATION
from tl_core.errors import UserError
from tl_core.said import Said

PART_NAMES = {
    "train": TRAIN,
    "training": TRAIN,
    "val": VALIDATION,
    "valid": VALIDATION,
    "validation": VALIDATION,
    "dev": VALIDATION,
    "test": TEST,
    "testing": TEST,
}
TABLE_SUFFIXES = frozenset((".csv", ".tsv", ".jsonl", ".ndjson", ".json"))
OPENED_ARCHIVES = (".zip", ".tar", ".tgz", ".tbz2", ".txz", ".gz", ".bz2", ".xz")
FOREIGN_ARCHIVES = (".rar", ".7z")
_TABLE_STEMS = frozenset(
    ("labels", "label", "targets", "target", "metadata", "manifest", "annotations", "classes")
)
_JUNK_FOLDERS = {"__macosx", "$recycle.bin", "system volume information", "@eadir"}
_UNSEEN = frozenset("\u200b\u2060\ufeff\u00ad\u200e\u200f\u202a\u202b\u202c\u202d\u202e")
_JOINERS = frozenset("\u200c\u200d")
_JUNK_FILES = {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"}


@dataclass(frozen=True, slots=True)
class Placed:
    """A picture's class and, where a folder said so, its part (else -1)."""

    label: str
    part: int


@dataclass(frozen=True, slots=True)
class Layout:
    """What the folders say: classes in order, and the place of each path; None for loose ones.

    `notes` tells, in sentences, what a person may have meant otherwise.
    """

    classes: tuple[str, ...]
    placed: tuple[Placed | None, ...]
    notes: tuple[str, ...] = ()


def is_system_junk(path: str) -> bool:
    """Tell what operating systems leave lying about, and hidden files and folders."""
    parts = PurePosixPath(path).parts
    if any(part.startswith(".") or part.lower() in _JUNK_FOLDERS for part in parts):
        return True
    name = parts[-1].lower() if parts else ""
    return name in _JUNK_FILES or name.startswith("~$")


def is_junk(path: str) -> bool:
    """Tell files that no person would call a picture: system junk, text, nested archives."""
    suffix = PurePosixPath(path).suffix.lower()
    known = suffix in SUFFIXES or suffix in FOREIGN_SUFFIXES or suffix == ""
    return not known or is_system_junk(path)


def is_archive(path: str) -> bool:
    """Tell archives by name, those that Graft opens and others."""
    return path.lower().endswith((*OPENED_ARCHIVES, *FOREIGN_ARCHIVES)) and not is_system_junk(path)


def is_table(path: str) -> bool:
    """Tell whether a file among pictures may be a table about them: by its name, or on top of all."""
    name = PurePosixPath(path.casefold())
    is_on_top = len(name.parts) == 1 and name.suffix != ".json"
    is_named_so = name.suffix in TABLE_SUFFIXES and (name.stem in _TABLE_STEMS or is_on_top)
    return is_named_so and not is_system_junk(path)


def has_no_suffix(path: str) -> bool:
    """Tell names without an ending, which are pictures or not by their content alone."""
    return PurePosixPath(path).suffix == ""


def class_name(folder: str) -> str:
    """Return the folder's name as a class: composed Unicode, so that equal looks are equal."""
    return unicodedata.normalize("NFC", folder)


def read(
    paths: Sequence[str],
    folders: Iterable[str] = (),
    other_files: Iterable[str] = (),
    least_classes: int = 2,
) -> Layout:
    """Find class and part of every path.

    Outer folders that hold everything are passed over, and so is one level called train, val and
    test; the next folder is the class. An empty folder beside the classes is a class without
    pictures; one that holds only other files (notes, annotations) is none.

    Args:
        paths: relative paths of the pictures, with "/".
        folders: relative paths of all folders.
        other_files: relative paths of files that are no pictures.
        least_classes: fewer are refused; one is enough where others stand already.

    Raises:
        UserError: "no-pictures", "no-classes" or "one-class".
    """
    if not paths:
        raise UserError(
            "no-pictures",
            "No pictures were found.",
            "Give pictures as JPEG, PNG, WebP, BMP, GIF, TIFF, HEIC or AVIF, one folder for each class.",
        )
    routes = [PurePosixPath(path).parts[:-1] for path in paths]
    depth = _outer_depth(routes)
    tops = {route[depth] for route in routes if len(route) > depth}
    has_parts = _are_parts(tops)
    level = depth + has_parts
    placed = tuple(
        Placed(class_name(route[level]), PART_NAMES[route[depth].lower()] if has_parts else UNSET)
        if len(route) > level
        else None
        for route in routes
    )
    outer = routes[0][:depth]
    labels = {place.label for place in placed if place is not None}
    labels |= _empty_classes(folders, other_files, outer, has_parts)
    if all(place is None for place in placed):
        raise UserError(
            "no-classes",
            "The pictures are not in folders, so nothing says what they show.",
            "Make one folder for each class, named after it, and put its pictures inside.",
        )
    if len(labels) < least_classes:
        raise UserError(
            "one-class",
            "All pictures are in one class, “{name}”.",
            "Add a folder with pictures of something else: a model learns to tell classes apart.",
            name=min(labels),
        )
    notes = (*_doubtful_parts(tops), *doubtful_names(labels))
    return Layout(tuple(sorted(labels, key=order)), placed, notes)


def _outer_depth(routes: Sequence[tuple[str, ...]]) -> int:
    """Return how many outer folders hold everything and so say nothing."""
    depth = 0
    while True:
        names = {route[depth] for route in routes if len(route) > depth}
        if len(names) != 1 or not any(len(route) > depth + 1 for route in routes):
            return depth
        depth += 1


def _are_parts(names: set[str]) -> bool:
    """Tell train, val and test folders from classes that happen to be called so."""
    found = {PART_NAMES.get(name.lower(), UNSET) for name in names}
    return TRAIN in found and UNSET not in found and len(found) > 1


def _doubtful_parts(names: set[str]) -> list[str]:
    """Say so where a folder called train was taken for a class because of what stands beside it."""
    parts = sorted(name for name in names if name.lower() in PART_NAMES)
    others = sorted(names - set(parts))
    has_train = any(PART_NAMES[name.lower()] == TRAIN for name in parts)
    if not has_train or not others:
        return []
    return [
        Said(
            "“{name}” stands beside “{other}”, so both were taken as classes, not as the parts "
            "of a division. If “{name}” holds the classes, bring it without the others.",
            name=parts[0],
            other=others[0],
        )
    ]


def doubtful_names(labels: Iterable[str]) -> list[str]:
    """Say so where classes look alike to a person: by case, or by characters that cannot be seen."""
    looks: dict[str, list[str]] = {}
    for label in sorted(labels):
        looks.setdefault(_look(label), []).append(label)
    notes: list[str] = [
        Said(
            "The classes {names} look alike. Merge them if they are one.",
            names=reduce(_and, (f"“{name}”" for name in names)),
        )
        for names in looks.values()
        if len(names) > 1
    ]
    hidden = [name for names in looks.values() for name in names if _visible(name) != name]
    notes += [
        Said("The class name “{name}” holds characters that cannot be seen.", name=name)
        for name in hidden
    ]
    return notes


def _and(one: str, other: str) -> str:
    return Said("{one} and {other}", one=one, other=other)


def _look(label: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", _visible(label)).casefold().split())


def _visible(label: str) -> str:
    """Leave out what takes no room; joiners shape emoji and some scripts, but never Latin words."""
    bare = "".join(c for c in label if c not in _UNSEEN)
    without_joiners = "".join(c for c in bare if c not in _JOINERS)
    return without_joiners if without_joiners.isascii() else bare


def _empty_classes(
    folders: Iterable[str], other_files: Iterable[str], outer: tuple[str, ...], has_parts: bool
) -> set[str]:
    level = len(outer) + has_parts
    busy = {
        PurePosixPath(path).parts[: level + 1] for path in other_files if not is_system_junk(path)
    }
    names = set()
    for folder in folders:
        route = PurePosixPath(folder).parts
        if len(route) <= level or route[: len(outer)] != outer or is_system_junk(folder):
            continue
        if has_parts and route[len(outer)].lower() not in PART_NAMES:
            continue
        if route[: level + 1] not in busy:
            names.add(class_name(route[level]))
    return names


def order(name: str) -> tuple[str, str]:
    """Sort class names as a person does; a key for `sorted`."""
    return name.casefold(), name


def readable(name: str) -> str:
    """Return a name from a disk or an archive as text that can be stored.

    Bytes that are no UTF-8, as older systems wrote them, reach Python as lone surrogates; they are
    read as Latin-1, so that no two names become one.
    """
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return "/".join(_from_latin(part) for part in name.split("/"))
    return name


def _from_latin(part: str) -> str:
    try:
        raw = part.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return part.encode("utf-8", "replace").decode("utf-8")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
