"""Tickets: each names one file of the home folder, carries its own proof, is for one purpose, and ends.

They are signed with a key kept in the home folder, so they outlive a restart of the server and need
no list in memory.
"""

import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BinasciiError
from pathlib import Path
from typing import Any

from tl_core.base import settings, signing

VALID_FOR_S = 12 * 3600


def of(purpose: str, path: Path, **more: str) -> str:
    """Return a ticket.

    Args:
        purpose: what it is for; a ticket for something else does not open it.
        path: a file inside the home folder.
        more: what else it says.

    Raises:
        ValueError: if `path` lies outside the home folder.
    """
    inside = path.resolve().relative_to(settings.current().home.resolve())
    told = {"path": inside.as_posix(), **more, "until": int(time.time()) + VALID_FOR_S}
    body = urlsafe_b64encode(json.dumps(told).encode()).decode()
    return f"{body}.{signing.signature(purpose, body)}"


def opened(purpose: str, ticket: str) -> dict[str, Any] | None:
    """Return what a ticket says, None where it is not ours, or not for this, or has ended."""
    body, _, signature = ticket.partition(".")
    if not signing.is_signed(purpose, body, signature):
        return None
    try:
        read = json.loads(urlsafe_b64decode(body))
    except (ValueError, BinasciiError):
        return None
    return read if read["until"] > time.time() else None


def file_of(told: dict[str, Any]) -> Path | None:
    """Return the file that a ticket names, None where it is not there any more."""
    home = settings.current().home.resolve()
    path = (home / told["path"]).resolve()
    return path if path.is_relative_to(home) and path.is_file() else None
