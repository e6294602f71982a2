"""Fetches the weights of a backbone: its subject is the backbone's name.

All people of a house share `weights/fetching/NAME/`, as they share the file.
"""

from pathlib import Path

from tl_core.backbones import catalogue, weights
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.jobs.admission import Needs
from tl_core.jobs.job import Arguments, Context, JobKind, Outcome, inside_graft
from tl_core.signals import events
from tl_core.signals.meter import Meter
from tl_core.store.rows import JobRow

MEMORY_BYTES = 64 * 1024**2


class FetchArguments(Arguments):
    """The name of the backbone is all there is to know."""


def folder(name: str) -> Path:
    """Return where a download of `name` tells about itself; it need not exist."""
    return weights.folder() / "fetching" / catalogue.get(name).name


def _fetch(context: Context) -> Outcome:
    title = catalogue.get(context.subject).title
    text = Said("Downloading the weights of {backbone}", backbone=title)
    context.emit("phase", phase="download", text=text)
    weights.download(context.subject, _meter(context.emit), context.should_stop)
    return Outcome()


def _meter(emit: events.Writer) -> Meter:
    """Return what reports bytes and the time left, some times a second."""
    return Meter(
        lambda done, total, left: emit(
            "progress", phase="download", done=done, total=total, unit="bytes", seconds_left=left
        )
    )


def _died(job: JobRow) -> UserError:
    return UserError(
        "process-ended",
        "The download ended without a word.",
        "Start it again: it goes on from where it stopped. If it happens again, the log in"
        " {folder} has the details.",
        folder=folder(job.subject),
    )


FETCH = JobKind(
    name="fetch",
    title=Said("Downloading weights"),
    arguments=FetchArguments,
    folder=folder,
    run=_fetch,
    needs=Needs(MEMORY_BYTES, 0),
    explain=inside_graft,
    died=_died,
    begins_afresh=True,
    stop_patience_s=60.0,  # a server that does not answer is given up by then
)
