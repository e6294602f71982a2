"""What a finished run teaches the calibration of this machine."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from tl_core.encoding.job import Job
from tl_core.pricing import calibration, costs
from tl_core.pricing.costs import Encoding

OF_FIT = ("epoch", "trace")
"""Parts of the training itself, which is timed as a whole."""


def learn(
    job: Job,
    encoded: int,
    epochs_s: Sequence[float],
    seconds: dict[str, float],
    how: Encoding = "encode",
    decoded: int | None = None,
    got: Mapping[str, float] = MappingProxyType({}),
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
        got: by name, the share of its work that the process could do at once; 1 where it says nothing.
    """
    known, backbone = calibration.current().measured_again(), job.config.network.backbone
    work_s = costs.encode_work_s(job, known, how, encoded, encoded if decoded is None else decoded)
    expected: dict[str, float] = {}
    if job.trunk and job.keeps == "rows":  # reading alone teaches nothing about the frozen part
        expected["encode"] = work_s
    expected["convert"] = costs.convert_work_s(job)
    expected |= {name: work(job, known) for name, work in costs.WORK.items()}
    took = dict(seconds)
    # Where stages join, hardly an epoch is like another: one says nothing of the mean.
    if len(epochs_s) > 1 and not job.config.rate.thaw_every:
        took["epoch"] = float(np.median(epochs_s[1:]))
        took["trace"] = max(costs.LEAST_S, seconds.get("fit", 0.0) - len(epochs_s) * took["epoch"])
    taught = known
    for name, expected_s in expected.items():
        quantity = how if name == "encode" else costs.quantity(name, job)
        share = got.get("fit" if name in OF_FIT else name, 1.0)
        taught = taught.learnt(quantity, backbone, expected_s, took.get(name, 0.0), share)
    calibration.keep(taught)
