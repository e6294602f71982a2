"""What lies in the folder of a trial: the pictures that were given, and a reply to each as it came.

`asked.json` lists the pictures (`count` says how many), `replies.jsonl` has a line for each that is done (whole
from the moment its line break is there), `previews.bin` the small pictures that these lines point into. Replies
are only ever added, so a job that was killed goes on where it was.
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import BinaryIO, Self

from tl_core.base.files import write_whole
from tl_core.base.said import packed, unpacked
from tl_core.jobs.predictor import Prediction, Reply
from tl_core.signals.growing import Growing, Line

ASKED, COUNT, REPLIES, PREVIEWS = "asked.json", "count", "replies.jsonl", "previews.bin"
PICTURES = "pictures"
SEEN_KEPT = 8
DOUBT_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Asked:
    """A picture to be answered: a key of its own, its name as a person gave it, and its file.

    One that was refused before it was opened has its reason instead of a file.
    """

    key: str
    name: str
    path: str
    reason: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """The answer to one picture, or why there is none.

    Attributes:
        key: as in `Asked`.
        name: likewise.
        prediction: the answer; None where there is none.
        place: where its small picture lies in `previews.bin`: first byte and length; length 0 for none.
        reason: why there is no answer.
        hint: what to do about it.
    """

    key: str
    name: str
    prediction: Prediction | None = None
    place: tuple[int, int] = (0, 0)
    reason: str = ""
    hint: str = ""


def asked(folder: Path) -> list[Asked]:
    """Return the pictures of a trial in their order; nothing before they are known.

    Cheap to ask again and again: the list is read once.
    """
    path = folder / ASKED
    try:
        stands = path.stat()
    except FileNotFoundError:
        return []
    key = (path, stands.st_ino, stands.st_mtime_ns)
    with _ASKED_LOCK:
        found = _ASKED.pop(key, None)
    if found is None:
        rows = unpacked(json.loads(path.read_text("utf-8")))["pictures"]
        found = [Asked(**row) for row in rows]
    with _ASKED_LOCK:
        _ASKED[key] = found
        while len(_ASKED) > SEEN_KEPT:
            del _ASKED[next(iter(_ASKED))]
    return list(found)


def count(folder: Path) -> int:
    """Return how many pictures a trial has, without reading which."""
    try:
        return int((folder / COUNT).read_text("ascii"))
    except FileNotFoundError:  # an earlier version, or nothing is known yet
        return len(asked(folder))


def ask(folder: Path, pictures: Sequence[Asked]) -> None:
    """Keep the list of the pictures of a trial."""
    rows = packed({"pictures": [asdict(picture) for picture in pictures]})
    write_whole(folder / ASKED, json.dumps(rows, ensure_ascii=False).encode("utf-8", "replace"))
    write_whole(folder / COUNT, str(len(pictures)).encode())


def told(folder: Path) -> dict[str, Told]:
    """Return what came of the pictures so far, by key.

    Cheap to ask again and again: only what is new is read.
    """
    return _REPLIES.of(folder / REPLIES, dict.copy)


def _take(found: dict[str, Told], path: Path, lines: Iterator[Line]) -> None:
    names = {picture.key: picture.name for picture in asked(path.parent)}
    found |= {one.key: one for _, line in lines if (one := read(line, names))}


_REPLIES: Growing[dict[str, Told]] = Growing(dict, _take, SEEN_KEPT)
_ASKED_LOCK = Lock()
_ASKED: dict[tuple[Path, int, int], list[Asked]] = {}


def read(line: bytes, names: Mapping[str, str]) -> Told | None:
    """Return the reply that a line holds, None for one that a kill has torn.

    Args:
        line: of `replies.jsonl`.
        names: of the pictures, by key.
    """
    try:
        row = unpacked(json.loads(line))
    except ValueError:
        return None
    key, prediction = row["key"], row.get("prediction")
    if prediction is not None:
        prediction = Prediction(**{**prediction, "labels": tuple(prediction["labels"])})
    begin, length = row.get("place", (0, 0))
    why = {"reason": row.get("reason", ""), "hint": row.get("hint", "")}
    return Told(key, names.get(key, ""), prediction, (begin, length), **why)


def preview(folder: Path, one: Told) -> str:
    """Return the small picture of a reply as base64, "" where there is none."""
    begin, length = one.place
    if not length:
        return ""
    with (folder / PREVIEWS).open("rb") as file:
        file.seek(begin)
        return base64.b64encode(file.read(length)).decode()


class Writer:
    """Adds replies; one process at a time."""

    def __init__(self, folder: Path) -> None:
        self._lines: BinaryIO = (folder / REPLIES).open("ab")
        self._small: BinaryIO = (folder / PREVIEWS).open("ab")
        if self._lines.tell():
            self._lines.write(b"\n")  # closes a line that a kill has torn

    def add(self, key: str, reply: Reply, doubt: float = 0.0) -> None:
        """Keep one reply, and how unsure it is (see `Task.doubt`)."""
        row: dict[str, object] = {"key": key}
        if reply.prediction is None:
            row |= {"reason": reply.reason, "hint": reply.hint}
        else:
            row |= {"doubt": round(doubt, DOUBT_DIGITS), "prediction": asdict(reply.prediction)}
        if reply.preview:
            small = base64.b64decode(reply.preview)
            row["place"] = (self._small.tell(), len(small))
            self._small.write(small)
        text = json.dumps(packed(row), ensure_ascii=False)
        self._lines.write(text.encode("utf-8", "replace") + b"\n")

    def flush(self) -> None:
        """Let others see what was added; small pictures first, as lines point to them."""
        self._small.flush()
        self._lines.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._small.close()
        self._lines.close()
