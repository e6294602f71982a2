"""Downloads by a route of our own: each link is a ticket; see `tickets`.

Names come from people: the header gets a safe form.
"""

from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from pages.parts.web import tickets
from tl_core.export import names

PURPOSE = "download"


def url(path: Path, name: str) -> str:
    """Return an address under which `path` can be fetched for some hours.

    Args:
        path: a file inside the home folder.
        name: what to call the file on the person's disk; made safe.

    Raises:
        ValueError: if `path` lies outside the home folder.
    """
    return f"/graft/download/{tickets.of(PURPOSE, path, name=names.file(name))}"


async def download(request: Request) -> Response:
    """Serve the file that a valid link names."""
    told = tickets.opened(PURPOSE, request.path_params["ticket"])
    if told is None:
        return PlainTextResponse(
            "This link is not valid any more. Ask the page for a new one.", 403
        )
    path = await run_in_threadpool(tickets.file_of, told)
    if path is None:
        return PlainTextResponse("This file is not there any more.", 404)
    return FileResponse(
        path,
        filename=told["name"],
        media_type="application/octet-stream",
        headers={"x-content-type-options": "nosniff", "cache-control": "no-store"},
    )


def routes() -> list[BaseRoute]:
    """Return the route of downloads."""
    return [Route("/graft/download/{ticket}", download, methods=["GET"])]
