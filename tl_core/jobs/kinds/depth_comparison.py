"""Tries freeze depths on a share of the pictures to learn from: its subject names what was asked.

Each is held against the exact head on the validation part, on which nothing was chosen. What comes
of it is kept for the adviser.
"""

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from tl_core import store
from tl_core.base import settings
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.config import parse
from tl_core.datasets import manifest
from tl_core.datasets.splits import VALIDATION
from tl_core.datasets.thinning import thinned
from tl_core.encoding.encode import StoppedError
from tl_core.jobs.admission import GIB, Needs
from tl_core.jobs.job import Arguments, Context, JobKind, Outcome, died, inside_graft
from tl_core.pricing import advice, gains
from tl_core.pricing.gains import POINTS, Gain
from tl_core.training import pipeline
from tl_core.training.compared import Compared

SHARE = 1 / 3
"""Of the pictures to learn from."""


class ComparisonArguments(Arguments):
    """A data set, and the settings of a short training for each depth."""

    dataset: str
    configs: list[dict[str, Any]]


def folder(key: str) -> Path:
    """Return the folder of a comparison, which need not exist."""
    return settings.current().home / "tries" / key


def _compare(context: Context) -> Outcome:
    asked: ComparisonArguments = context.arguments
    whole, row = manifest.load(asked.dataset), store.dataset(asked.dataset)
    manifest.require_trainable(whole)
    told, learnt = [], []
    for values in asked.configs:
        config = parse(values)
        dataset = thinned(whole, SHARE, config.course.seed)
        with tempfile.TemporaryDirectory(dir=context.folder) as scratch:
            try:
                found = pipeline.compare_with_exact_head(
                    Path(scratch), context.emit.emit, dataset, config, context.folder
                )
            except StoppedError as error:
                raise UserError("stopped", "The try was stopped.", "Start it again.") from error
        case = advice.case(dataset, config, row.root_id, VALIDATION)
        exact, trained = float(found.exact.mean()), float(found.trained.mean())
        # The adviser tells what a run hands over: the exact head, where training does not beat it.
        learnt.append(Gain(case, exact, max(exact, trained), "validation", row.id))
        told.append(_in_points(found) | {"stages": case.stages, "pictures": case.pictures})
    for gain in learnt:
        with suppress(OSError):  # what was found out is shown all the same
            gains.keep(gain)
    return Outcome(told={"metrics": {"tries": told}})


def _in_points(found: Compared) -> dict[str, Any]:
    low, high = found.interval()
    return {
        "gain": POINTS * found.gain,
        "low": POINTS * low,
        "high": POINTS * high,
        "judged": len(found.exact),
    }


COMPARE_DEPTHS = JobKind(
    name="compare_depths",
    title=Said("Trying two depths"),
    arguments=ComparisonArguments,
    folder=folder,
    run=_compare,
    needs=Needs(2 * GIB, 2),
    explain=inside_graft,
    died=died(
        "The try ended without a word; most often the machine ran out of memory.",
        "Try smaller pictures, a smaller batch or fewer stages.",
    ),
    begins_afresh=True,
)
