"""The price, before Start: what is encoded, kept and trained at every freeze depth, and how long it takes.

A cost model in floating-point operations (`costs`), with the speed of this machine in front and a
correction learnt from every run behind. Numbers only; imports no TensorFlow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import psutil

from tl_core.backbones import stages
from tl_core.base import accelerator
from tl_core.base.errors import UserError
from tl_core.base.said import Said, counted
from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TRAIN
from tl_core.encoding import cache, encode, pixels
from tl_core.encoding.job import Job, Keeps, resolve
from tl_core.methods import registry
from tl_core.methods.inputs import examples
from tl_core.pricing import calibration, costs
from tl_core.pricing.calibration import Calibration
from tl_core.pricing.costs import Encoding

MOST_EPOCHS = 100
"""More are not suggested, however much time there is: validation has stopped improving by then."""


Why = Literal["once", "whole", "quicker", "no-room"]
"""Why something is kept of each picture: it is encoded only once; nothing is frozen; that is quicker than
reading all that leaves the frozen part; or there is no room for that."""


@dataclass(frozen=True, slots=True)
class Price:
    """What one freeze depth costs.

    Attributes:
        trainable_stages: the depth.
        keeps: rows, or pixels or nothing where the frozen part runs again in every epoch.
        why: the reason for that.
        room_bytes: what the cache may take at most.
        half: a GPU computes the rows in half precision.
        pictures: pictures and changed copies still to encode.
        cached: those known already.
        cache_bytes: what will be kept on disk for them.
        import_s: for libraries to load; 0 where a process has them loaded.
        load_s: to build the network and read its weights; 0 where a head is all there is to build.
        convert_s: to convert the frozen part; 0 when it was done before.
        encode_s: to encode what is missing.
        closed_form_s: to solve for the best linear head on the features of the last map.
        trace_s: before the first epoch, for the computation to be put together.
        epoch_s: for one epoch.
        evaluate_s: to judge the model.
        save_s: to keep it.
        trainable_parameters: head and trained stages.
        memory_bytes: of the worker, without the memory-mapped cache.
    """

    trainable_stages: int
    keeps: Keeps
    why: Why
    room_bytes: int
    half: bool
    pictures: int
    cached: int
    cache_bytes: int
    import_s: float
    load_s: float
    convert_s: float
    encode_s: float
    closed_form_s: float
    trace_s: float
    epoch_s: float
    evaluate_s: float
    save_s: float
    epochs: int
    trainable_parameters: int
    memory_bytes: int

    @property
    def fit_s(self) -> float:
        """All epochs and what comes before the first."""
        return self.trace_s + self.epoch_s * self.epochs

    @property
    def total_s(self) -> float:
        """What a person waits for the result."""
        return sum(self.by_phase().values())

    def told(self) -> dict[str, Any]:
        """Return everything as JSON can hold it."""
        return asdict(self) | {"fit_s": self.fit_s, "total_s": self.total_s}

    def by_phase(self) -> dict[str, float]:
        """Return the seconds of each phase by the name that its events bear, in order."""
        return {
            "convert": self.convert_s,
            "encode": self.encode_s,
            "closed_form": self.closed_form_s,
            "load": self.import_s + self.load_s,
            "fit": self.fit_s,
            "evaluate": self.evaluate_s,
            "save": self.save_s,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """Prices of every freeze depth from the head alone to the whole network; `chosen` is one of them."""

    prices: tuple[Price, ...]
    chosen: Price

    def with_libraries(self) -> "Plan":
        """Return the plan for a process that has its libraries loaded."""
        prices = tuple(replace(price, import_s=0.0) for price in self.prices)
        return Plan(prices, prices[self.prices.index(self.chosen)])


def epochs_within(price: Price, budget_s: float) -> int:
    """Return how many epochs fit into `budget_s` seconds, 1 to 100; validation may stop earlier.

    Args:
        price: of a training of any number of epochs.
        budget_s: for the whole training.
    """
    rest = budget_s - (price.total_s - price.epoch_s * price.epochs)
    return int(min(MOST_EPOCHS, max(1, rest // max(price.epoch_s, 1e-6))))


def plan(
    dataset: Dataset,
    config: TrainConfig,
    known: Calibration | None = None,
    inputs: Mapping[str, str] | None = None,
) -> Plan:
    """Return what `config` and its siblings of other freeze depths cost on `dataset`.

    Where the method says how much learns, that depth alone has a price.

    Args:
        dataset: only hashes and the split are read.
        config: everything but `trainable_stages` holds for all prices.
        known: speed of the machine; measured when None.
        inputs: ids of what else the method learns from, by role.

    Raises:
        UserError: "backbone", "picture-size" or "freeze-depth"; "method", or what forbids an input.
    """
    known = known or calibration.current()
    config = registry.settled(config)
    stages.cut_for(config.network.backbone, config.network.trainable_stages)
    further = examples(dataset, config, inputs or {})
    depths = range(len(stages.of(config.network.backbone)) + 1)
    if "trainable_stages" in registry.of(config).fixes(config):
        depths = (config.network.trainable_stages,)
    jobs = [resolve(dataset, config.but(trainable_stages=depth), further) for depth in depths]
    stock = Stock()
    prices = tuple(price(keeping(job, known, stock), known, stock) for job in jobs)
    chosen = next(
        each for each in prices if each.trainable_stages == config.network.trainable_stages
    )
    return Plan(prices, chosen)


class Stock:
    """What the cache holds for jobs that differ in nothing but depth; every table is looked at once."""

    def __init__(self) -> None:
        self._rows: dict[Path, tuple[int, int]] = {}
        self._decoded: float | None = None

    @cached_property
    def _held(self) -> list[cache.Entry]:
        return cache.entries()

    def room_bytes(self, *keep: Path) -> int:
        """Return how much can be written at most if all but `keep` had to go."""
        return cache.most_bytes(keep, self._held)

    def fits(self, job: Job) -> bool:
        """Say whether there is room for what the job keeps, beside what it has kept before."""
        needed = self.missing_bytes(job)
        beside = () if self.starts_anew(job) else (job.rows_dir,)
        return needed == 0 or needed <= self.room_bytes(*beside)

    def starts_anew(self, job: Job) -> bool:
        """Say whether the job's table goes first, as there is only room without what else it holds.

        A table keeps the rows of every data set that was ever encoded so, also of deleted ones.
        """
        missing, known = self._counted(job)
        each = costs.row_bytes(job)
        is_crowded = missing * each > self.room_bytes(job.rows_dir)
        return is_crowded and (missing + known) * each <= self.room_bytes()

    def rows(self, job: Job) -> tuple[int, int]:
        """Return rows to add and rows known."""
        missing, known = self._counted(job)
        return (missing + known, 0) if self.starts_anew(job) else (missing, known)

    def _counted(self, job: Job) -> tuple[int, int]:
        if job.keeps == "nothing":
            return 0, 0
        if job.rows_dir not in self._rows:
            self._rows[job.rows_dir] = _rows(job)
        return self._rows[job.rows_dir]

    def missing_bytes(self, job: Job) -> int:
        """Return what the rows to add take."""
        return self.rows(job)[0] * costs.row_bytes(job)

    def decoded_share(self, job: Job) -> float:
        """Return the share of the data set's pictures whose pixels are known at the job's size."""
        if self._decoded is None:
            self._decoded = _decoded_share(job)
        return self._decoded


def keeping(job: Job, known: Calibration | None = None, stock: Stock | None = None) -> Job:
    """Return `job` keeping what makes it quicker: rows, or pixels to run the frozen part on again.

    What leaves the frozen part in the middle of a network can be many times larger than the picture:
    then pixels fit where rows do not, or are quicker used than rows are read. Where nothing fits,
    nothing is kept, and pictures are decoded whenever they are used.
    """
    stock = stock or Stock()
    job = _as_computed(job, stock)
    other = replace(job, keeps="pixels")
    # One number per channel is never more than the picture.
    has_other = job.trunk is not None and not job.pooled and stock.fits(other)
    if not stock.fits(job):
        return other if has_other else replace(job, keeps="nothing")
    if not has_other:
        return job
    known = known or calibration.current()
    is_quicker = _use_s(other, known, stock) < _use_s(job, known, stock)
    return other if is_quicker else job


def reason(price: Price) -> Said:
    """Return in a sentence what is kept of the pictures, and why."""
    room = f"{price.room_bytes / 1e9:.1f}"
    if price.keeps == "nothing":
        return Said(
            "Nothing is kept: the pictures do not fit, as the cache may take {room} GB. Each is read"
            " anew whenever it is used.",
            room=room,
        )
    return {
        "once": Said(
            "What leaves the frozen part is kept, so each picture passes through it only once."
        ),
        "whole": Said("Nothing is frozen, so pictures are kept at the size that the network sees."),
        "quicker": Said(
            "Pictures are kept, and pass through the frozen part in every epoch: that is quicker"
            " than reading all that leaves it."
        ),
        "no-room": Said(
            "Pictures are kept, and pass through the frozen part in every epoch: all that leaves it"
            " does not fit, as the cache may take {room} GB.",
            room=room,
        ),
    }[price.why]


def _as_computed(job: Job, stock: Stock) -> Job:
    """Return `job` in half precision on a GPU, unless all its rows are known more exactly."""
    if job.trunk is None or not accelerator.gpu():
        return job
    is_known = not job.fresh_views and stock.rows(job)[0] == 0
    return job if is_known else replace(job, half=True)


def price(job: Job, known: Calibration, stock: Stock | None = None) -> Price:
    """Return what one job costs.

    Args:
        job: with what it keeps; see `keeping`.
        known: speed of the machine.
        stock: what the cache holds; looked up when None.
    """
    config, backbone = job.config, job.config.network.backbone
    stock = stock or Stock()
    pictures, cached = stock.rows(job)
    to_convert = converts(job, known, stock)
    convert_s = _convert_s(job, known) if to_convert else 0.0
    how = encoding(job, to_convert)
    # A frozen part that was converted before, or that no picture passes through, is not loaded.
    is_passed = pictures > 0 or job.passes_again
    is_loaded = (
        config.network.trainable_stages > 0 or to_convert or (how == "encode-keras" and is_passed)
    )
    decoded = pictures * (1 - stock.decoded_share(job))
    encode_s = costs.encode_work_s(job, known, how, pictures, decoded)
    encode_s *= known.factor(how, backbone)
    expected = {
        name: work(job, known) * known.factor(costs.quantity(name, job), backbone)
        for name, work in costs.WORK.items()
    }
    return Price(
        trainable_stages=config.network.trainable_stages,
        keeps=job.keeps,
        why=_why(job, stock),
        room_bytes=stock.room_bytes(),
        half=job.half,
        pictures=pictures,
        cached=cached,
        cache_bytes=(pictures + cached) * costs.row_bytes(job),
        import_s=expected["import"],
        load_s=expected["load"] if is_loaded else 0.0,
        convert_s=convert_s,
        encode_s=encode_s,
        closed_form_s=expected["forward"] + expected["closed_form"],
        trace_s=expected["trace"],
        epoch_s=expected["epoch"],
        evaluate_s=expected["evaluate"],
        save_s=expected["save"],
        epochs=config.course.epochs,
        trainable_parameters=costs.trainable_parameters(job),
        memory_bytes=costs.memory_bytes(job),
    )


def encoding(job: Job, to_convert: bool) -> Encoding:
    """Return which runtime the frozen part uses: it is converted, or will be, or not."""
    fast = job.trunk is None or to_convert or costs.is_converted(job)
    return "encode" if fast else "encode-keras"


def converts(job: Job, known: Calibration | None = None, stock: Stock | None = None) -> bool:
    """Say whether converting the frozen part and then encoding is quicker than encoding in Keras.

    Always where the frozen part runs anew in every epoch; never where it is converted, on a GPU, or
    with another backend than TensorFlow.
    """
    if job.trunk is None or not accelerator.converts() or costs.is_converted(job):
        return False
    if job.passes_again:
        return True
    known = known or calibration.current()
    pictures, _ = (stock or Stock()).rows(job)
    each = {
        how: costs.picture_s(job, known, how) * known.factor(how, job.config.network.backbone)
        for how in costs.ENCODINGS
    }
    return pictures * (each["encode-keras"] - each["encode"]) > _convert_s(job, known)


def require_memory(job: Job) -> None:
    """Refuse a job that would not fit into this machine's memory, before anything is loaded.

    Raises:
        UserError: "memory".
    """
    needed, free = costs.memory_bytes(job), psutil.virtual_memory().available
    if needed > free:
        raise UserError(
            "memory",
            "This training needs about {needed} GB of memory and {free} GB are free.",
            hint="Choose average instead of flatten, smaller hidden layers, fewer stages or smaller batches.",
            needed=f"{needed / 1e9:.1f}",
            free=f"{free / 1e9:.1f}",
        )


def require_room(job: Job) -> None:
    """Refuse a job whose kept rows would not fit into the cache or on the disk.

    A new run never is, as it keeps what `keeping` finds room for. One that goes on needs what it
    kept before, to end in the same bits.

    Raises:
        UserError: "cache-room".
    """
    stock = Stock()
    if not stock.fits(job):
        needed = f"{stock.missing_bytes(job) / 1e9:.1f}"
        allowed = f"{stock.room_bytes(job.rows_dir) / 1e9:.1f}"
        raise UserError(
            "cache-room",
            counted(
                "What the frozen part sees of {count} picture takes {needed} GB, and {room} GB are"
                " allowed or free.",
                "What the frozen part sees of {count} pictures takes {needed} GB, and {room} GB are"
                " allowed or free.",
                stock.rows(job)[0],
                needed=needed,
                room=allowed,
            ),
            hint="This run began with room for it. Raise the cache's size on the Settings page or free "
            "some disk space, then let the run go on.",
        )


def is_one_step(job: Job) -> bool:
    """Say whether a batch holds all training pictures, so that an epoch is a single correction."""
    return int(np.sum(job.dataset.splits == TRAIN)) < job.config.steps.batch_size


def learn(
    job: Job,
    encoded: int,
    epochs_s: Sequence[float],
    seconds: dict[str, float],
    how: Encoding = "encode",
    decoded: int | None = None,
) -> None:
    """Correct the calibration by what a run took; what it did not do teaches nothing.

    The first epoch is left out: in it the computation is put together, which is a quantity of
    its own.

    Args:
        job: what ran.
        encoded: pictures encoded.
        epochs_s: seconds of each epoch that this process trained.
        seconds: by name, as `Clock` gives them, of what is done once for every run.
        how: what encoded.
        decoded: pictures that were decoded for it; all that were encoded when None.
    """
    known, backbone = calibration.current().measured_again(), job.config.network.backbone
    work_s = costs.encode_work_s(job, known, how, encoded, encoded if decoded is None else decoded)
    taught = known
    if job.trunk and job.keeps == "rows":  # reading alone teaches nothing about the frozen part
        taught = known.learnt(how, backbone, work_s, seconds.get("encode", 0.0))
    if "convert" in seconds:
        taught = taught.learnt("convert", backbone, costs.convert_work_s(job), seconds["convert"])
    took = dict(seconds)
    if len(epochs_s) > 1:
        took["epoch"] = float(np.median(epochs_s[1:]))
        took["trace"] = max(costs.LEAST_S, seconds.get("fit", 0.0) - len(epochs_s) * took["epoch"])
    for name, work in costs.WORK.items():
        quantity = costs.quantity(name, job)
        taught = taught.learnt(quantity, backbone, work(job, known), took.get(name, 0.0))
    calibration.keep(taught)


def _rows(job: Job) -> tuple[int, int]:
    """Return rows to encode and rows known."""
    if not (job.rows_dir / "index.bin").exists():
        changed = job.config.changes.views if job.config.changes.augments else 0
        further = sum(map(len, job.further.values())) * (1 + changed)
        return len(job.dataset) + changed * len(job.members(TRAIN)) + further, 0
    wanted = job.wanted()
    missing = len(encode.missing(job.rows(use=False), wanted))
    return missing, len(wanted) - missing


def _why(job: Job, stock: Stock) -> Why:
    if job.keeps == "nothing":
        return "no-room"
    if job.trunk is None:
        return "whole"
    if job.keeps == "rows":
        return "once"
    return "quicker" if stock.fits(replace(job, keeps="rows")) else "no-room"


def _decoded_share(job: Job) -> float:
    """Return the share of the data set's pictures whose pixels are known at the job's size."""
    if not (pixels.folder(job.size_px, job.config.network.resize) / "index.bin").exists():
        return 0.0
    at_hand = pixels.table(job.size_px, job.config.network.resize, use=False)
    known = sum(encode.Wanted(str(name)).key in at_hand for name in job.dataset.hashes)
    return known / max(1, len(job.dataset))


def _use_s(job: Job, known: Calibration, stock: Stock) -> float:
    """Return the seconds of a whole run that what is kept decides: encoding, writing, reading again."""
    backbone, config = job.config.network.backbone, job.config
    pictures, cached = stock.rows(job)
    how = costs.runtime(job)
    encode_s = costs.encode_work_s(job, known, how, pictures, pictures)
    again = config.course.epochs + 1 if job.keeps_pixels else 0
    encode_s += again * len(job.dataset) * costs.frozen_s(job, known, how)
    row_bytes = costs.row_bytes(job)
    fits = (pictures + cached) * row_bytes < psutil.virtual_memory().available / 2
    read_bytes = config.course.epochs * len(job.dataset) * row_bytes
    read_s = read_bytes / (costs.COPY_BYTES_S if fits else costs.DISK_BYTES_S)
    written_s = pictures * row_bytes / costs.DISK_BYTES_S
    return encode_s * known.factor(how, backbone) + written_s + read_s


def _convert_s(job: Job, known: Calibration) -> float:
    return costs.convert_work_s(job) * known.factor("convert", job.config.network.backbone)
