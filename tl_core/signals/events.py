"""What a worker tells while it works: one JSON object a line, appended to `events.jsonl`.

The worker alone writes; pages read from where they stopped. A line counts once its line break
is there, so a reader never sees half an event and a crash loses at most the last one.

Every line has `event` and `time`. The events of a training, and those that work of other kinds shares:

- started: pid, device, epochs
- planned: phases {name: seconds}, total_s; what the plan expected at the first start
- phase: phase (weights, copies, convert, encode, closed_form, load, fit, evaluate, save), text for people,
  expected_s where nothing can be counted
- progress: phase, done, total, seconds_left
- closed_form: task, val_accuracy and what the task sets beside it
- step: epoch, step, steps, loss, accuracy
- epoch: epoch (0 is the start), epochs, loss, accuracy, val_loss, val_accuracy, learning_rate, stages
  (that learnt), seconds, best, term (what a method adds to the loss, its mean) where there is one, and
  what the task sets beside them
- flips: epoch, pictures [{picture, was_right, is_right}]
- note: text
- evaluated: metrics
- finished, cancelled: metrics (empty when stopped before there were weights), seconds by part,
  `total` over all lives and `others`, what other work on the machine took of the last; paused
- failed: code, message, hint
"""

import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tl_core.base.said import packed, unpacked

FILE = "events.jsonl"
SYNC_EVERY_S = 5.0
# More than this is read in several turns, so that no page waits for a very long file.
READ_LIMIT_BYTES = 8 * 1024**2


class Writer:
    """Appends events to the file in `folder`; call it as `emit(event, **fields)`.

    A half-written last line, left by a worker that was killed, is closed first, so that it
    spoils nothing but itself.

    Args:
        folder: where the file lies.
        told: called with every event after it was written.
    """

    def __init__(
        self, folder: Path, told: Callable[[Mapping[str, Any]], object] = lambda event: None
    ) -> None:
        self._told = told
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / FILE
        torn = _ends_torn(path)
        # Unbuffered: each event is one write, and is seen at once.
        self._file = path.open("ab", buffering=0)
        self._synced_at = time.monotonic()
        if torn:
            self._file.write(b"\n")

    def __call__(self, event: str, **fields: Any) -> None:
        """Append one event, stamped with the time; numbers that are not finite become null."""
        line = {"event": event, "time": time.time(), **packed(fields)}
        try:
            text = json.dumps(line, ensure_ascii=False, allow_nan=False, default=_plain)
        except ValueError:
            text = json.dumps(_finite(line), ensure_ascii=False, allow_nan=False, default=_plain)
        self._file.write(text.encode("utf-8", "backslashreplace") + b"\n")
        self._told({"event": event, **fields})
        if time.monotonic() - self._synced_at > SYNC_EVERY_S:
            self.sync()

    emit = __call__

    def sync(self) -> None:
        """Force what was written onto the disk."""
        os.fsync(self._file.fileno())
        self._synced_at = time.monotonic()

    def close(self) -> None:
        """Sync and close; further events are an error."""
        if not self._file.closed:
            self.sync()
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def read(folder: Path, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
    """Return the events after `offset` (bytes) and the offset to go on from.

    An unfinished last line is left for the next call, a line that is no event is passed over,
    and a file that does not exist yet holds no events. A file shorter than `offset` was begun
    anew and is read from its start.
    """
    path = folder / FILE
    try:
        size = path.stat().st_size
        if size == offset:
            return [], offset
        start = offset if size > offset else 0
        with path.open("rb") as file:
            file.seek(start)
            chunk = file.read(READ_LIMIT_BYTES) + file.readline()
    except FileNotFoundError:
        return [], 0
    end = chunk.rfind(b"\n") + 1
    # splitlines() would also split at the separators that text may contain.
    lines = chunk[:end].split(b"\n")
    events = [event for line in lines if (event := _parsed(line)) is not None]
    return events, start + end


def _parsed(line: bytes) -> dict[str, Any] | None:
    if not line.strip():
        return None
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return unpacked(event) if isinstance(event, dict) and "event" in event else None


def _ends_torn(path: Path) -> bool:
    if not path.exists() or path.stat().st_size == 0:
        return False
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"


def _plain(value: Any) -> Any:
    """Write NumPy's scalars and arrays as numbers and lists, paths as text."""
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):
        return _finite(value.tolist())
    raise TypeError(f"{type(value).__name__} cannot be written into an event")


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
