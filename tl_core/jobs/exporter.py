"""Packs a run's model or a project for download in a child process, found again by who asks later.

The folder `exports/` of the run or project tells everything: `KIND.pid` while the child works, `KIND.json`
with what came of it. The child is the command line's `export`, so page and command line give
the same file.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psutil

from tl_core.base import ids
from tl_core.base.environment import passed_on
from tl_core.base.errors import UserError
from tl_core.export import project_file
from tl_core.jobs.engines.local import ROOT

Kind = Literal["keras", "bundle", "project"]
"""What is packed: a model for other programs, one for Graft, or a whole project for Graft."""
TOLD_BYTES = 4000


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
    if is_working(identifier, kind):
        return
    folder = _folder(identifier, kind)
    folder.mkdir(parents=True, exist_ok=True)
    result = folder / f"{kind}.json"
    result.unlink(missing_ok=True)
    if kind == "project":  # what was packed before may be large, and is no longer what there is
        for earlier in folder.glob("*.graft"):
            earlier.unlink()
        for earlier in folder.glob(f"{project_file.WORK_PREFIX}*"):  # of a child that was killed
            shutil.rmtree(earlier, ignore_errors=True)
    command = [sys.executable, "-m", "tl_core", "export", identifier, "--format", kind]
    with (folder / f"{kind}.part").open("wb") as out, (folder / f"{kind}.log").open("wb") as log:
        child = subprocess.Popen(
            [*command, "--out", str(folder), "--json"],
            cwd=ROOT,
            env=passed_on(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=log,
            start_new_session=True,
        )
    (folder / f"{kind}.pid").write_text(str(child.pid))
    threading.Thread(target=_finish, args=(child, folder, kind), daemon=True).start()


def is_working(identifier: str, kind: Kind) -> bool:
    """Say whether a child packs this now."""
    try:
        pid = int((_folder(identifier, kind) / f"{kind}.pid").read_text())
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and identifier in process.cmdline()
    except (OSError, ValueError, psutil.Error):
        return False


def is_waiting(identifier: str, kind: Kind) -> bool:
    """Say whether the child waits until another one has packed, which is then the last it told."""
    return _last(_folder(identifier, kind) / f"{kind}.part").get("event") == "waiting"


def seconds_at_work(identifier: str, kind: Kind) -> float:
    """Return how long ago the child was started."""
    try:
        return time.time() - (_folder(identifier, kind) / f"{kind}.pid").stat().st_mtime
    except FileNotFoundError:
        return 0.0


def packed_bytes(identifier: str) -> int:
    """Return how much of a project's file is written."""
    unfinished = f"{project_file.WORK_PREFIX}*/{project_file.UNFINISHED}"
    made = _folder(identifier, "project").glob(unfinished)
    try:
        return sum(path.stat().st_size for path in made)
    except OSError:  # it has just been put into its place
        return 0


def made(identifier: str, kind: Kind) -> Package | None:
    """Return what was packed, None if nothing was yet.

    Raises:
        UserError: why packing did not succeed.
    """
    folder = _folder(identifier, kind)
    if is_working(identifier, kind):
        return None
    told = _told(folder / f"{kind}.json") or _told(folder / f"{kind}.part")
    if told and Path(told.get("file", "")).is_file():
        model = Path(told.get("model", ""))
        return Package(
            Path(told["file"]),
            told.get("certificate"),
            model if model.is_file() else None,
            told.get("left_out", 0),
        )
    if (folder / f"{kind}.pid").exists():
        raise _failure(folder / f"{kind}.log")
    return None


def forget(identifier: str, kind: Kind) -> None:
    """Forget an attempt, so that another one may begin."""
    for ending in ("pid", "json", "part"):
        (_folder(identifier, kind) / f"{kind}.{ending}").unlink(missing_ok=True)


def _folder(identifier: str, kind: Kind) -> Path:
    whole = ids.project_folder if kind == "project" else ids.run_folder
    return whole(identifier) / "exports"


def _finish(child: subprocess.Popen[bytes], folder: Path, kind: Kind) -> None:
    """Wait for the child, so that it does not stay in the process table."""
    child.wait()
    part = folder / f"{kind}.part"
    if _told(part):
        part.replace(folder / f"{kind}.json")
        (folder / f"{kind}.pid").unlink(missing_ok=True)


def _told(path: Path) -> dict[str, Any]:
    """Return the result, which is the last line of what the child told."""
    told = _last(path)
    return told if "file" in told else {}


def _last(path: Path) -> dict[str, Any]:
    try:
        lines = path.read_text("utf-8").splitlines()
        told = json.loads(lines[-1]) if lines else {}
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _failure(log: Path) -> UserError:
    """Return the error that the child told people: "error [CODE]: MESSAGE", then a hint."""
    text = log.read_bytes()[-TOLD_BYTES:].decode("utf-8", "replace") if log.exists() else ""
    _, found, rest = text.rpartition("error [")
    code, is_told, message = rest.partition("]: ")
    if not found or not is_told:
        return UserError(
            "export-failed",
            "Packing did not come to its end; most often memory ran out.",
            "Close what else takes memory and try again. If it happens again, the log in {folder} has the details.",
            folder=log.parent,
        )
    lines = message.strip().splitlines()
    return UserError(code, lines[0], " ".join(line.strip() for line in lines[1:]))
