"""Where work is done: one small interface, so that a cluster can take the place of this machine.

The folder of a job is the only channel between the work and the app. An engine is one module and one
line in `ENGINES`; the settings say which one is in use.
"""

import threading
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Protocol

from tl_core.base import settings
from tl_core.base.errors import UserError


class Engine(Protocol):
    """Starts work, ends it, and knows whether it goes on.

    Work is known by a handle: a text that the engine gives and nobody else reads.
    """

    def submit(self, kind: str, subject: str, folder: Path, environment: Mapping[str, str]) -> str:
        """Start a job and return its handle.

        Args:
            kind: of the job.
            subject: what it is about.
            folder: its folder; what the work prints goes to `log.txt` there.
            environment: variables to add to the usual ones.
        """
        ...

    def here(self, subject: str) -> str:
        """Return the handle of this very process, which does a job itself."""
        ...

    def get_ready(self, *, is_idle: bool) -> None:
        """Prepare for the next run, so that it begins sooner; called again and again.

        Args:
            is_idle: whether nothing is at work now.
        """
        ...

    def cancel(self, handle: str) -> None:
        """End the work and everything that it started, at once; nothing if it is over."""
        ...

    def alive(self, handle: str) -> bool:
        """Say whether the work with this handle still goes on."""
        ...


ENGINES: dict[str, str] = {"local": "tl_core.jobs.engines.local:LocalEngine"}
"""By name, as in GRAFT_ENGINE, where the class of each is found; loaded when it is used."""

_IN_USE: list[Engine] = []
_MAKING = threading.Lock()


def use(engine: Engine) -> None:
    """Let all work from now on be done by `engine`."""
    _IN_USE[:] = [engine]


def in_use() -> Engine:
    """Return the engine that does the work of this process.

    Raises:
        UserError: "engine" when the settings name one that there is not.
    """
    with _MAKING:  # two threads must not make two
        if not _IN_USE:
            use(_made(settings.current().engine))
        return _IN_USE[0]


def _made(name: str) -> Engine:
    if name not in ENGINES:
        raise UserError(
            "engine",
            "There is no engine called {name!r}.",
            "Set GRAFT_ENGINE to one of: {names}.",
            name=name,
            names=", ".join(ENGINES),
        )
    module, _, made = ENGINES[name].partition(":")
    return getattr(import_module(module), made)()
