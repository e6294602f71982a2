"""What lies in the folder of a trial: the pictures that were given, and a reply to each as it came.

`asked.json` lists the pictures, `replies.jsonl` has a line for each that is done (whole from the moment its
line break is there), `thumbnails.bin` the small pictures that these lines point into. Replies are only ever
added, so a job that was killed goes on where it was.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from tl_core.base.files import write_whole
from tl_core.base.said import packed, unpacked
from tl_core.jobs.predictor import Prediction, Reply

ASKED, REPLIES, THUMBNAILS = "asked.json", "replies.jsonl", "thumbnails.bin"
PICTURES = "pictures"
KEPT_TABLES = 4


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
        place: where its small picture lies in `thumbnails.bin`: first byte and length; length 0 for none.
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
    """Return the pictures of a trial in their order; nothing before they are known."""
    try:
        rows = unpacked(json.loads((folder / ASKED).read_text("utf-8")))["pictures"]
    except FileNotFoundError:
        return []
    return [Asked(**row) for row in rows]


def ask(folder: Path, pictures: Sequence[Asked]) -> None:
    """Keep the list of the pictures of a trial."""
    rows = packed({"pictures": [asdict(picture) for picture in pictures]})
    write_whole(folder / ASKED, json.dumps(rows, ensure_ascii=False).encode("utf-8", "replace"))


def told(folder: Path) -> dict[str, Told]:
    """Return what came of the pictures so far, by key."""
    path = folder / REPLIES
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return {}
    return dict(_told(path, size, (folder / ASKED).stat().st_mtime_ns))


@lru_cache(maxsize=KEPT_TABLES)
def _told(path: Path, size: int, asked_at: int) -> dict[str, Told]:
    with path.open("rb") as file:
        lines = file.read(size)
    names = {picture.key: picture.name for picture in asked(path.parent)}
    found: dict[str, Told] = {}
    for line in lines[: lines.rfind(b"\n") + 1].splitlines():
        try:
            row = unpacked(json.loads(line))
        except ValueError:  # torn by a kill
            continue
        key, prediction = row["key"], row.get("prediction")
        if prediction is not None:
            prediction = Prediction(**{**prediction, "labels": tuple(prediction["labels"])})
        found[key] = Told(
            key,
            names.get(key, ""),
            prediction,
            tuple(row.get("place", (0, 0))),
            row.get("reason", ""),
            row.get("hint", ""),
        )
    return found


def thumbnail(folder: Path, one: Told) -> str:
    """Return the small picture of a reply as base64, "" where there is none."""
    begin, length = one.place
    if not length:
        return ""
    with (folder / THUMBNAILS).open("rb") as file:
        file.seek(begin)
        return base64.b64encode(file.read(length)).decode()


class Writer:
    """Adds replies; one process at a time."""

    def __init__(self, folder: Path) -> None:
        self._lines: BinaryIO = (folder / REPLIES).open("ab")
        self._small: BinaryIO = (folder / THUMBNAILS).open("ab")
        if self._lines.tell():
            self._lines.write(b"\n")  # closes a line that a kill has torn

    def add(self, key: str, reply: Reply) -> None:
        """Keep one reply."""
        row: dict[str, object] = {"key": key}
        if reply.prediction is None:
            row |= {"reason": reply.reason, "hint": reply.hint}
        else:
            row["prediction"] = asdict(reply.prediction)
        if reply.thumbnail:
            small = base64.b64decode(reply.thumbnail)
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
