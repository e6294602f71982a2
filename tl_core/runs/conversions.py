"""Frozen parts made fast before they are wanted: converted while a person still chooses.

One process at a time, at the lowest priority, and only while nothing trains. What a person started
meanwhile joins the conversion that is under way (`trunk.joined`) or finds it done.
"""

import json
import os
import shutil
import traceback
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Literal

import psutil

from tl_core import settings
from tl_core.config import TrainConfig
from tl_core.data.datasets import Dataset
from tl_core.models import catalogue, weights
from tl_core.runs import dispatcher, machine, store
from tl_core.training import plan, trunk
from tl_core.training.job import resolve
from tl_core.training.trunk import Trunk

Status = Literal["ready", "working", "waiting", "not-needed", "failed"]

REQUEST, PID, FAILED = "trunk.json", "pid", "failed"
KEPT = 20
NICENESS = 10
FREE_BYTES = 2 * 1024**3
"""Working memory that conversion may need; with less it is left to the run."""


def prepare(dataset: Dataset, config: TrainConfig) -> Status:
    """Begin to convert what a training of `config` will freeze, once; cheap to ask again.

    Args:
        dataset: what would be trained on; for few pictures conversion does not pay.
        config: backbone, depth, size and pooling decide what is frozen.

    Returns:
        "ready" when there is nothing left to convert, "working" while a process is at it,
        "waiting" while something else trains or converts, "not-needed" where the run is quicker
        without or the weights are not here, "failed" when it was tried in vain.

    Raises:
        UserError: "backbone", "picture-size" or "freeze-depth".
    """
    job = plan.keeping(resolve(dataset, config))
    if job.trunk is None or trunk.converted(job.trunk, use=False):
        return "ready"
    folder = folder_of(job.trunk.key)
    if _is_working(folder):
        return "working"
    if (folder / FAILED).exists():
        return "failed"
    is_here = catalogue.get(config.backbone).embedded or weights.present(config.backbone)
    if not is_here or machine.device().kind == "gpu" or not plan.converts(job):
        return "not-needed"
    if _is_busy() or psutil.virtual_memory().available < FREE_BYTES:
        return "waiting"
    _begin(folder, job.trunk)
    return "working"


def folder_of(key: str) -> Path:
    """Return the folder of a conversion, which need not exist."""
    return settings.current().home / "conversions" / key


def main(key: str) -> int:
    """Convert, in a process of its own: `python -m tl_core convert KEY`."""
    folder = folder_of(key)
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    frozen = Trunk(**json.loads((folder / REQUEST).read_text("utf-8")))
    try:
        with trunk.preparing(frozen):
            from tl_core.training import network

            network.convert_again(frozen)
    except Exception:  # noqa: BLE001 - the outer edge: in the log; the run tells a person what is wrong
        traceback.print_exc()
        (folder / FAILED).touch()
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def _begin(folder: Path, frozen: Trunk) -> None:
    _forget_old(folder.parent)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / REQUEST).write_text(json.dumps(asdict(frozen)), encoding="utf-8")
    pid = dispatcher.ENGINE.submit("convert", frozen.key, folder, {})
    # A conversion that was quicker has removed its folder.
    with suppress(FileNotFoundError):
        (folder / PID).write_text(str(pid))


def _is_busy() -> bool:
    at_work = any(_is_working(folder) for folder in _folders())
    return at_work or bool(store.undone_runs()) or bool(store.importing_datasets())


def _is_working(folder: Path) -> bool:
    try:
        pid = int((folder / PID).read_text())
    except (OSError, ValueError):
        return False
    return dispatcher.ENGINE.alive(pid, folder.name)


def _folders() -> Iterator[Path]:
    parent = settings.current().home / "conversions"
    return parent.iterdir() if parent.is_dir() else iter(())


def _forget_old(parent: Path) -> None:
    if parent.is_dir():
        by_age = sorted(parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in by_age[KEPT:]:
            shutil.rmtree(old, ignore_errors=True)
