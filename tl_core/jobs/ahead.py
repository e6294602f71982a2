"""What pages ask of the preparation of a training while a person still chooses; see `kinds.preparation`."""

import hashlib
import json
import shutil
import time
from dataclasses import asdict
from pathlib import Path
from typing import Literal

from tl_core.backbones import catalogue, weights
from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.encoding import cache, trunk
from tl_core.encoding.job import Job, resolve
from tl_core.jobs import looking_through, queue, watch
from tl_core.jobs.kinds import preparation
from tl_core.jobs.kinds.preparation import PREPARE, PrepareArguments
from tl_core.methods import registry
from tl_core.pricing import costs, job_price, storage
from tl_core.pricing.stock import Stock
from tl_core.store import job_rows
from tl_core.store.rows import JobRow

Status = Literal["ready", "converting", "reading", "waiting", "not-needed", "failed"]

KEPT = 20
AGAIN_AFTER_S = 600.0
"""What failed is tried again after so long: a full disk or a busy machine may be well by then."""
FEW = 64
"""Pictures that a run decodes sooner than a process starts."""


def prepare(dataset: Dataset, config: TrainConfig) -> Status:
    """Begin to make what a training of `config` will need, once; cheap to ask again.

    Args:
        dataset: what would be trained on; for few pictures nothing of it pays.
        config: backbone, depth, size and pooling decide what is frozen and what it sees.

    Returns:
        "ready" when there is nothing left to make, "converting" or "reading" while a process is at
        it, "waiting" while something else trains or is made, "not-needed" where the run is quicker
        without or the weights are not here, "failed" when it was tried in vain a moment ago.

    Raises:
        UserError: "backbone", "picture-size" or "freeze-depth".
    """
    stock, config = Stock(), registry.settled(config)
    job = storage.keeping(resolve(dataset, config), stock=stock)
    is_needed = registry.of(config).is_pretrained
    if is_needed and not (
        catalogue.get(config.network.backbone).embedded or weights.present(config.network.backbone)
    ):
        return "not-needed"
    converting = _convert(job, stock)
    if converting not in ("ready", "not-needed"):
        return converting
    reading = _read(job, stock)
    return converting if reading == "ready" else reading


def folder_of(key: str) -> Path:
    """Return the folder of one thing to make, which need not exist."""
    return preparation.folder(key)


def _convert(job: Job, stock: Stock) -> Status:
    if job.trunk is None or trunk.converted(job.trunk, use=False):
        return "ready"
    if not job_price.converts(job, stock=stock):
        return "not-needed"
    return _make(job.trunk.key, PrepareArguments(trunk=asdict(job.trunk)), "converting")


def _read(job: Job, stock: Stock) -> Status:
    """Begin to decode where rows are still to be added and there is room for what is decoded."""
    if stock.rows(job)[0] == 0:
        return "ready"
    asked = {"dataset": job.dataset.id, "size_px": job.size, "resize": job.entry.fit}
    key = hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:32]
    if watch.state(PREPARE, key).status == "running":
        return "reading"
    missing = round(len(job.dataset) * (1 - stock.decoded_share(job)))
    needed = missing * costs.decoded_bytes(job) + stock.missing_bytes(job)
    if missing < FEW or needed > cache.spare_bytes():
        return "ready"
    if looking_through.state(job.dataset.id).status in ("waiting", "working"):
        return "waiting"  # it decodes too
    return _make(key, PrepareArguments(pictures=asked), "reading")


def _make(key: str, asked: PrepareArguments, doing: Status) -> Status:
    """Want what `asked` says to be made, unless it just failed; say whether it is at work or waits."""
    found = watch.state(PREPARE, key)
    if found.status == "failed" and not _is_long_ago(found.job):
        return "failed"
    if found.status != "running":
        _forget_others(key)
        _forget_old(folder_of(key).parent)
        queue.ask(PREPARE, key, asked)
        watch.take_up(PREPARE)
        found = watch.state(PREPARE, key)
    return doing if found.status in ("running", "finished") else "waiting"


def _is_long_ago(job: JobRow | None) -> bool:
    ended_at = None if job is None else job.finished_at
    return ended_at is not None and time.time() - ended_at > AGAIN_AFTER_S


def _forget_others(key: str) -> None:
    """Let what waits go: a person chooses something else now."""
    for job in job_rows.jobs(PREPARE.name, ("queued",)):
        if job.subject != key:
            job_rows.move(PREPARE.name, job.subject, "cancelled", only_from=("queued",))


def _forget_old(parent: Path) -> None:
    if parent.is_dir():
        by_age = sorted(parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in by_age[KEPT:]:
            shutil.rmtree(old, ignore_errors=True)
