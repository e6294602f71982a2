"""Which process gives way to which: pages answer first, then runs, then what nobody waits for."""

import os
import sys
from contextlib import suppress
from pathlib import Path

import psutil

PAGES_FIRST = 5
"""Of what a person waits for: imports, trainings."""
NOBODY_WAITS = 15
"""Of what is made ahead or looked through in the background."""


def lower(niceness: int, pid: int = 0) -> None:
    """Let a process, and all that it starts from now on, take what others leave.

    Linux shares the processor among sessions before it looks at the niceness of their processes
    (man 7 sched, autogroups), so a session of its own needs its niceness said twice.

    Args:
        niceness: 0 is usual, 19 the least.
        pid: the first process of a session; 0 is this process.
    """
    process = psutil.Process(pid or os.getpid())
    if sys.platform == "win32":
        idle = psutil.IDLE_PRIORITY_CLASS
        process.nice(idle if niceness >= NOBODY_WAITS else psutil.BELOW_NORMAL_PRIORITY_CLASS)
        return
    process.nice(max(niceness, int(process.nice() or 0)))  # nobody may take back what was given
    with suppress(OSError):
        Path(f"/proc/{process.pid}/autogroup").write_text(str(niceness), "ascii")
