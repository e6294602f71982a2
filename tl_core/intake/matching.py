"""Find the line of a table for every picture, though people write file names in many ways."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from urllib.parse import unquote

from tl_core.base.errors import UserError
from tl_core.base.said import Said, counted
from tl_core.datasets.manifest import SetAside
from tl_core.intake import file_names
from tl_core.intake.tables import Row

Parts = tuple[str, ...]


@dataclass(slots=True)
class Matched:
    """The result of matching a table with pictures.

    Attributes:
        rows: the row of each picture, None where there is none to be used.
        aside: pictures without one, with the reason.
        unused: rows that name no picture.
    """

    rows: list[Row | None]
    aside: list[SetAside] = field(default_factory=list)
    unused: list[Row] = field(default_factory=list)


class Finders:
    """Finds pictures by what a table writes about their files.

    By the whole path, by its end, or by the file name where that is unique. Upper and lower case,
    composed and decomposed letters, the ending (".jpg"), what annotation tools put around a name
    and zeros in front of a number are told apart only where the table does so.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self._finders: list[_Finder] = []

    def find(self, file: str, folder: str = "") -> list[int]:
        """Return the rows of the pictures that `file` may mean: one is sure, several are in doubt."""
        for number, form in enumerate(FORMS):
            if number == len(self._finders):
                self._finders.append(_Finder(self.names, form))
            found = self._finders[number].find(file, folder)
            if found:
                return found
        return []


def match(
    rows: Sequence[Row],
    names: Sequence[str],
    folder: str = "",
    located: Sequence[Sequence[int]] | None = None,
) -> Matched:
    """Find the line of every picture; see `Finders`.

    Args:
        rows: lines of a table.
        names: paths of the pictures as uploaded.
        folder: where the table lay among the pictures; its paths may begin there.
        located: the pictures that each row may mean, where that is known already.

    Raises:
        UserError: "targets-none" when not one picture has a row.
    """
    sure: dict[int, list[Row]] = defaultdict(list)
    doubtful: dict[int, Row] = {}
    unused = []
    if located is None:
        finders = Finders(names)
        located = [finders.find(row.file, folder) for row in rows]
    for row, found in zip(rows, located, strict=True):
        if len(found) == 1:
            sure[found[0]].append(row)
        elif found:
            doubtful.update(dict.fromkeys(found, row))
        else:
            unused.append(row)
    matched = Matched([None] * len(names), unused=unused)
    for index, name in enumerate(names):
        reason = _settle(index, sure.get(index, []), doubtful.get(index), matched)
        if reason is not None:
            matched.aside.append(SetAside(name, *reason))
    if names and not sure and not doubtful:
        raise UserError(
            "targets-none",
            counted(
                "The only picture is not named in the table.",
                "None of the {count} pictures is named in the table.",
                len(names),
            ),
            "The column with file names must hold the pictures' names, such as "
            "{name}; it begins with {file!r}.",
            name=PurePosixPath(names[0]).name,
            file=rows[0].file[:80],
        )
    return matched


def _settle(
    index: int, rows: list[Row], doubtful: Row | None, matched: Matched
) -> tuple[str, str, str] | None:
    """Take the row of one picture, or return (code, reason, hint) why it has none."""
    if len({row.says for row in rows}) > 1:
        return (
            "table-two-rows",
            Said(
                "Lines {line} and {other} of the table say different things about it.",
                line=rows[0].line,
                other=rows[1].line,
            ),
            Said("Take one of the two lines out."),
        )
    if rows and rows[0].fault:
        return "table-gap", rows[0].fault, Said("Fill it in, or leave the picture out.")
    if rows:
        matched.rows[index] = rows[0]
        return None
    if doubtful is not None:
        return (
            "table-ambiguous",
            Said(
                "Line {line} of the table says “{file}”, and several pictures are called so.",
                line=doubtful.line,
                file=doubtful.file[-80:],
            ),
            Said("Write the folder into the table, too, such as cats/1.jpg."),
        )
    return (
        "picture-unlisted",
        Said("The table has no line for this picture."),
        Said("Add a line with its file name, or leave it out."),
    )


class _Finder:
    """Finds pictures by the end of their paths, all written in one form."""

    def __init__(self, names: Sequence[str], form: Callable[[str], str]) -> None:
        self._form = form
        self._paths = [_parts(form(name)) for name in names]
        self._by_name: dict[str, list[int]] = defaultdict(list)
        for index, path in enumerate(self._paths):
            if path:
                self._by_name[path[-1]].append(index)

    def find(self, file: str, folder: str) -> list[int]:
        """Return the pictures that `file` may mean: one is sure, several are in doubt."""
        wanted = _parts(self._form(file))
        if not wanted:
            return []
        candidates = self._by_name.get(wanted[-1], [])
        for whole in (_parts(self._form(f"{folder}/{file}")), wanted):
            exact = [index for index in candidates if self._paths[index] == whole]
            if exact:
                return exact
        ends = [index for index in candidates if _is_end(self._paths[index], wanted)]
        beside = _parts(self._form(folder))
        if len(ends) > 1 and beside:  # a table tells of the pictures in its own folder first
            ends = [i for i in ends if self._paths[i][: len(beside)] == beside] or ends
        return ends or (candidates if len(candidates) == 1 else [])


def _is_end(one: Parts, other: Parts) -> bool:
    """Tell whether the shorter of two paths is the end of the longer."""
    shared = min(len(one), len(other))
    return one[-shared:] == other[-shared:]


def _parts(path: str) -> Parts:
    return tuple(part for part in path.split("/") if part not in ("", "."))


def _composed(path: str) -> str:
    return unicodedata.normalize("NFC", path.strip())


def _folded(path: str) -> str:
    return _composed(path).casefold()


def _bare(path: str) -> str:
    folder, slash, name = _folded(path).rpartition("/")
    return f"{folder}{slash}{file_names.bare(name)}"


def _plain(path: str) -> str:
    """Take away what annotation tools and web addresses add: prefixes, hashes, %20, "?d="."""
    path = _folded(unquote(path).partition("?d=")[2] or unquote(path).partition("?")[0])
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}{file_names.plain(file_names.bare(name))}"


def _counted(path: str) -> str:
    """Write a number that is all of a name without zeros around it: 0007 and 7.0 are 7."""
    folder, slash, name = _plain(path).rpartition("/")
    found = _NUMBER.fullmatch(name)
    return f"{folder}{slash}{found[1]}" if found else path


_NUMBER = re.compile(r"0*(\d+?)(?:\.0+)?")
FORMS = (_composed, _folded, _bare, _plain, _counted)
