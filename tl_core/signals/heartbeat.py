"""A sign of life: a worker touches a file every few seconds; who wonders looks at its age."""

import os
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

FILE = "heartbeat"
BEAT_EVERY_S = 2.0
SILENT_AFTER_S = 25.0


class Heartbeat:
    """Touches `folder/heartbeat` from a thread of its own while the block runs."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        show(self._path.parent)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopped.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._stopped.wait(BEAT_EVERY_S):
            # A full disk or a deleted folder is for the work itself to report.
            try:
                os.utime(self._path)
            except OSError:
                continue


def show(folder: Path) -> None:
    """Show life once, for a worker that is about to start."""
    (folder / FILE).touch()


def age_s(folder: Path) -> float | None:
    """Return how many seconds ago the worker last showed life, None before it first did."""
    try:
        return max(0.0, time.time() - (folder / FILE).stat().st_mtime)
    except FileNotFoundError:
        return None


def is_silent(folder: Path) -> bool:
    """Say whether a worker has shown no life for so long that a person should know."""
    age = age_s(folder)
    return age is not None and age > SILENT_AFTER_S
