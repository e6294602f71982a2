"""`serve-jobs`: keeps the queue moving without a page, as a server does."""

import time
from argparse import Namespace

from tl_core.commands.output import Output
from tl_core.jobs import engines, watch
from tl_core.store import database, job_rows


def serve_jobs(arguments: Namespace, output: Output) -> None:
    database.probe()  # before several threads look at it
    engines.in_use()
    watch.keep_ticking()
    output.say("taking up what waits; end it with Ctrl-C, what is at work goes on")
    done = 0
    while True:
        undone = job_rows.jobs()
        if not undone and arguments.until_done:
            break
        time.sleep(watch.TICK_EVERY_S)
        left = {job.id for job in job_rows.jobs()}
        done += sum(job.id not in left for job in undone)
    output.result({"done": done}, words=[f"jobs done: {done}"])
