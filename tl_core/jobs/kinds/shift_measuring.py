"""Measures how far pictures from elsewhere look otherwise than those of a data set: its subject names what was asked.

Rows are kept under the names that a training gives them, so that neither looks at a picture twice.
"""

from pathlib import Path
from typing import Any

import numpy as np

from tl_core.base import settings
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.config import parse
from tl_core.datasets import manifest
from tl_core.jobs.admission import GIB, Needs
from tl_core.jobs.job import Arguments, Context, JobKind, Outcome, died, inside_graft
from tl_core.signals.meter import PhaseMeter

TEXTS = {
    "encode": Said("Looking at the pictures through the network"),
    "compare": Said("Finding out whether they can be told apart"),
}


class ShiftArguments(Arguments):
    """What is compared.

    Attributes:
        dataset: id of one's own.
        other: id of the one from elsewhere.
        config: how pictures enter which network.
    """

    dataset: str
    other: str
    config: dict[str, Any]


def folder(key: str) -> Path:
    """Return the folder of a measurement, which need not exist."""
    return settings.current().home / "shifts" / key


def _measure(context: Context) -> Outcome:
    from tl_core.encoding.encode import StoppedError  # other kinds begin sooner without these
    from tl_core.evaluation import domain_shift, shift_sample
    from tl_core.quality import picture_features

    asked: ShiftArguments = context.arguments
    dataset, config = manifest.load(asked.dataset), parse(asked.config)
    sample = shift_sample.drawn(dataset, asked.other)
    meter = PhaseMeter(context.emit, TEXTS)

    def tell(phase: str, done: int, total: int) -> None:
        meter(phase, done, total)
        if context.should_stop():
            raise StoppedError

    try:
        features = picture_features.as_set(
            sample.own,
            config,
            lambda done, total: tell("encode", done, total),
            context.should_stop,
            hashes=np.concatenate([sample.own.hashes, sample.others.hashes]),
        )
        found = domain_shift.measure(
            features[: len(sample.own)],
            features[len(sample.own) :],
            on_progress=lambda done, total: tell("compare", done, total),
        )
    except StoppedError as error:
        raise UserError("stopped", "The measurement was stopped.", "Start it again.") from error
    return Outcome(told={"metrics": found.told()})


MEASURE_SHIFT = JobKind(
    name="domain_shift",
    title=Said("Measuring how far pictures look apart"),
    arguments=ShiftArguments,
    folder=folder,
    run=_measure,
    needs=Needs(2 * GIB, 2),
    explain=inside_graft,
    died=died(
        "The measurement ended without a word; most often the machine ran out of memory.",
        "Close what else takes memory and try again.",
    ),
    begins_afresh=True,
)
