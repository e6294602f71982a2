"""Our own routes beside the pages, and the headers that every answer carries."""

import re
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.parts import downloads
from tl_core.data import datasets, receiving

COMPONENTS = Path(__file__).resolve().parents[2] / "assets" / "components"
MODULES = frozenset(path.name for path in COMPONENTS.glob("*.js"))
XSRF_COOKIE = "_streamlit_xsrf"
HASH = re.compile(r"[0-9a-f]{64}")
FOREVER = "private, max-age=31536000, immutable"
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
