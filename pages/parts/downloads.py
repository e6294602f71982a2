"""Downloads by a route of our own: each link names one file, carries its own proof, and ends.

A link is signed with a key kept in the home folder, so it outlives a restart of the server and
needs no list of tokens in memory. Names come from people: the header gets a safe form.
"""

import hashlib
import hmac
import json
import os
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BinasciiError
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from tl_core import settings
from tl_core.export import names

VALID_FOR_S = 12 * 3600
KEY_BYTES = 32


def url(path: Path, name: str) -> str:
    """Return an address under which `path` can be fetched for some hours.

    Args:
        path: a file inside the home folder.
        name: what to call the file on the person's disk; made safe.

    Raises:
        ValueError: if `path` lies outside the home folder.
    """
    inside = path.resolve().relative_to(settings.current().home.resolve())
    ticket = {
        "path": inside.as_posix(),
        "name": names.file(name),
        "until": int(time.time()) + VALID_FOR_S,
    }
    body = urlsafe_b64encode(json.dumps(ticket).encode()).decode()
    return f"/graft/download/{body}.{_signature(body)}"


async def download(request: Request) -> Response:
    """Serve the file that a valid link names."""
    ticket = _opened(request.path_params["ticket"])
    if ticket is None:
        return PlainTextResponse(
            "This link is not valid any more. Ask the page for a new one.", 403
        )
    home = settings.current().home.resolve()
    path = (home / ticket["path"]).resolve()
    is_there = await run_in_threadpool(path.is_file)
    if not path.is_relative_to(home) or not is_there:
        return PlainTextResponse("This file is not there any more.", 404)
    return FileResponse(
        path,
        filename=ticket["name"],
        media_type="application/octet-stream",
        headers={"x-content-type-options": "nosniff", "cache-control": "no-store"},
    )


def routes() -> list[BaseRoute]:
    """Return the route of downloads."""
    return [Route("/graft/download/{ticket}", download, methods=["GET"])]


def _opened(ticket: str) -> dict[str, str] | None:
    body, _, signature = ticket.partition(".")
    if not hmac.compare_digest(signature.encode(), _signature(body).encode()):
        return None
    try:
        read = json.loads(urlsafe_b64decode(body))
    except (ValueError, BinasciiError):
        return None
    return read if read["until"] > time.time() else None


def _signature(body: str) -> str:
    return hmac.new(_key(), body.encode(), hashlib.sha256).hexdigest()


def _key() -> bytes:
    """Return the key of this home, made on first use and readable by its owner alone."""
    path = settings.current().home / "download.key"
    try:
        return _whole(path.read_bytes(), path)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
    # Two first clicks at once: the first link wins, and both read what it left.
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return _whole(path.read_bytes(), path)


def _whole(key: bytes, path: Path) -> bytes:
    if len(key) != KEY_BYTES:
        raise ValueError(f"{path} must hold {KEY_BYTES} bytes; it has {len(key)}. Remove the file.")
    return key
