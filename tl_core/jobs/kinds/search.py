"""Tries settings on a data set until a budget of seconds is used up: its subject names what was asked.

Every trial is an ordinary short training that reads the rows which others left; nothing of the test part
is looked at. What was tried is written down after each trial, so that a stop keeps it and a killed
search goes on from there.
"""

import shutil
import time

from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.datasets import manifest
from tl_core.encoding.encode import StoppedError
from tl_core.jobs.admission import GIB, Needs
from tl_core.jobs.job import Context, JobKind, Outcome, died, inside_graft
from tl_core.jobs.search_board import SCRATCH, SearchArguments, folder, told
from tl_core.store.rows import JobRow

RESTARTS = 5


def _search(context: Context) -> Outcome:
    from tl_core.jobs.searching import Search

    asked: SearchArguments = context.arguments
    began = time.monotonic() - max(0.0, time.time() - (context.job.claimed_at or time.time()))
    dataset = manifest.load(asked.dataset)
    manifest.require_trainable(dataset)
    search = Search.of(context, asked, dataset, told(context.folder), began)
    while (trial := search.next()) is not None:
        if context.should_stop():
            raise _stopped()
        try:
            search.do(trial)
        except StoppedError as error:
            if context.should_stop():
                raise _stopped() from error
            search.tell_that_time_is_over(trial)
            break
    search.write()
    return Outcome(told={"metrics": {"tried": len(search.record.trials)}})


def _stopped() -> UserError:
    return UserError(
        "stopped",
        "The search was stopped; what was tried is kept.",
        "Let it go on, or take the best.",
    )


def _clean_up(job: JobRow) -> None:
    """Remove what the trial left that a process ended in."""
    shutil.rmtree(folder(job.subject) / SCRATCH, ignore_errors=True)


SEARCH = JobKind(
    name="search",
    title=Said("Searching for the best settings"),
    arguments=SearchArguments,
    folder=folder,
    run=_search,
    needs=Needs(2 * GIB, 2),
    explain=inside_graft,
    died=died(
        "The search ended without a word again and again; most often the machine ran out of memory.",
        "What was tried is kept. Close what else takes memory, then let it go on.",
    ),
    restarts=RESTARTS,
    clean_up=_clean_up,
)
