"""Wait for work in another process and pass on its events."""

import time
from collections.abc import Callable
from pathlib import Path

from tl_core.commands.output import Output
from tl_core.jobs import watch
from tl_core.signals import events

LOOK_EVERY_S = 0.1


def follow(folder: Path, output: Output, is_over: Callable[[], bool]) -> None:
    """Pass on the events in `folder` until `is_over`, keeping the queue moving meanwhile."""
    offset = 0
    ticked_at = 0.0
    while True:
        # Asked before the last look: what was told before the end is passed on.
        over = is_over()
        new, offset = events.read(folder, offset)
        for event in new:
            output.event(event)
        if over:
            return
        if time.monotonic() - ticked_at > watch.TICK_EVERY_S:
            watch.tick()
            ticked_at = time.monotonic()
        time.sleep(LOOK_EVERY_S)
