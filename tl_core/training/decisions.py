"""What the plan decides when a run first starts, kept in its folder: one that goes on decides the same.

The same run ends in the same bits, wherever it is killed and however often: what follows from prices, from
memory or from the clock is decided once and read again. In its folder lie what is kept of each picture and in
which precision (`plan.json`), whether the frozen part runs converted or in Keras (two files of
`run_pictures`), the exact head with its strength (`first_answer`), the block of stages that learns
(`surgery`), and which examples from elsewhere are left out (`methods.leak_guard`). Batches, threads that
encode, and what is loaded beside change no number of a picture. Bits may differ only where a person changes
what computes: another machine, a GPU instead of the processor, other versions of libraries, another number of
threads; and where what was encoded was removed meanwhile, or encoded again for another run in the other of
the two forms.

The same settings anew end in the same up to rounding: what another run would decide follows from what the
machine has learnt meanwhile, and sums in another order. `tests/training/test_decisions.py` holds rows
against pictures kept whole: the same accuracy, and answers that agree within a thousandth.
"""

import json
from dataclasses import replace
from pathlib import Path

from tl_core.base import files
from tl_core.encoding.job import Job
from tl_core.pricing import calibration, job_price, storage
from tl_core.pricing.stock import Stock
from tl_core.training import libraries
from tl_core.training.run_context import RunContext

PLAN = "plan.json"


def as_decided(job: Job, folder: Path) -> Job:
    """Return `job` keeping what the plan finds cheaper; for a run that goes on, what it kept before."""
    try:
        kept = json.loads((folder / PLAN).read_text("utf-8"))
    except FileNotFoundError:
        return storage.keeping(job)
    job = replace(job, keeps=kept.get("keeps", "rows"), half=kept.get("half", False))
    # Examples that find no room any more are read anew: they are the same.
    return replace(job, keeps="nothing") if job.keeps_decoded and not Stock().fits(job) else job


def is_older_than_copies(folder: Path) -> bool:
    """Say whether a run was priced when nobody looked for copies of what judges it: it goes on with all of them.

    A run that came with a project file has no price, and they are looked for again: the same are found.
    """
    try:
        kept = json.loads((folder / PLAN).read_text("utf-8"))
    except FileNotFoundError:
        return False
    return "encode_s" in kept and "copies_s" not in kept


def tell_the_price(run: RunContext) -> None:
    """Note what the plan expects at the first start, to compare it with what happens."""
    price = job_price.price(run.job, calibration.current(), run.stock)
    if libraries.are_loaded():
        price = replace(price, import_s=0.0)
    run.expected_s = price.by_phase()
    kept = run.folder / PLAN
    if not kept.exists():
        files.write_whole(kept, json.dumps(price.told()).encode())
        run.emit("planned", phases=run.expected_s, total_s=price.total_s)
    if price.keeps != "rows":
        run.emit("note", text=storage.reason(price))


def keep_to(run: RunContext, until: float, pace: float) -> None:
    """Let a run end in time: leave some for judging, and note what each part is expected to take.

    Args:
        run: before anything was done.
        until: when all is to be done, as `time.monotonic` tells it.
        pace: by what to multiply what is expected, as this machine goes on now.
    """
    price = job_price.price(run.job, calibration.current(), run.stock)
    if libraries.are_loaded():
        price = replace(price, import_s=0.0)
    told = price.by_phase() | {"first epoch": price.trace_s + price.epoch_s}
    run.expected_s = {name: pace * seconds for name, seconds in told.items()}
    run.until = until - run.expected_s["evaluate"]
