"""Fetches the weights of a backbone in a process of its own, found again by the backbone's name.

`weights/fetching/NAME/` is like a run's folder: events, the pid of who is at work, `stop` to end it.
All people of a house share it, as they share the file.
"""

import os
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tl_core.backbones import catalogue, weights
from tl_core.base import locks
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.jobs import dispatcher
from tl_core.jobs.dispatcher import PID
from tl_core.signals import events, progress
from tl_core.signals.progress import RunView

STOP = "stop"
TELL_EVERY_S = 0.25
TOLD_FOR_S = 3600.0


def start(name: str) -> None:
    """Begin to fetch the weights of `name` in the background, unless that is under way.

    Raises:
        UserError: "backbone".
    """
    if is_working(name):
        return
    folder = _afresh(name)
    pid = dispatcher.ENGINE.submit("fetch", name, folder, {})
    (folder / PID).write_text(str(pid))


def fetch(name: str, told: Callable[[Mapping[str, Any]], None]) -> Path:
    """Fetch the weights of `name` here and now, where a page sees it too; return the file.

    Args:
        told: called with every event.

    Raises:
        UserError: as `weights.download`, or "already-running".
    """
    if weights.present(name):
        return weights.locate(name)
    if is_working(name):
        raise UserError(
            "already-running",
            "The weights of {backbone} are being downloaded already.",
            "Wait for that to end, or stop it on the Train page.",
            backbone=catalogue.get(name).title,
        )
    folder = _afresh(name)
    (folder / PID).write_text(str(os.getpid()))
    return _fetch(name, told)


def is_working(name: str) -> bool:
    """Say whether the weights of `name` are being fetched."""
    return dispatcher.is_at_work(folder_of(name))


def stop(name: str) -> None:
    """Ask to end; what has arrived is kept."""
    (folder_of(name) / STOP).touch()


def is_stopping(name: str) -> bool:
    """Say whether the download was asked to end."""
    return (folder_of(name) / STOP).exists()


def view(name: str) -> RunView:
    """Return where the last download of `name` stands."""
    return progress.state(folder_of(name))


def failure(name: str) -> UserError | None:
    """Return why the last download did not succeed; None if it did, was stopped or goes on.

    What failed longer ago than `TOLD_FOR_S` is not told any more.
    """
    try:
        age_s = time.time() - (folder_of(name) / PID).stat().st_mtime
    except FileNotFoundError:
        return None
    if age_s > TOLD_FOR_S or weights.present(name) or is_working(name):
        return None
    ending = view(name).ending
    if ending is None:
        return UserError(
            "process-ended",
            "The download ended without a word.",
            "Start it again: it goes on from where it stopped. If it happens again, the log in"
            " {folder} has the details.",
            folder=folder_of(name),
        )
    if ending["event"] != "failed":
        return None
    return UserError(ending["code"], ending["message"], ending["hint"])


def kept_bytes(name: str) -> int:
    """Return how much of the file lies here from a download that did not come to its end."""
    try:
        return weights.partial_file(name).stat().st_size
    except FileNotFoundError:
        return 0


def main(name: str) -> int:
    """Fetch, in a process of its own: `python -m tl_core fetch NAME`."""
    try:
        _fetch(name, lambda _event: None)
    except UserError:  # told in the events
        return 1
    return 0


def folder_of(name: str) -> Path:
    """Return where a download of `name` tells about itself; it need not exist."""
    return weights.folder() / "fetching" / catalogue.get(name).name


def _afresh(name: str) -> Path:
    """Return the folder of a download that begins, empty."""
    folder = folder_of(name)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _fetch(name: str, told: Callable[[Mapping[str, Any]], None]) -> Path:
    folder = folder_of(name)
    lock = locks.one_writer(folder)
    try:
        with events.Writer(folder) as writer:

            def tell(event: str, **fields: Any) -> None:
                writer.emit(event, **fields)
                told({"event": event, **fields})

            return _telling(name, folder, tell)
    finally:
        lock.release()


def _telling(name: str, folder: Path, tell: Callable[..., None]) -> Path:
    tell("started", pid=os.getpid())
    title = catalogue.get(name).title
    text = Said("Downloading the weights of {backbone}", backbone=title)
    tell("phase", phase="download", text=text)
    try:
        file = weights.download(name, _Counter(tell), (folder / STOP).exists)
    except UserError as error:
        if error.code == "stopped":
            tell("cancelled")
        else:
            tell("failed", code=error.code, message=error.message, hint=error.hint)
        raise
    except KeyboardInterrupt:
        tell("cancelled")
        raise
    tell("finished")
    return file


class _Counter:
    """Tells bytes and the time left, some times a second."""

    def __init__(self, tell: Callable[..., None]) -> None:
        self._tell = tell
        self._told_at = 0.0
        self._began: tuple[float, int] | None = None

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if self._began is None:
            self._began = now, done
        if now - self._told_at < TELL_EVERY_S and done < total:
            return
        self._told_at = now
        since, before = self._began
        left = (total - done) * (now - since) / (done - before) if done > before else None
        self._tell(
            "progress", phase="download", done=done, total=total, unit="bytes", seconds_left=left
        )
