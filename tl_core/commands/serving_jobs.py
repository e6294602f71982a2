"""`serve-jobs`: keeps the queue moving without a page, as a server does."""

import time
from argparse import Namespace

from tl_core.commands.output import Output
from tl_core.jobs import engines, registry, watch
from tl_core.store import database, job_rows
from tl_core.store.rows import JobRow


def serve_jobs(arguments: Namespace, output: Output) -> None:
    database.probe()  # before several threads look at it
    engines.in_use()
    watch.keep_ticking()
    output.say("taking up what waits; end it with Ctrl-C, what is at work goes on")
    done = 0
    while True:
        undone = _known()
        if not undone and arguments.until_done:
            break
        time.sleep(watch.TICK_EVERY_S)
        left = {job.id for job in _known()}
        done += sum(job.id not in left for job in undone)
    unknown = len(job_rows.jobs())
    words = [f"jobs done: {done}"]
    if unknown:
        words.append(f"jobs of kinds that this Graft does not know, left as they are: {unknown}")
    output.result({"done": done, "unknown": unknown}, words=words)


def _known() -> list[JobRow]:
    """Return what is still to be done of the kinds that there are; others a later Graft asked for."""
    return [job for job in job_rows.jobs() if registry.find(job.kind) is not None]
