"""What is kept of each picture: what leaves the frozen part, itself decoded, or nothing where neither fits."""

from dataclasses import replace

import psutil

from tl_core.base import accelerator
from tl_core.base.said import Said
from tl_core.encoding.job import Job
from tl_core.pricing import calibration, costs
from tl_core.pricing.calibration import Calibration
from tl_core.pricing.job_price import Price
from tl_core.pricing.stock import Stock


def keeping(job: Job, known: Calibration | None = None, stock: Stock | None = None) -> Job:
    """Return `job` keeping what makes it quicker: rows, or decoded examples to run the frozen part on again.

    What leaves the frozen part in the middle of a network can be many times larger than the picture:
    then these fit where rows do not, or are quicker used than rows are read. Where nothing fits,
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


def _use_s(job: Job, known: Calibration, stock: Stock) -> float:
    """Return the seconds of a whole run that what is kept decides: encoding, writing, reading again."""
    backbone, config = job.config.network.backbone, job.config
    pictures, cached = stock.rows(job)
    how = costs.runtime(job)
    encode_s = costs.encode_work_s(job, known, how, pictures, pictures)
    again = config.course.epochs + 1 if job.keeps_decoded else 0
    encode_s += again * len(job.dataset) * costs.frozen_s(job, known, how)
    row_bytes = costs.row_bytes(job)
    fits = (pictures + cached) * row_bytes < psutil.virtual_memory().available / 2
    read_bytes = config.course.epochs * len(job.dataset) * row_bytes
    read_s = read_bytes / (costs.COPY_BYTES_S if fits else costs.DISK_BYTES_S)
    written_s = pictures * row_bytes / costs.DISK_BYTES_S
    return encode_s * known.factor(how, backbone) + written_s + read_s
