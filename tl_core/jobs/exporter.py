"""What pages ask of the packing of a run's model or a project; see `kinds.packing`."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tl_core.export import project_file
from tl_core.jobs import queue, watch
from tl_core.jobs.kinds.packing import PACK, PackArguments, exports

Kind = Literal["keras", "bundle", "project"]
"""What is packed: a model for other programs, one for Graft, or a whole project for Graft."""


@dataclass(frozen=True, slots=True)
class Package:
    """A file ready to be handed over.

    Attributes:
        file: where it lies.
        certificate: how closely it agrees with the app; None for a kind that is not checked.
        model: the bare model beside it, for a kind that is more than that.
        left_out: runs of a project whose files are missing or damaged.
    """

    file: Path
    certificate: dict[str, Any] | None
    model: Path | None = None
    left_out: int = 0


def start(identifier: str, kind: Kind) -> None:
    """Begin to pack, unless that is under way."""
    queue.ask(PACK, _subject(identifier, kind), PackArguments())
    watch.tick()


def is_working(identifier: str, kind: Kind) -> bool:
    """Say whether this is being packed, or waits for its turn."""
    return watch.state(PACK, _subject(identifier, kind)).is_under_way


def is_waiting(identifier: str, kind: Kind) -> bool:
    """Say whether it waits until another one is packed."""
    return watch.state(PACK, _subject(identifier, kind)).status == "queued"


def seconds_at_work(identifier: str, kind: Kind) -> float:
    """Return how long ago it was begun."""
    job = watch.state(PACK, _subject(identifier, kind)).job
    return 0.0 if job is None or job.claimed_at is None else time.time() - job.claimed_at


def packed_bytes(identifier: str) -> int:
    """Return how much of a project's file is written."""
    unfinished = f"{project_file.WORK_PREFIX}*/{project_file.UNFINISHED}"
    made = exports(identifier, "project").glob(unfinished)
    try:
        return sum(path.stat().st_size for path in made)
    except OSError:  # it has just been put into its place
        return 0


def made(identifier: str, kind: Kind) -> Package | None:
    """Return what was packed, None if nothing was yet.

    Raises:
        UserError: why packing did not succeed.
    """
    found = watch.state(PACK, _subject(identifier, kind))
    if found.is_under_way:
        return None
    told = _told(exports(identifier, kind) / f"{kind}.json")
    if told and Path(told.get("file", "")).is_file():
        model = Path(told.get("model", ""))
        return Package(
            Path(told["file"]),
            told.get("certificate"),
            model if model.is_file() else None,
            told.get("left_out", 0),
        )
    if found.error is not None:
        raise found.error
    return None


def _subject(identifier: str, kind: Kind) -> str:
    return f"{identifier}-{kind}"


def _told(path: Path) -> dict[str, Any]:
    """Return what is known of a package; a child of the first edition told more before its last line."""
    try:
        lines = path.read_text("utf-8").splitlines()
        told = json.loads(lines[-1]) if lines else {}
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) and "file" in told else {}
