"""Unfinished work of the first edition, which kept some of it in files and guessed from them.

A paused run was a stopped one without numbers whose folder held the wish to pause. Other work than
trainings and imports had no rows: a file that names a process, or one that wants something done.
"""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from tl_core.base import ids, settings
from tl_core.signals import stopping

PID = "pid"
Found = tuple[str, str, dict[str, Any], str, Path]
"""Kind, subject, arguments, status and the file that told it."""


def take_over(connection: Connection) -> None:
    """Make states and jobs of what the files tell; whatever names no living process is seen to later."""
    _pauses(connection)
    tables = ("projects", "datasets", "runs")
    everything = " UNION ALL ".join(f"SELECT id, owner FROM {name}" for name in tables)  # noqa: S608
    owners = {row.id: row.owner for row in connection.execute(text(everything))}
    if not owners:  # a store that has just been made
        return
    # Wanted anew in the moment that it was taken up, a report was wanted and taken at once.
    left = list({found[:2]: found for found in reversed(list(_left_in_files()))}.values())
    for kind, subject, arguments, status, file in left:
        about = next((name for name in re.findall(ids.ID, subject) if name in owners), None)
        usual = settings.current().owner
        connection.execute(
            text(
                "INSERT INTO jobs (id, kind, subject, owner, status, arguments, handle, restarts,"
                " asked_at, claimed_at) VALUES (:id, :kind, :subject, :owner, :status, :arguments,"
                " :handle, 0, :asked_at, :claimed_at)"
            ),
            {
                "id": f"{kind}:{subject}",
                "kind": kind,
                "subject": subject,
                "owner": owners.get(about or "", usual),
                "status": status,
                "arguments": json.dumps(arguments),
                "handle": None if status == "queued" else f"{_number(file)}/{subject}",
                "asked_at": _time_of(file),
                "claimed_at": None if status == "queued" else _time_of(file),
            },
        )
    for *_, file in left:
        if file.name in ("wanted", "taken"):
            file.unlink(missing_ok=True)


def _pauses(connection: Connection) -> None:
    stopped = connection.execute(
        text(
            "SELECT runs.id FROM runs JOIN jobs ON jobs.id = 'train:' || runs.id"
            " WHERE jobs.status = 'cancelled' AND runs.metrics IS NULL"
        )
    )
    for run_id in stopped.scalars().all():
        if ids.ID.fullmatch(run_id) and stopping.is_to_pause(ids.run_folder(run_id)):
            connection.execute(
                text("UPDATE jobs SET status = 'paused' WHERE id = :id"), {"id": f"train:{run_id}"}
            )


def _left_in_files() -> Iterator[Found]:
    """Give the work that files tell of; what has ended meanwhile tells that in its events."""
    home = settings.current().home
    for file in home.glob("datasets/*/quality/wanted"):
        yield from _of_dataset(file, "queued")
    for file in home.glob("datasets/*/quality/taken"):
        yield from _of_dataset(file, "running")
    for file in home.glob(f"rates/*/{PID}"):
        about, config = _read(file.parent / "run.json"), _read(file.parent / "config.json")
        asked = {"dataset": about.get("dataset", ""), "config": config}
        yield "find_rate", file.parent.name, asked, "running", file
    for file in home.glob(f"ahead/*/{PID}"):
        yield "prepare", file.parent.name, _read(file.parent / "request.json"), "running", file
    for file in home.glob(f"weights/fetching/*/{PID}"):
        yield "fetch", file.parent.name, {}, "running", file
    for file in home.glob(f"runs/*/answers/*/{PID}"):
        yield "answer", file.parent.name, {}, "running", file
    for file in (*home.glob("runs/*/exports/*.pid"), *home.glob("projects/*/exports/*.pid")):
        yield "pack", f"{file.parents[1].name}-{file.stem}", {}, "running", file


def _of_dataset(file: Path, status: str) -> Iterator[Found]:
    identifier = file.parents[1].name
    if ids.ID.fullmatch(identifier):
        yield "inspect", identifier, {}, status, file


def _number(file: Path) -> int:
    try:
        return int(file.read_text("ascii").strip() or 0)
    except (OSError, ValueError):
        return 0


def _time_of(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return time.time()


def _read(file: Path) -> dict[str, Any]:
    try:
        read = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}
