"""A packed web page as a page: opened here by a phone in the same network, instead of being saved first.

A ticket for this is none for a download, and the other way round: what may be saved may not be
opened, since a file that a person brought may be a page, too.
"""

from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from pages.parts.web import tickets
from tl_core.base import addresses

PURPOSE = "page"
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval' blob:; style-src 'unsafe-inline'; "
    "img-src blob: data:; media-src blob: mediastream:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""As the page's own: it runs what stands in it, and asks nobody for anything."""


def url(path: Path) -> str:
    """Return an address under which a packed page opens for some hours.

    Args:
        path: of the page, inside the home folder.

    Raises:
        ValueError: if it lies outside the home folder.
    """
    return f"/graft/page/{tickets.of(PURPOSE, path)}"


def from_network(open_page: str) -> str:
    """Return how an address of this Graft begins for others in the network, "" where none reach it.

    Args:
        open_page: the address of the page that is open, as the person's browser has it.
    """
    parts = urlsplit(open_page)
    if not addresses.is_loopback(parts.hostname or "localhost"):
        return f"{parts.scheme}://{parts.netloc}"
    if addresses.is_loopback(st.get_option("server.address") or ""):
        return ""
    found = addresses.in_network()
    return f"{parts.scheme}://{found}:{parts.port or 80}" if found else ""


async def page(request: Request) -> Response:
    """Serve the page that a valid link names."""
    told = tickets.opened(PURPOSE, request.path_params["ticket"])
    if told is None:
        return PlainTextResponse("This link is not valid any more. Take a new one in Graft.", 403)
    path = await run_in_threadpool(tickets.file_of, told)
    if path is None:
        return PlainTextResponse("This page is not there any more. Pack it again.", 404)
    headers = {"content-security-policy": POLICY, "cache-control": "no-store"}
    return FileResponse(path, media_type="text/html", headers=headers)


def routes() -> list[BaseRoute]:
    """Return the route of packed pages."""
    return [Route("/graft/page/{ticket}", page, methods=["GET"])]
