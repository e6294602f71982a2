"""What a training will need, made while a person still chooses: the frozen part converted, pictures decoded.

One process at a time, at the lowest priority, and only while nothing trains. What a person started
meanwhile joins the conversion that is under way (`trunk.joined`) or finds it done; pictures that
were decoded by then need not be decoded again.
"""

import hashlib
import json
import shutil
import traceback
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import psutil

from tl_core.backbones import catalogue, weights
from tl_core.base import settings
from tl_core.config import TrainConfig
from tl_core.datasets import manifest
from tl_core.datasets.manifest import Dataset
from tl_core.encoding import cache, trunk
from tl_core.encoding.job import Job, resolve
from tl_core.encoding.pixels import PixelReader
from tl_core.encoding.trunk import Trunk
from tl_core.jobs import dispatcher, inspections
from tl_core.jobs.dispatcher import PID
from tl_core.modalities.picture.resize import Mode
from tl_core.pricing import plan
from tl_core.store import store

Status = Literal["ready", "converting", "reading", "waiting", "not-needed", "failed"]

REQUEST, FAILED = "request.json", "failed"
KEPT = 20
FREE_BYTES = 2 * 1024**3
"""Working memory that conversion may need; with less it is left to the run."""
FEW = 64
"""Pictures that a run decodes sooner than a process starts."""
READ_AT_ONCE = 64


def prepare(dataset: Dataset, config: TrainConfig) -> Status:
    """Begin to make what a training of `config` will need, once; cheap to ask again.

    Args:
        dataset: what would be trained on; for few pictures nothing of it pays.
        config: backbone, depth, size and pooling decide what is frozen and what it sees.

    Returns:
        "ready" when there is nothing left to make, "converting" or "reading" while a process is at
        it, "waiting" while something else trains or is made, "not-needed" where the run is quicker
        without or the weights are not here, "failed" when it was tried in vain.

    Raises:
        UserError: "backbone", "picture-size" or "freeze-depth".
    """
    stock = plan.Stock()
    job = plan.keeping(resolve(dataset, config), stock=stock)
    if not (catalogue.get(config.backbone).embedded or weights.present(config.backbone)):
        return "not-needed"
    converting = _convert(job, stock)
    if converting not in ("ready", "not-needed"):
        return converting
    reading = _read(job, stock)
    return converting if reading == "ready" else reading


def folder_of(key: str) -> Path:
    """Return the folder of one thing to make, which need not exist."""
    return settings.current().home / "ahead" / key


def is_waited_for(key: str) -> bool:
    """Say whether a run waits for this, should one begin meanwhile: for a frozen part, not for pixels."""
    return "trunk" in json.loads((folder_of(key) / REQUEST).read_text("utf-8"))


def main(key: str) -> int:
    """Make one thing, in a process of its own: `python -m tl_core ahead KEY`."""
    folder = folder_of(key)
    asked = json.loads((folder / REQUEST).read_text("utf-8"))
    try:
        if "trunk" in asked:
            convert(Trunk(**asked["trunk"]))
        else:
            read(**asked["pictures"])
    except Exception:  # noqa: BLE001 - the outer edge: in the log; the run tells a person what is wrong
        traceback.print_exc()
        (folder / FAILED).touch()
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def convert(frozen: Trunk) -> None:
    """Convert a frozen part; runs that want it wait for it meanwhile (imports TensorFlow).

    At the priority of a run, therefore: else a run would stand behind all that others do.
    """
    with trunk.preparing(frozen):
        from tl_core.training import network

        network.convert_again(frozen)


def read(dataset: str, size_px: int, resize: Mode) -> None:
    """Decode pictures of a data set and keep their pixels, until something is to be trained.

    Args:
        dataset: its id.
        size_px: side of the square that the network sees.
        resize: how a picture becomes square.
    """
    reader = PixelReader(size_px, resize)
    hashes = list(dict.fromkeys(map(str, manifest.load(dataset).hashes)))
    for start in range(0, len(hashes), READ_AT_ONCE):
        if store.undone_runs():
            break
        reader.read_ahead(hashes[start : start + READ_AT_ONCE])
    reader.flush()


def _convert(job: Job, stock: plan.Stock) -> Status:
    if job.trunk is None or trunk.converted(job.trunk, use=False):
        return "ready"
    if not plan.converts(job, stock=stock):
        return "not-needed"
    return _make(job.trunk.key, {"trunk": asdict(job.trunk)}, "converting", FREE_BYTES)


def _read(job: Job, stock: plan.Stock) -> Status:
    """Begin to decode where rows or pixels are still to be added and there is room for pixels."""
    if stock.rows(job)[0] == 0:
        return "ready"
    asked = {"dataset": job.dataset.id, "size_px": job.size_px, "resize": job.config.resize}
    key = hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:32]
    if dispatcher.is_at_work(folder_of(key)):
        return "reading"
    missing = round(len(job.dataset) * (1 - stock.decoded_share(job)))
    needed = missing * 3 * job.size_px**2 + stock.missing_bytes(job)
    if missing < FEW or needed > cache.spare_bytes():
        return "ready"
    if inspections.state(job.dataset.id).status in ("waiting", "working"):
        return "waiting"  # it decodes too
    return _make(key, {"pictures": asked}, "reading")


def _make(key: str, request: dict[str, Any], doing: Status, memory_bytes: int = 0) -> Status:
    """Start the process that makes what `request` says, unless it is at work, failed or must wait."""
    folder = folder_of(key)
    if dispatcher.is_at_work(folder):
        return doing
    if (folder / FAILED).exists():
        return "failed"
    if _is_busy() or psutil.virtual_memory().available < memory_bytes:
        return "waiting"
    _forget_old(folder.parent)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / REQUEST).write_text(json.dumps(request), encoding="utf-8")
    pid = dispatcher.ENGINE.submit("ahead", key, folder, {})
    # What was made quicker than that has removed its folder.
    with suppress(FileNotFoundError):
        (folder / PID).write_text(str(pid))
    return doing


def _is_busy() -> bool:
    at_work = any(dispatcher.is_at_work(folder) for folder in _folders())
    return at_work or bool(store.undone_runs()) or bool(store.importing_datasets())


def _folders() -> Iterator[Path]:
    parent = settings.current().home / "ahead"
    return parent.iterdir() if parent.is_dir() else iter(())


def _forget_old(parent: Path) -> None:
    if parent.is_dir():
        by_age = sorted(parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in by_age[KEPT:]:
            shutil.rmtree(old, ignore_errors=True)
