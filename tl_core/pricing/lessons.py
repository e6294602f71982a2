"""What a finished run teaches the calibration of this machine."""

from collections.abc import Sequence

import numpy as np

from tl_core.encoding.job import Job
from tl_core.pricing import calibration, costs
from tl_core.pricing.costs import Encoding


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
