"""One process at a time serves a store, brings a backup back into it, or repairs it."""

from pathlib import Path

from tl_core.base.errors import UserError
from tl_core.base.locks import Lock
from tl_core.store import refusals


def claim(home: Path) -> Lock:
    """Take the store for this process.

    Raises:
        UserError: "server-running" if another server has it; "disk-full", "disk-read-only" or
            "store-read-only" if nothing can be written there.
    """
    lock = Lock(home / "server.lock")
    try:
        holder = lock.take()
    except OSError as error:
        raise refusals.home(home, error) from error
    if holder is not None:
        raise UserError(
            "server-running",
            "Another Graft already runs on {home}: process {process}.",
            "Use that one, stop it, or set GRAFT_HOME to another folder.",
            home=home,
            process=holder,
        )
    return lock
