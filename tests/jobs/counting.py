"""A kind of job of the tests' own: one file and one line in the registry are all that it takes."""

import time
from pathlib import Path

from tl_core.base import settings
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.jobs.admission import Needs
from tl_core.jobs.job import Arguments, Context, JobKind, Outcome, died, inside_graft

GIB = 1024**3


class CountArguments(Arguments):
    until: int
    step_s: float = 0.0


def folder(subject: str) -> Path:
    return settings.current().home / "counted" / subject


def _count(context: Context) -> Outcome:
    asked: CountArguments = context.arguments
    if asked.until < 0:
        raise UserError("too-few", "Nobody counts to {until}.", "Give more.", until=asked.until)
    for number in range(asked.until):
        if context.should_stop():
            return Outcome("cancelled", {"reached": number})
        context.emit("progress", phase="count", done=number, total=asked.until)
        time.sleep(asked.step_s)
    return Outcome(told={"metrics": {"share": 1 / asked.until}})


COUNT = JobKind(
    name="count",
    title=Said("Counting"),
    arguments=CountArguments,
    folder=folder,
    run=_count,
    needs=Needs(GIB, 1),
    explain=inside_graft,
    died=died("The counting ended without a word.", "Count again."),
    restarts=1,
    begins_afresh=True,
)
