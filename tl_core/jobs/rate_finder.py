"""What pages and commands ask of the search for a learning rate; see `kinds.rate_search`."""

import hashlib
import shutil
from pathlib import Path

from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.config.effects import for_one_pass
from tl_core.jobs import queue, watch
from tl_core.jobs.kinds import rate_search
from tl_core.jobs.kinds.rate_search import FIND_RATE, SearchArguments
from tl_core.methods import registry
from tl_core.signals import progress
from tl_core.signals.progress import RunView
from tl_core.store import store
from tl_core.training.rates import Sweep

KEPT = 20


def start(dataset_id: str, config: TrainConfig) -> str:
    """Begin to search unless that is under way or was done; return the key to ask by.

    Raises:
        UserError: "unknown" data set, "dataset-not-ready".
    """
    row = store.dataset(dataset_id)
    if row.status != "ready":
        raise UserError("dataset-not-ready", "The pictures are not ready yet.", "Wait a moment.")
    config = registry.settled(config)
    key = key_of(dataset_id, config)
    if "finished" in _ending(key):
        return key
    _forget_old(folder_of(key).parent)
    asked = SearchArguments(dataset=dataset_id, config=for_one_pass(config).model_dump(mode="json"))
    queue.ask(FIND_RATE, key, asked, owner=row.owner)
    watch.take_up(FIND_RATE)
    return key


def key_of(dataset_id: str, config: TrainConfig) -> str:
    """Return what names a search: the data set and every setting that matters to it."""
    config = registry.settled(config)
    asked = f"{dataset_id} {for_one_pass(config).model_dump_json()}"
    return hashlib.sha256(asked.encode()).hexdigest()[:24]


def folder_of(key: str) -> Path:
    """Return the folder of a search, which need not exist."""
    return rate_search.folder(key)


def is_working(key: str) -> bool:
    """Say whether the search goes on, or waits for its turn."""
    return watch.state(FIND_RATE, key).is_under_way


def stop(key: str) -> None:
    """Ask the search to end."""
    watch.stop(FIND_RATE, key)


def view(key: str) -> RunView:
    """Return where the search stands."""
    return progress.state(folder_of(key))


def found(key: str) -> Sweep | None:
    """Return what was found, None when nothing was asked for, the search goes on or was stopped.

    Raises:
        UserError: why the search did not succeed.
    """
    if not folder_of(key).exists() or is_working(key):
        return None
    told = _ending(key)
    if "finished" in told:
        return Sweep(tuple(told["finished"]["rates"]), tuple(told["finished"]["losses"]))
    stands = watch.state(FIND_RATE, key)
    if stands.status == "cancelled":
        return None
    if "failed" in told:
        raise UserError(**told["failed"])
    if stands.error is not None:
        raise stands.error
    return None


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
