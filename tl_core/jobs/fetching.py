"""What pages and commands ask of the fetching of weights; see `kinds.fetching`."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tl_core.backbones import catalogue, weights
from tl_core.base.errors import UserError
from tl_core.jobs import queue, watch, work
from tl_core.jobs.kinds import fetching as kinds_fetching
from tl_core.jobs.kinds.fetching import FETCH, FetchArguments
from tl_core.signals import progress, stopping
from tl_core.signals.progress import RunView

TOLD_FOR_S = 3600.0
LOOK_EVERY_S = 0.1


def start(name: str) -> None:
    """Begin to fetch the weights of `name` in the background, unless that is under way.

    Raises:
        UserError: "backbone".
    """
    catalogue.get(name)
    queue.ask(FETCH, name, FetchArguments())
    watch.take_up(FETCH)


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
    queue.ask(FETCH, name, FetchArguments())
    work.here(FETCH, name, told)
    while is_working(name):  # somebody else was quicker to take it up
        time.sleep(LOOK_EVERY_S)
    if (failed := failure(name)) is not None:
        raise failed
    return weights.locate(name)


def is_working(name: str) -> bool:
    """Say whether the weights of `name` are being fetched."""
    return watch.state(FETCH, name).is_under_way


def stop(name: str) -> None:
    """Ask to end; what has arrived is kept."""
    watch.stop(FETCH, name)


def is_stopping(name: str) -> bool:
    """Say whether the download was asked to end."""
    return stopping.is_asked(folder_of(name))


def view(name: str) -> RunView:
    """Return where the last download of `name` stands."""
    return progress.state(folder_of(name))


def failure(name: str) -> UserError | None:
    """Return why the last download did not succeed; None if it did, was stopped or goes on.

    What failed longer ago than `TOLD_FOR_S` is not told any more.
    """
    found = watch.state(FETCH, name)
    ended_at = None if found.job is None else found.job.finished_at
    if ended_at is None or time.time() - ended_at > TOLD_FOR_S or weights.present(name):
        return None
    return found.error if found.status == "failed" else None


def kept_bytes(name: str) -> int:
    """Return how much of the file lies here from a download that did not come to its end."""
    try:
        return weights.partial_file(name).stat().st_size
    except FileNotFoundError:
        return 0


def folder_of(name: str) -> Path:
    """Return where a download of `name` tells about itself; it need not exist."""
    return kinds_fetching.folder(name)
