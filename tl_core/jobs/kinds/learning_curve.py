"""Draws the learning curve of a data set: its subject names what was asked.

Pictures are encoded where they are not, then the exact head is solved for on ever larger shares.
"""

from pathlib import Path
from typing import Any

from tl_core.base import settings
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.config import parse
from tl_core.datasets import manifest
from tl_core.jobs.admission import GIB, Needs
from tl_core.jobs.job import Arguments, Context, JobKind, Outcome, died, inside_graft
from tl_core.signals.meter import PhaseMeter

TEXTS = {
    "encode": Said("Looking at the pictures through the backbone"),
    "curve": Said("Learning from ever more of the pictures"),
}
STEPS = 1000
"""Work is counted in so many parts."""


class CurveArguments(Arguments):
    """A data set, how its pictures enter which network, and what the work may take."""

    dataset: str
    config: dict[str, Any]
    most_work: float


def folder(key: str) -> Path:
    """Return the folder of a curve, which need not exist."""
    return settings.current().home / "curves" / key


def _draw(context: Context) -> Outcome:
    from tl_core.encoding.encode import StoppedError  # other kinds begin sooner without these
    from tl_core.evaluation import collecting
    from tl_core.quality import picture_features

    asked: CurveArguments = context.arguments
    dataset, config = manifest.load(asked.dataset), parse(asked.config)
    plan, progress = collecting.planned(dataset, asked.most_work), PhaseMeter(context.emit, TEXTS)
    try:
        features = picture_features.as_set(
            dataset,
            config,
            lambda done, total: progress("encode", done, total),
            context.should_stop,
        )
        found = collecting.tell(
            dataset,
            config,
            features,
            plan,
            lambda done: progress("curve", round(STEPS * done / plan.work), STEPS),
            context.should_stop,
        )
    except StoppedError as error:
        raise UserError("stopped", "The curve was stopped.", "Start it again.") from error
    return Outcome(told={"metrics": found.model_dump(mode="json")})


LEARNING_CURVE = JobKind(
    name="learning_curve",
    title=Said("Drawing the learning curve"),
    arguments=CurveArguments,
    folder=folder,
    run=_draw,
    needs=Needs(2 * GIB, 2),
    explain=inside_graft,
    died=died(
        "The curve ended without a word; most often the machine ran out of memory.",
        "Close what else takes memory and try again.",
    ),
    begins_afresh=True,
)
