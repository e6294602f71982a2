"""Where work is done: one small interface, so that a cluster can take the place of this machine.

The run's folder is the only channel between the work and the app.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Protocol

Command = Literal["worker", "intake", "inspect", "sweep", "ahead", "fetch", "answer"]


class Engine(Protocol):
    """Starts work, ends it, and knows whether it goes on."""

    def submit(
        self, command: Command, identifier: str, folder: Path, environment: Mapping[str, str]
    ) -> int:
        """Start `command` on a run, a data set or a backbone; return a number that finds it again.

        Args:
            command: what to do.
            identifier: the id of the run or the data set, the name of the backbone.
            folder: its folder; what the work prints goes to `log.txt` there.
            environment: variables to add to the usual ones.
        """
        ...

    def get_ready(self, *, is_idle: bool) -> None:
        """Prepare for the next run, so that it begins sooner; called again and again.

        Args:
            is_idle: whether nothing is at work now.
        """
        ...

    def cancel(self, pid: int, identifier: str) -> None:
        """End the work and everything that it started, at once; nothing if it is over."""
        ...

    def alive(self, pid: int, identifier: str) -> bool:
        """Say whether the work started under `pid` for `identifier` still goes on."""
        ...
