"""Whether a run that learnt from elsewhere is worse than no transfer: its own exact head, on the same test pictures."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from tl_core.base import figures
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.evaluation import comparison
from tl_core.evaluation.comparison import Comparison
from tl_core.training import first_answer


def of_run(folder: Path, dataset_id: str) -> Comparison | None:
    """Return a run held against a head that learnt from its own data set alone; None where there is no such.

    Args:
        folder: the run's.
        dataset_id: what it learnt from.
    """
    kept = first_answer.alone(folder)
    if kept is None:
        return None
    try:
        own = comparison.answers_of(folder, dataset_id)
    except UserError:  # judged on nothing
        return None
    pictures, told = kept
    if not np.array_equal(pictures, own.pictures.astype(str)) or told.shape != own.answers.shape:
        return None
    return comparison.compare(replace(own, answers=told), own)


def alarm_of(folder: Path, dataset_id: str) -> Said | None:
    """Return the `alarm` of a run, None also where it is held against nothing; arguments as of `of_run`."""
    found = of_run(folder, dataset_id)
    return None if found is None else alarm(found)


def alarm(found: Comparison) -> Said | None:
    """Return a sentence with both numbers and what to do, None where the run is not worse beyond doubt."""
    headline = found.headline
    if headline.verdict >= 0 or not headline.is_share:
        return None
    return Said(
        "Negative transfer: this model is right on {own} of the test pictures; the exact solution that learnt from your pictures alone, on {alone}. Chance does not explain that: train without what comes from elsewhere, or choose something that is more like your pictures.",
        own=figures.percent(headline.second, 1),
        alone=figures.percent(headline.first, 1),
    )
