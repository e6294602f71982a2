"""The answers of a trial in brief: enough to count, sort and filter many thousands of them.

A page shows some dozens; only those are read whole. So a list of ten thousand answers costs the web process
little memory, however many classes each of them tells a probability of.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tl_core.jobs import tried
from tl_core.jobs.tried import Told
from tl_core.signals.growing import Growing, Line

SEEN_KEPT = 16
Order = Literal["doubt", "file", "answer", "given"]
ORDERS: tuple[Order, ...] = ("doubt", "answer", "file", "given")
_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Brief:
    """One reply in brief.

    Attributes:
        key: of the picture.
        name: as a person gave it.
        line: first byte and length of its line in `replies.jsonl`.
        answers: the classes that it is said to show; none for numbers, or where there is no answer.
        doubt: how unsure the answer is, see `Task.doubt`.
        is_unknown: whether it is none of what was taught.
        is_refused: whether there is no answer.
    """

    key: str
    name: str
    line: tuple[int, int]
    answers: tuple[str, ...] = ()
    doubt: float = 0.0
    is_unknown: bool = False
    is_refused: bool = False


@dataclass(frozen=True, slots=True)
class Only:
    """Which replies are wanted: all, those with one answer, those unlike what was taught, those without any."""

    kind: Literal["all", "answer", "unknown", "refused"] = "all"
    answer: str = ""

    def takes(self, one: Brief) -> bool:
        """Say whether a reply is among them."""
        match self.kind:
            case "answer":
                return self.answer in one.answers
            case "unknown":
                return one.is_unknown
            case "refused":
                return one.is_refused
            case _:
                return True


@dataclass(frozen=True, slots=True)
class Counts:
    """How many replies are of which kind.

    Attributes:
        answers: class and number of pictures that are said to show it, the commonest first.
        answered: those with an answer.
        unknown: those unlike what was taught.
        refused: those without an answer.
    """

    answers: tuple[tuple[str, int], ...]
    answered: int
    unknown: int
    refused: int


def briefs(folder: Path) -> list[Brief]:
    """Return the replies of a trial so far, in the order in which they came.

    Cheap to ask again and again: only what is new is read.
    """
    return _BRIEFS.of(folder / tried.REPLIES, lambda found: list(found.by_key.values()))


@dataclass(slots=True)
class _Found:
    """The replies of one file by key, and one tuple for equal answers."""

    by_key: dict[str, Brief] = field(default_factory=dict)
    answers: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)


def _take(found: _Found, path: Path, lines: Iterator[Line]) -> None:
    names = {picture.key: picture.name for picture in tried.asked(path.parent)}
    for begin, line in lines:
        try:
            row = json.loads(line)
        except ValueError:  # torn by a kill, or empty
            continue
        one = _brief(row, names, (begin, len(line)), found.answers)
        found.by_key[one.key] = one


_BRIEFS: Growing[_Found] = Growing(_Found, _take, SEEN_KEPT)


def _brief(
    row: Mapping[str, Any],
    names: Mapping[str, str],
    line: tuple[int, int],
    known: dict[tuple[str, ...], tuple[str, ...]],
) -> Brief:
    key, found = row["key"], row.get("prediction")
    name = names.get(key, "")
    if found is None:
        return Brief(key, name, line, is_refused=True)
    label = found["label"]
    answers = tuple(found.get("labels", ())) or ((label,) if label else ())
    answers = known.setdefault(answers, answers)
    return Brief(key, name, line, answers, row.get("doubt", 0.0), bool(found.get("is_unknown")))


def counts(found: Iterable[Brief]) -> Counts:
    """Count replies by their kind."""
    found = list(found)
    refused = sum(one.is_refused for one in found)
    return Counts(
        tuple(Counter(answer for one in found for answer in one.answers).most_common()),
        len(found) - refused,
        sum(one.is_unknown for one in found),
        refused,
    )


def arranged(
    found: Iterable[Brief], order: Order, only: Only, given: Mapping[str, int]
) -> list[Brief]:
    """Return the wanted replies in an order.

    Args:
        found: the replies.
        order: "doubt" puts first what is unlike anything taught, then the least sure; "answer" groups by
            answer, the least sure first; "file" goes by name, numbers in it by their value; "given" as the
            pictures came. Whatever has no answer stands last, but by name or as given.
        only: which are wanted.
        given: the place of each key among the pictures as they came.
    """
    by: Mapping[str, Callable[[Brief], Any]] = {
        "doubt": lambda one: (one.is_refused, not one.is_unknown, -one.doubt, given[one.key]),
        "answer": lambda one: (one.is_refused, one.answers, -one.doubt, given[one.key]),
        "file": lambda one: (_natural(one.name), given[one.key]),
        "given": lambda one: given[one.key],
    }
    return sorted(filter(only.takes, found), key=by[order])


def _natural(name: str) -> list[tuple[int, int | str]]:
    """Return what sorts names as people do: img2 before img10."""
    parts = _DIGITS.split(name.casefold())
    return [(0, int(part)) if part.isdecimal() else (1, part) for part in parts if part]


def whole(folder: Path, chosen: Sequence[Brief]) -> list[Told]:
    """Return some replies whole, in their order."""
    if not chosen:
        return []
    names, found = {one.key: one.name for one in chosen}, []
    with (folder / tried.REPLIES).open("rb") as file:
        for one in chosen:
            begin, length = one.line
            file.seek(begin)
            told = tried.read(file.read(length), names)
            if told is not None:
                found.append(told)
    return found
