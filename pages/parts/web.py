"""Our own routes beside the pages, and the headers that every answer carries."""

import re
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import streamlit as st
from google.protobuf.message import DecodeError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from pages.parts import downloads
from tl_core.data import datasets, receiving

COMPONENTS = Path(__file__).resolve().parents[2] / "assets" / "components"
MODULES = frozenset(path.name for path in COMPONENTS.glob("*.js"))
XSRF_COOKIE = "_streamlit_xsrf"
HASH = re.compile(r"[0-9a-f]{64}")
FOREVER = "private, max-age=31536000, immutable"
LONGEST_BEGINNING = 64 * 1024
"""Bytes; the message that begins to draw a page is far shorter, and none longer is looked into."""
HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"SAMEORIGIN",
    b"content-security-policy": b"frame-ancestors 'self'",
    b"referrer-policy": b"same-origin",
    b"permissions-policy": b"camera=(self), microphone=(), geolocation=()",
    b"cross-origin-opener-policy": b"same-origin",
}


class SecurityHeaders:
    """Adds the headers to every answer that does not bring its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; touch only the start of HTTP answers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(message)
            await send(message)

        await self.app(scope, receive, with_headers)


class SteadyPage:
    """Keeps a late refresh of the page before from clearing the page that a person went to.

    A part that refreshes itself may ask just before a click leads elsewhere, and be answered when
    the new page is drawn. The answer names the page before; the browser takes that for a change of
    page and clears what it shows. Here it comes to name the page that is shown.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; touch only the first message of each refresh of a part."""
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        shown = ""

        async def steadily(message: Message) -> None:
            nonlocal shown
            frame = message.get("bytes")
            if frame and len(frame) <= LONGEST_BEGINNING:
                shown, message["bytes"] = steadied(frame, shown)
            await send(message)

        await self.app(scope, receive, steadily)


def steadied(frame: bytes, shown: str) -> tuple[str, bytes]:
    """Return which page a browser shows once it has this message, and the message to send.

    Args:
        frame: a message to the browser.
        shown: the page, by hash, that it shows now.
    """
    try:
        told = ForwardMsg.FromString(frame)
    except DecodeError:
        return shown, frame
    kind = told.WhichOneof("type")
    if kind == "navigation":  # which page it is, where the beginning named but the address
        return told.navigation.page_script_hash or shown, frame
    if kind != "new_session":
        return shown, frame
    if not told.metadata.run.fragment_ids:
        return told.new_session.page_script_hash, frame
    if not shown or told.new_session.page_script_hash == shown:
        return shown, frame
    told.new_session.page_script_hash = shown
    return shown, told.SerializeToString()


def _add(message: MutableMapping[str, Any]) -> None:
    present = {name.lower() for name, _ in message.get("headers", [])}
    missing = [(name, value) for name, value in HEADERS.items() if name not in present]
    message["headers"] = [*message.get("headers", []), *missing]


async def thumbnail(request: Request) -> Response:
    """Serve the small form of a stored picture."""
    return await _picture(request.path_params["hash"], small=True)


async def picture(request: Request) -> Response:
    """Serve a stored picture in full size."""
    return await _picture(request.path_params["hash"], small=False)


async def _picture(name: str, *, small: bool) -> Response:
    """Serve by hash: whoever knows the hash has seen the picture, and it never changes."""
    if not HASH.fullmatch(name):
        return PlainTextResponse("Not found", 404)
    path = await run_in_threadpool(
        datasets.thumbnail_path if small else datasets.picture_path, name
    )
    if not path.is_file():
        return PlainTextResponse("Not found", 404)
    return FileResponse(path, headers={"cache-control": FOREVER})


async def module(request: Request) -> Response:
    """Serve a script of our own components, which load one another by name."""
    name = request.path_params["name"]
    if name not in MODULES:
        return PlainTextResponse("Not found", 404)
    headers = {"cache-control": "no-cache"}  # asked for again each time, sent only when changed
    return FileResponse(COMPONENTS / name, media_type="text/javascript", headers=headers)


def routes() -> list[BaseRoute]:
    """Return every route of ours."""
    is_xsrf_checked = st.get_option("server.enableXsrfProtection")
    return [
        Route("/graft/thumbnail/{hash}", thumbnail, methods=["GET"]),
        Route("/graft/picture/{hash}", picture, methods=["GET"]),
        *downloads.routes(),
        Route("/graft/components/{name}", module, methods=["GET"]),
        *receiving.routes(XSRF_COOKIE if is_xsrf_checked else ""),
    ]
