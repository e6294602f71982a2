"""Looks a data set through: its subject is the data set's id. Trainings and pages go first.

It tells its progress in `datasets/ID/quality/` and leaves the report beside the data set. Imports no
TensorFlow where the trunk is converted.
"""

from collections.abc import Sequence
from pathlib import Path

from tl_core import store
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.jobs import priority
from tl_core.jobs.admission import GIB, Needs
from tl_core.jobs.job import FOREVER, Arguments, Context, JobKind, of_disk
from tl_core.signals import progress
from tl_core.store import job_rows
from tl_core.store.rows import JobRow

FREE_BYTES = 2 * GIB
"""Working memory that must be free to look pictures through beside a training."""
TRAINING_PATIENCE_S = 120.0
"""For so long trainings have the machine to themselves: most of them are over by then."""
BUG = UserError(
    "bug",
    "Looking through the pictures met a fault in Graft itself.",
    "Please report it together with the log.",
)
DIED = UserError(
    "process-ended",
    "Looking through the pictures ended without a word; most often the machine ran out of memory.",
    "Try again when nothing else runs. The log may say more.",
)


class InspectArguments(Arguments):
    """A data set is looked through in one way only."""


def folder(dataset_id: str) -> Path:
    """Return where the events of looking a data set through lie."""
    return ids.dataset_folder(dataset_id) / "quality"


def _inspect(context: Context) -> None:
    from tl_core.quality import worker  # other kinds begin sooner without it

    worker.run(context.subject, context.emit)
    job_rows.end("inspect", context.subject, "finished", claim=context.job.claimed_at)


def _gives_way(job: JobRow, waiting: Sequence[JobRow]) -> bool:
    """Say whether a newer version of the same data set waits: somebody looks at that one.

    Whoever goes back to the earlier version asks for it again, and what was read is kept.
    """
    return any(_is_later(other, job) for other in waiting)


def _is_later(one: JobRow, other: JobRow) -> bool:
    try:
        later, earlier = (store.dataset(job.subject, owner=job.owner) for job in (one, other))
    except UserError:  # removed for good
        return False
    return later.root_id == earlier.root_id and later.version > earlier.version


def _has_reported(job: JobRow) -> bool:
    """Say whether only the finer map is still to be arranged, which holds up no other."""
    return progress.state(folder(job.subject)).ending is not None


INSPECT = JobKind(
    name="inspect",
    title=Said("Looking through the pictures"),
    arguments=InspectArguments,
    folder=folder,
    run=_inspect,
    needs=Needs(GIB, 2, is_exclusive=True),
    explain=lambda error: of_disk(error) or BUG,
    died=lambda job: DIED,
    waits_for={"import": FOREVER, "train": TRAINING_PATIENCE_S},
    free_bytes=lambda: FREE_BYTES,
    is_newest_first=True,
    begins_afresh=True,
    niceness=lambda job: priority.NOBODY_WAITS,
    leaves_place=_has_reported,
    gives_way=_gives_way,
)
