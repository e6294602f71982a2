"""Our own routes beside the pages, and what every request and answer passes through.

From outside to inside: `policy.SecurityHeaders` (headers and the content security policy on all answers),
`guard.Guard` (the host must be one of ours, the origin our own; without an access code only connections
of this computer), `access.AccessCode` (a signed cookie, or the page that asks), `held_uploads` (what
Streamlit's own fields hold in memory, for a session and in all), then `SteadyPage`.
"""

import re
from pathlib import Path

import streamlit as st
from google.protobuf.message import DecodeError
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from pages.parts.web import downloads
from pages.parts.web.access import AccessCode
from pages.parts.web.guard import Guard
from pages.parts.web.held_uploads import HeldUploads
from pages.parts.web.policy import SecurityHeaders
from tl_core.intake import receiving
from tl_core.modalities.picture import pictures

COMPONENTS = Path(__file__).resolve().parents[3] / "assets" / "components"
MODULES = frozenset(path.name for path in COMPONENTS.glob("*.js"))
XSRF_COOKIE = "_streamlit_xsrf"
HASH = re.compile(r"[0-9a-f]{64}")
FOREVER = "private, max-age=31536000, immutable"
LONGEST_BEGINNING = 64 * 1024
"""Bytes; the message that begins to draw a page is far shorter, and none longer is looked into."""


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
        pictures.thumbnail_path if small else pictures.picture_path, name
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


def middleware() -> list[Middleware]:
    """Return what every request passes through, from outside to inside."""
    around = (SecurityHeaders, Guard, AccessCode, HeldUploads, SteadyPage)
    return [Middleware(one) for one in around]
