"""What one job costs: what is encoded, kept and trained, and how long each part takes."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from tl_core.base import accelerator, cores
from tl_core.encoding.job import Job, Keeps
from tl_core.pricing import calibration, costs, teacher_price
from tl_core.pricing.calibration import Calibration
from tl_core.pricing.costs import Encoding
from tl_core.pricing.stock import Stock

Why = Literal["once", "whole", "quicker", "no-room"]
"""Why something is kept of each picture: it is encoded only once; nothing is frozen; that is quicker than
reading all that leaves the frozen part; or there is no room for that."""


@dataclass(frozen=True, slots=True)
class Price:
    """What one freeze depth costs.

    Attributes:
        trainable_stages: the depth.
        keeps: rows, or decoded examples or nothing where the frozen part runs again in every epoch.
        why: the reason for that.
        room_bytes: what the cache may take at most.
        half: a GPU computes the rows in half precision.
        pictures: pictures and changed copies still to encode.
        cached: those known already.
        cache_bytes: what will be kept on disk for them.
        copies_s: to look for copies of what judges the run among further pictures.
        import_s: what libraries add that have to be loaded; 0 where a process has them loaded.
        load_s: to build the network and read its weights; 0 where a head is all there is to build.
        convert_s: to convert the frozen part; 0 when it was done before.
        encode_s: to encode what is missing, and to ask a teacher.
        closed_form_s: to solve for the best linear head on the features of the last map, once more where
            the validation pictures are learnt from in the end.
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
    copies_s: float
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
    def starts_s(self) -> float:
        """What goes by before the first epoch but for preparing and encoding."""
        return self.import_s + self.load_s + self.trace_s

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
            "copies": self.copies_s,
            "convert": self.convert_s,
            "encode": self.encode_s,
            "closed_form": self.closed_form_s,
            "load": self.import_s + self.load_s,
            "fit": self.fit_s,
            "evaluate": self.evaluate_s,
            "save": self.save_s,
        }


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
    encode_s += teacher_price.asking_s(job, known)
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
        copies_s=costs.copies_s(job),
        import_s=_import_s(expected["import"], encode_s),
        load_s=expected["load"] if is_loaded else 0.0,
        convert_s=convert_s,
        encode_s=encode_s,
        closed_form_s=expected["forward"] + expected["closed_form"] + expected["refit"],
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


def _why(job: Job, stock: Stock) -> Why:
    if job.keeps == "nothing":
        return "no-room"
    if job.trunk is None:
        return "whole"
    if job.keeps == "rows":
        return "once"
    return "quicker" if stock.fits(replace(job, keeps="rows")) else "no-room"


def _import_s(import_s: float, encode_s: float) -> float:
    """Return what libraries add to a run: beside a longer encoding they load on a core that this lacks."""
    if encode_s <= costs.LOAD_BESIDE_S:
        return import_s
    return max(import_s - encode_s, import_s / cores.threads())


def _convert_s(job: Job, known: Calibration) -> float:
    return costs.convert_work_s(job) * known.factor("convert", job.config.network.backbone)
