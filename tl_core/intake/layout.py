"""What names of files and folders say: junk, tables, archives, classes and their order."""

import re
import unicodedata
from collections.abc import Iterable
from functools import reduce
from pathlib import PurePosixPath

from tl_core.base.said import Said
from tl_core.modalities import registry
from tl_core.modalities.modality import Modality

TABLE_SUFFIXES = frozenset((".csv", ".tsv", ".jsonl", ".ndjson", ".json"))
OPENED_ARCHIVES = (".zip", ".tar", ".tgz", ".tbz2", ".txz", ".gz", ".bz2", ".xz")
FOREIGN_ARCHIVES = (".rar", ".7z")
_TABLE_STEMS = frozenset(
    ("labels", "label", "targets", "target", "metadata", "manifest", "annotations", "classes")
)
_DIGITS = frozenset("0123456789")
_RUNS = re.compile(r"[0-9]+|[^0-9]+")
_JUNK_FOLDERS = {"__macosx", "$recycle.bin", "system volume information", "@eadir"}
_UNSEEN = frozenset("\u200b\u2060\ufeff\u00ad\u200e\u200f\u202a\u202b\u202c\u202d\u202e")
_JOINERS = frozenset("\u200c\u200d")
_JUNK_FILES = {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"}


def is_system_junk(path: str) -> bool:
    """Tell what operating systems leave lying about, and hidden files and folders."""
    parts = PurePosixPath(path).parts
    if any(part.startswith(".") or part.lower() in _JUNK_FOLDERS for part in parts):
        return True
    name = parts[-1].lower() if parts else ""
    return name in _JUNK_FILES or name.startswith("~$")


def is_junk(path: str, modality: Modality = registry.USUAL) -> bool:
    """Tell files that no person would call an example: system junk, others' files, nested archives."""
    suffix = PurePosixPath(path).suffix.lower()
    known = suffix == "" or suffix in modality.endings | modality.foreign_endings
    return not known or is_system_junk(path)


def is_archive(path: str) -> bool:
    """Tell archives by name, those that Graft opens and others."""
    return path.lower().endswith((*OPENED_ARCHIVES, *FOREIGN_ARCHIVES)) and not is_system_junk(path)


def is_table(path: str, modality: Modality = registry.USUAL) -> bool:
    """Tell whether a file among examples may be a table about them; of JSON, by its name alone."""
    name = PurePosixPath(path.casefold())
    is_named_so = name.suffix in TABLE_SUFFIXES - modality.endings and (
        name.suffix != ".json" or name.stem in _TABLE_STEMS
    )
    return is_named_so and not is_system_junk(path)


def has_no_suffix(path: str) -> bool:
    """Tell names without an ending, which are pictures or not by their content alone."""
    return PurePosixPath(path).suffix == ""


def class_name(folder: str) -> str:
    """Return the folder's name as a class: composed Unicode, so that equal looks are equal."""
    return unicodedata.normalize("NFC", folder)


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


def order(name: str) -> tuple[tuple[tuple[int, str, str], ...], str]:
    """Sort class names as a person does, 2 before 10; a key for `sorted`."""
    runs = _RUNS.findall(name.casefold())
    return tuple(_counted(run) if run[0] in _DIGITS else (0, "", run) for run in runs), name


def _counted(digits: str) -> tuple[int, str, str]:
    """Return a key that sorts digits by the number they write, of any length, before letters."""
    bare = digits.lstrip("0")
    return -1, f"{len(bare):06}", bare


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
