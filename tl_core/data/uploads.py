"""Uploads: bodies streamed to disk under signed tokens, held in no memory and trusted by nobody.

A page asks for a token with `issue(session)` and hands it to the browser, which sends
`PUT /graft/upload/TOKEN` (one file) or `PUT /graft/upload/TOKEN/PART` (several, numbered from 0).
The page then calls `redeem(token, session)`, which works once, for the same session alone, and
returns what `intake.ingest` takes. A token carries its own expiry and signature, so it outlives a
restart of the server and costs nothing until it is used.
"""

import asyncio
import contextlib
import errno
import hashlib
import hmac
import os
import re
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tl_core.errors import UserError
from tl_core.settings import current

LIFETIME_S = 4 * 3600
"""How long after it was issued a token may begin an upload."""

SILENCE_S = 60.0
"""A sender that says nothing for this long is gone."""

KEPT_S = 24 * 3600
"""Uploads that nobody redeems are removed after a day; broken ones after `BROKEN_S`."""

BROKEN_S = 600
PARTS_LIMIT = 10_000
BUFFER_BYTES = 1 << 20
FOLDER_SUFFIX = ".upload"
_TOKEN = re.compile(r"([0-9a-f]{32})-([0-9a-f]{8,12})-([0-9a-f]{32})-([0-9a-f]{64})")
_STATUS = {
    "upload-token": 403,
    "upload-origin": 403,
    "upload-part": 400,
    "upload-twice": 409,
    "upload-limit": 413,
    "upload-silent": 408,
    "disk-full": 507,
}


@dataclass(frozen=True, slots=True)
class _Ticket:
    """What a valid token says."""

    id: str
    expires: int
    session: str

    @property
    def folder(self) -> Path:
        return current().uploads_dir / f"{self.id}{FOLDER_SUFFIX}"

    @property
    def used_mark(self) -> Path:
        return current().uploads_dir / f"{self.id}.used"


def issue(session: str) -> str:
    """Return a token that lets the browser of `session` send one upload."""
    claims = f"{secrets.token_hex(16)}-{int(time.time()) + LIFETIME_S:08x}-{_digest(session)}"
    return f"{claims}-{_signature(claims)}"


def redeem(token: str, session: str) -> Path:
    """Hand over what was sent under `token`; the token is then spent.

    Returns:
        The one file sent, or a folder ending in ".upload" that holds the parts.

    Raises:
        UserError: "upload-token" when the token is another session's, spent or made up;
            "upload-missing" when nothing has arrived completely.
    """
    ticket = _read_token(token)
    if ticket.session != _digest(session):
        raise _bad_token()
    files = sorted(ticket.folder.glob("[0-9]*")) if ticket.folder.is_dir() else []
    if not files or any(file.suffix for file in files):
        raise UserError(
            "upload-missing", "The upload has not arrived completely.", "Send it again."
        )
    try:
        ticket.used_mark.touch(exist_ok=False)
    except FileExistsError as error:
        raise _bad_token() from error
    return files[0] if len(files) == 1 else ticket.folder


def discard(token: str) -> None:
    """Forget what was sent under `token`, for instance after Cancel."""
    with contextlib.suppress(UserError):
        shutil.rmtree(_read_token(token).folder, ignore_errors=True)


def sweep() -> None:
    """Remove uploads that broke off or that nobody fetched; every new upload does it."""
    now = time.time()
    for path in current().uploads_dir.glob("*"):
        if path.suffix == FOLDER_SUFFIX:
            for part in path.glob("*.part"):
                if _age(part, now) > BROKEN_S:
                    part.unlink(missing_ok=True)
        newest = min((_age(entry, now) for entry in (path, *_children(path))), default=0.0)
        if newest > KEPT_S:
            _remove(path)


def routes() -> list[Route]:
    """Return the routes that receive uploads."""
    return [
        Route("/graft/upload/{token}", receive, methods=["PUT"]),
        Route("/graft/upload/{token}/{part}", receive, methods=["PUT"]),
    ]


async def receive(request: Request) -> Response:
    """Stream one body to disk; answer 201, or say as JSON what was refused."""
    try:
        _check_origin(request)
        ticket = _read_token(request.path_params["token"])
        if ticket.expires < time.time() or await run_in_threadpool(ticket.used_mark.exists):
            raise _bad_token()
        part = _read_part(request.path_params.get("part", "0"))
        if part == 0:
            await run_in_threadpool(sweep)
        received = await _receive(request, ticket, part)
    except UserError as error:
        body = {"code": error.code, "message": error.message, "hint": error.hint}
        return JSONResponse(body, _STATUS[error.code], headers={"connection": "close"})
    except ClientDisconnect:
        return Response(status_code=499)
    return JSONResponse({"received": received}, 201)


async def _receive(request: Request, ticket: _Ticket, part: int) -> int:
    """Write the body to `PART.part` and rename it when whole; leave nothing of a broken one."""
    room = await run_in_threadpool(_room, ticket)
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > room:
        raise _too_large()
    target = ticket.folder / f"{part:06}"
    temporary = target.with_suffix(".part")
    file = await run_in_threadpool(_claim, target, temporary, int(declared))
    whole = False
    try:
        received = await _write_body(request, file, room)
        await run_in_threadpool(file.close)
        temporary.rename(target)
        whole = True
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _disk_full() from error
        raise
    finally:
        if not whole:
            file.close()
            temporary.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                ticket.folder.rmdir()  # only when no other part is there
    return received


async def _write_body(request: Request, file: BinaryIO, room: int) -> int:
    received = 0
    pending = bytearray()
    stream = request.stream().__aiter__()
    while True:
        try:
            async with asyncio.timeout(SILENCE_S):
                chunk = await anext(stream, None)
        except TimeoutError as error:
            raise UserError("upload-silent", "The upload fell silent.", "Send it again.") from error
        if chunk is None:
            break
        received += len(chunk)
        if received > room:
            raise _too_large()
        pending += chunk
        if len(pending) >= BUFFER_BYTES:
            await run_in_threadpool(file.write, bytes(pending))
            pending.clear()
    await run_in_threadpool(file.write, bytes(pending))
    return received


def _claim(target: Path, temporary: Path, declared: int) -> BinaryIO:
    target.parent.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(target.parent).free < declared:
        raise _disk_full()
    if target.exists():
        raise _twice()
    try:
        return temporary.open("xb", buffering=0)
    except FileExistsError as error:
        raise _twice() from error


def _room(ticket: _Ticket) -> int:
    """Return how many bytes may still come under this token."""
    sent = sum(file.stat().st_size for file in ticket.folder.glob("[0-9]*"))
    return current().upload_limit_bytes - sent


def _check_origin(request: Request) -> None:
    """Refuse what another site's page sends through a visitor's browser."""
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site", "same-origin")
    foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if foreign or site != "same-origin":
        raise UserError(
            "upload-origin", "The upload came from another site.", "Send it from Graft's own page."
        )


def _read_token(token: str) -> _Ticket:
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise _bad_token()
    claims, _, signature = token.rpartition("-")
    if not hmac.compare_digest(signature, _signature(claims)):
        raise _bad_token()
    return _Ticket(match[1], int(match[2], 16), match[3])


def _read_part(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) >= PARTS_LIMIT:
        raise UserError("upload-part", "The upload has a part of no number.", "Send it again.")
    return int(text)


def _signature(claims: str) -> str:
    return hmac.new(_key(), claims.encode(), hashlib.sha256).hexdigest()


def _digest(session: str) -> str:
    return hashlib.sha256(session.encode()).hexdigest()[:32]


def _key() -> bytes:
    """Return this home's signing key, made at first use and readable by its owner alone."""
    path = current().home / "upload.key"
    while True:
        with contextlib.suppress(FileNotFoundError):
            key = path.read_bytes()
            if len(key) == 32:
                return key
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
        temporary.replace(path)


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


def _bad_token() -> UserError:
    return UserError(
        "upload-token",
        "This upload is not allowed: its token is unknown, spent or too old.",
        "Reload the page and send the file again.",
    )


def _too_large() -> UserError:
    return UserError(
        "upload-limit",
        f"The upload is larger than the limit of {current().upload_limit_bytes / 1024**3:.3g} GiB.",
        "Send fewer or smaller pictures, or raise GRAFT_UPLOAD_LIMIT_BYTES.",
    )


def _disk_full() -> UserError:
    return UserError("disk-full", "The disk is full.", "Free some space, then send it again.")


def _twice() -> UserError:
    return UserError("upload-twice", "This upload was sent already.", "Reload the page.")
