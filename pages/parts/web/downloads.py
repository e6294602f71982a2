"""Downloads by a route of our own: each link names one file, carries its own proof, and ends.

A link is signed with a key kept in the home folder, so it outlives a restart of the server and
needs no list of tokens in memory. Names come from people: the header gets a safe form.
"""

import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BinasciiError
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from tl_core.base import settings, signing
from tl_core.export import names

VALID_FOR_S = 12 * 3600


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
    return f"/graft/download/{body}.{signing.signature('download', body)}"


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
    if not signing.is_signed("download", body, signature):
        return None
    try:
        read = json.loads(urlsafe_b64decode(body))
    except (ValueError, BinasciiError):
        return None
    return read if read["until"] > time.time() else None
