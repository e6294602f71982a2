"""While a backup is made nothing is removed: what the store names must still be there when it is copied."""

from tl_core.base import settings
from tl_core.base.errors import UserError
from tl_core.base.locks import Lock

FILE = "backup.lock"


def take() -> Lock:
    """Keep everything in its place until the lock is released.

    Raises:
        UserError: "backup-running" if another backup is being made.
        OSError: the home cannot be written.
    """
    lock = _lock()
    holder = lock.take()
    if holder is not None:
        raise UserError(
            "backup-running",
            "Process {process} is making a backup already.",
            "Wait for it to end.",
            process=holder,
        )
    return lock


def is_taken() -> bool:
    """Say whether a backup is being made."""
    lock = _lock()
    if not lock.path.exists():
        return False
    if lock.take() is not None:
        return True
    lock.release()
    return False


def require_free() -> None:
    """Refuse to remove anything while a backup is made.

    Raises:
        UserError: "in-use".
    """
    if is_taken():
        raise UserError(
            "in-use",
            "A backup is being made just now.",
            "Try again when it is done; nothing is removed meanwhile.",
        )


def _lock() -> Lock:
    return Lock(settings.current().home / FILE)
