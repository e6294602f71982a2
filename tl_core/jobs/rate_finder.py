"""Finds a learning rate in a process of its own, for one data set with one choice of settings.

Its folder, named by what was asked, is like a run's: settings, events, a heartbeat of its own pid.
What was found once is there at once when it is asked for again.
"""

import hashlib
import json
import os
import shutil
import traceback
from dataclasses import asdict
from pathlib import Path

from tl_core.base import locks, settings
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.config import TrainConfig
from tl_core.jobs import dispatcher
from tl_core.jobs.dispatcher import PID
from tl_core.measures import metrics
from tl_core.signals import events, progress, stopping
from tl_core.signals.progress import RunView
from tl_core.store import store
from tl_core.training import pipeline
from tl_core.training.rates import Sweep

KEPT = 20
WITHOUT_EFFECT = (
    *("learning_rate", "epochs", "patience", "schedule", "warmup"),
    *("plateau_patience", "plateau_factor", "thaw_every", "mixup"),
)
"""Settings that the search does not look at: changing them needs no new one."""


def start(dataset_id: str, config: TrainConfig) -> str:
    """Begin to search unless that is under way or was done; return the key to ask by.

    Raises:
        UserError: "unknown" data set, "dataset-not-ready".
    """
    row = store.dataset(dataset_id)
    if row.status != "ready":
        raise UserError("dataset-not-ready", "The pictures are not ready yet.", "Wait a moment.")
    key = key_of(dataset_id, config)
    folder = folder_of(key)
    if is_working(key) or "finished" in _ending(key):
        return key
    shutil.rmtree(folder, ignore_errors=True)
    _forget_old(folder.parent)
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(_plain(config).model_dump_json(), encoding="utf-8")
    (folder / "run.json").write_text(json.dumps({"dataset": dataset_id}), encoding="utf-8")
    pid = dispatcher.ENGINE.submit("sweep", key, folder, {"GRAFT_OWNER": row.owner})
    (folder / PID).write_text(str(pid))
    return key


def key_of(dataset_id: str, config: TrainConfig) -> str:
    """Return what names a search: the data set and every setting that matters to it."""
    asked = f"{dataset_id} {_plain(config).model_dump_json()}"
    return hashlib.sha256(asked.encode()).hexdigest()[:24]


def folder_of(key: str) -> Path:
    """Return the folder of a search, which need not exist."""
    return settings.current().home / "rates" / key


def is_working(key: str) -> bool:
    """Say whether the search goes on."""
    return dispatcher.is_at_work(folder_of(key))


def stop(key: str) -> None:
    """Ask the search to end."""
    stopping.ask(folder_of(key))


def view(key: str) -> RunView:
    """Return where the search stands."""
    return progress.state(folder_of(key))


def found(key: str) -> Sweep | None:
    """Return what was found, None when nothing was asked for or the search goes on.

    Raises:
        UserError: why the search did not succeed.
    """
    if not folder_of(key).exists() or is_working(key):
        return None
    told = _ending(key)
    if "finished" in told:
        return Sweep(tuple(told["finished"]["rates"]), tuple(told["finished"]["losses"]))
    if "failed" in told:
        raise UserError(**told["failed"])
    raise UserError(
        "process-ended",
        "The search ended without a word; most often the machine ran out of memory.",
        "Try smaller pictures, a smaller batch or fewer stages.",
    )


def main(key: str) -> int:
    """Search, in a process of its own: `python -m tl_core sweep KEY`."""
    folder = folder_of(key)
    lock = locks.one_writer(folder)
    try:
        with events.Writer(folder) as writer:
            return _search(folder, writer)
    finally:
        lock.release()


def _search(folder: Path, writer: events.Writer) -> int:
    writer.emit("started", pid=os.getpid())
    try:
        swept = pipeline.find_rate(folder, writer.emit, metrics)
    except UserError as error:
        writer.emit("failed", code=error.code, message=error.message, hint=error.hint)
        return 1
    except Exception as error:  # noqa: BLE001 - the outer edge: told, with its traceback in the log
        traceback.print_exc()
        writer.emit(
            "failed",
            code="bug",
            message=Said("Something went wrong inside Graft: {kind}.", kind=type(error).__name__),
            hint="The log has the details; please report them.",
        )
        return 1
    writer.emit("finished", metrics=asdict(swept) | {"suggested": swept.suggested})
    return 0


def _plain(config: TrainConfig) -> TrainConfig:
    usual = TrainConfig()
    return config.model_copy(update={name: getattr(usual, name) for name in WITHOUT_EFFECT})


def _ending(key: str) -> dict[str, dict]:
    """Return the end that the events tell, by its kind; nothing while there is none."""
    ending = view(key).ending
    if ending is None:
        return {}
    if ending["event"] == "finished":
        return {"finished": ending["metrics"]}
    return {"failed": {part: ending.get(part, "") for part in ("code", "message", "hint")}}


def _forget_old(parent: Path) -> None:
    """Keep the newest searches; each is some kilobytes and soon forgotten."""
    if parent.is_dir():
        by_age = sorted(parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in by_age[KEPT:]:
            shutil.rmtree(old, ignore_errors=True)
