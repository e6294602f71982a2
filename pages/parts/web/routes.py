"""Our own routes beside the pages, and what every request and answer passes through.

From outside to inside: `policy.SecurityHeaders` (headers and the content security policy on all answers),
`guard.Guard` (the host must be one of ours, the origin our own; without an access code only connections
of this computer), `access.AccessCode` (a signed cookie, or the page that asks), `held_uploads` (what
Streamlit's own fields hold in memory, for a session and in all), then
`steady_page` (a late refresh changes no page).
"""

import re
from pathlib import Path

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from pages.parts.web import downloads, live_answers, packed_pages
from pages.parts.web.access import AccessCode
from pages.parts.web.guard import Guard
from pages.parts.web.held_uploads import HeldUploads
from pages.parts.web.policy import SecurityHeaders
from pages.parts.web.steady_page import SteadyPage
from tl_core.intake import receiving
from tl_core.modalities.picture import pictures

COMPONENTS = Path(__file__).resolve().parents[3] / "assets" / "components"
MODULES = frozenset(path.name for path in COMPONENTS.glob("*.js"))
XSRF_COOKIE = "_streamlit_xsrf"
HASH = re.compile(r"[0-9a-f]{64}")
FOREVER = "private, max-age=31536000, immutable"


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
    xsrf_cookie = XSRF_COOKIE if st.get_option("server.enableXsrfProtection") else ""
    return [
        Route("/graft/thumbnail/{hash}", thumbnail, methods=["GET"]),
        Route("/graft/picture/{hash}", picture, methods=["GET"]),
        *downloads.routes(),
        *packed_pages.routes(),
        Route("/graft/components/{name}", module, methods=["GET"]),
        *live_answers.routes(xsrf_cookie),
        *receiving.routes(xsrf_cookie),
    ]


def middleware() -> list[Middleware]:
    """Return what every request passes through, from outside to inside."""
    around = (SecurityHeaders, Guard, AccessCode, HeldUploads, SteadyPage)
    return [Middleware(one) for one in around]
