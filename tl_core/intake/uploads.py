"""Uploads as they lie on disk, under signed tokens that are trusted by nobody else.

A page asks for a token with `issue(session)` and hands it to the browser, which sends the upload
in numbered parts (see `receiving`). The page then calls `redeem(token, session)`, which works
once, for the same session alone, and returns what `importing.ingest` takes. A token carries its own
expiry and signature, so it outlives a restart of the server and costs nothing until it is used.
"""

import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tl_core.base import signing
from tl_core.base.errors import UserError
from tl_core.base.files import is_disk_full
from tl_core.base.settings import current
from tl_core.intake.upload_room import FOLDER_SUFFIX, ROOM, disk_full, require_room, too_large

__all__ = ("disk_full", "require_room", "too_large")
"""What stands in `upload_room` and belongs to uploads all the same."""

LIFETIME_S = 4 * 3600
"""How long after it was issued a token may begin an upload; one that has begun may go on."""

ABANDONED_S = 120
"""An upload on its way shows a sign of life every 20 s; after so long without one it is removed."""

KEPT_S = 24 * 3600
"""What was handed over, and anything else among the uploads, is removed after a day."""

NAMES = "names.json"
"""What people called the first parts of an upload; it lies beside them."""

_TOKEN = re.compile(r"([0-9a-f]{32})-([0-9a-f]{8,12})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a valid token says."""

    id: str
    expires: int
    session: str
    owner: str

    @property
    def folder(self) -> Path:
        return current().uploads_dir / f"{self.id}-{self.owner}{FOLDER_SUFFIX}"

    @property
    def used_mark(self) -> Path:
        return self.folder.with_suffix(".used")

    @property
    def is_forgotten(self) -> bool:
        """Whether this process issued it and gave it up since, for newer ones of the same session."""
        return ROOM.has_forgotten(self.id) and not self.folder.is_dir()


def issue(session: str) -> str:
    """Return a token that lets the browser of `session` send one upload.

    Only so many are open at once: the oldest that has begun nothing is given up for a new one.
    """
    identifier, ends = ROOM.new_token(_digest(session)), int(time.time()) + LIFETIME_S
    whose = f"{_digest(session)}-{_digest(current().owner)[:16]}"
    claims = f"{identifier}-{ends:08x}-{whose}"
    return f"{claims}-{signing.signature('upload', claims)}"


def expires(token: str) -> int:
    """Return the second (since 1970) until which `token` may begin an upload."""
    return _read_token(token).expires


def redeem(token: str, session: str, parts: int | None = None, names: Sequence[str] = ()) -> Path:
    """Hand over what was sent under `token`; the token is then spent.

    Args:
        token: as issued.
        session: whose upload it is.
        parts: how many parts the sender sent; None when it does not say.
        names: what the archives were called that came first, for `archives_of`.

    Returns:
        The one file sent, or a folder ending in ".upload" that holds the parts.

    Raises:
        UserError: "upload-token" when the token is another session's, spent or made up;
            "upload-missing" when not every part has arrived completely.
    """
    ticket = _read_token(token)
    if ticket.session != _digest(session):
        raise bad_token()
    if ticket.used_mark.exists():
        raise bad_token()
    files = sorted(ticket.folder.glob("[0-9]*")) if ticket.folder.is_dir() else []
    expected = [f"{number:06}" for number in range(len(files) if parts is None else parts)]
    if not files or [file.name for file in files] != expected:
        raise UserError(
            "upload-missing", "The upload has not arrived completely.", "Send it again."
        )
    try:
        ticket.used_mark.touch(exist_ok=False)
    except FileExistsError as error:
        raise bad_token() from error
    ROOM.forget(ticket.id)
    if names:
        (ticket.folder / NAMES).write_text(json.dumps(list(names)), "utf-8")
    return files[0] if len(files) == 1 else ticket.folder


def archives_of(source: Path) -> list[tuple[Path, str]]:
    """Return the archives that make up `source`, each with what people call it.

    Args:
        source: what `redeem` returned, or an archive of this machine.

    Returns:
        Files in their order, and names; "" for one that was packed on the way here.
    """
    files = sorted(source.iterdir()) if source.is_dir() else [source]
    if not _is_upload(source):
        return [(file, file.name) for file in files]
    kept = (source if source.is_dir() else source.parent) / NAMES
    names = json.loads(kept.read_text("utf-8")) if kept.exists() else []
    files = [file for file in files if file != kept]
    return list(zip(files, [*names, *[""] * len(files)], strict=False))


def discard(token: str) -> None:
    """Forget what was sent under `token`, for instance after Cancel; it takes nothing more."""
    with contextlib.suppress(UserError):
        ticket = _read_token(token)
        has_begun = ticket.folder.is_dir() or not ROOM.knows(ticket.id)
        ROOM.forget(ticket.id)
        if has_begun:
            ticket.used_mark.parent.mkdir(parents=True, exist_ok=True)
            ticket.used_mark.touch()
            shutil.rmtree(ticket.folder, ignore_errors=True)


def keep(data: bytes) -> Path:
    """Write a small file that came another way among the uploads; return its path.

    Raises:
        UserError: "upload-limit" or "disk-full".
    """
    require_room(len(data))
    folder = current().uploads_dir
    path = folder / f"{secrets.token_hex(16)}.file"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        path.unlink(missing_ok=True)
        if is_disk_full(error):
            raise disk_full() from error
        raise
    return path


def remove(path: Path) -> None:
    """Remove an upload that was handed over; never anything that lies elsewhere."""
    path = path.resolve()
    if _is_upload(path):
        _remove(path.parent if path.parent.suffix == FOLDER_SUFFIX else path)


def sweep() -> None:
    """Remove uploads whose sender is gone, and whatever else is older than a day.

    Call it every half minute: 100 browsers closed in the middle of an upload may fill a disk.
    """
    now = time.time()
    for path in current().uploads_dir.glob("*"):
        is_handed_over = path.with_suffix(".used").exists()
        is_on_its_way = path.suffix == FOLDER_SUFFIX and not is_handed_over
        age = min((_age(entry, now) for entry in (path, *_children(path))), default=0.0)
        if age > (ABANDONED_S if is_on_its_way else KEPT_S):
            _remove(path)


# What the route asks


def ticket_of(token: str) -> Ticket:
    """Return what `token` says.

    Raises:
        UserError: "upload-token" when it is made up, spent, or too old to begin an upload.
    """
    ticket = _read_token(token)
    is_late = ticket.expires < time.time() and not ticket.folder.is_dir()
    if is_late or ticket.is_forgotten or ticket.used_mark.exists():
        raise bad_token()
    return ticket


def claim(target: Path, temporary: Path) -> BinaryIO:
    """Open `temporary`, which becomes the part `target`; one sender at a time.

    Raises:
        UserError: "upload-twice" when the part has arrived already, "upload-busy" while another
            request is sending it.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        raise UserError("upload-twice", "This upload was sent already.", "Reload the page.")
    try:
        return temporary.open("xb", buffering=0)
    except FileExistsError as error:
        raise UserError(
            "upload-busy", "This part is still being sent.", "Try again in a minute."
        ) from error


def touch(ticket: Ticket) -> None:
    """Note a sign of life of the sender."""
    with contextlib.suppress(FileNotFoundError):
        os.utime(ticket.folder)


def _read_token(token: str) -> Ticket:
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise bad_token()
    claims, _, signature = token.rpartition("-")
    if not signing.is_signed("upload", claims, signature):
        raise bad_token()
    return Ticket(match[1], int(match[2], 16), match[3], match[4])


def _digest(session: str) -> str:
    return hashlib.sha256(session.encode()).hexdigest()[:32]


def _is_upload(path: Path) -> bool:
    return current().uploads_dir.resolve() in path.resolve().parents


def _children(path: Path) -> list[Path]:
    return list(path.iterdir()) if path.is_dir() else []


def _age(path: Path, now: float) -> float:
    try:
        return now - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def bad_token() -> UserError:
    return UserError(
        "upload-token",
        "This upload is not allowed: its token is unknown, spent or too old.",
        "Reload the page and send the file again.",
    )
