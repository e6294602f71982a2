"""Headers on every answer that tell the browser what to forbid, the content security policy among them."""

import base64
import hashlib
import re
from collections.abc import MutableMapping
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from pages.parts.shared import errors

HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"SAMEORIGIN",
    b"referrer-policy": b"same-origin",
    b"permissions-policy": b"camera=(self), microphone=(), geolocation=()",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
}
_POLICY = b"content-security-policy"
_SCRIPT = re.compile(rb"<script(?P<about>[^>]*)>(?P<text>.*?)</script>", re.DOTALL | re.IGNORECASE)
# What is no page needs nothing at all; a browser that opens it runs nothing in it.
_FILES = re.compile(r"^/graft/(?:picture|thumbnail|download|upload|live)/")
_OF_FILES = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"


class SecurityHeaders:
    """Adds the headers to every answer that does not bring its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; touch only the start of answers."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(message, scope)
            await send(message)

        await self.app(scope, receive, with_headers)


def on_error(request: Request, error: Exception) -> Response:
    """Answer for a route that failed: a code, which the log explains, and nothing else."""
    code = errors.written(f"bug-{errors.log_bug(error)}")
    answer = PlainTextResponse(f"Something went wrong here. Code: {code}", 500)
    for name, value in _wanted(request.scope).items():
        answer.headers[name.decode()] = value.decode()
    return answer


def content_policy(host: str, path: str = "/") -> str:
    """Return the content security policy of an answer.

    Streamlit reads a photo of the camera from its `data:` address, starts its components from `blob:` addresses that only its own script can make, and
    writes style elements. Everything else comes from this server; no script in a page's text runs
    but Streamlit's own one, which is known by its hash.

    Args:
        host: as the browser calls this server; empty where it is not trusted.
        path: what was asked for.
    """
    if _FILES.match(path):
        return _OF_FILES
    # Some browsers do not count WebSockets of the same address as 'self'.
    sockets = f" ws://{host} wss://{host}" if host else ""
    scripts = " ".join(f"'sha256-{digest}'" for digest in inline_scripts())
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' {scripts} blob:".replace("  ", " "),
            "script-src-attr 'none'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "media-src 'self' blob:",
            "worker-src 'self' blob:",
            f"connect-src 'self'{sockets} data: blob:",
            "frame-src 'none'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        )
    )


@cache
def inline_scripts() -> tuple[str, ...]:
    """Return the hashes of the scripts that stand inside Streamlit's own page, as installed."""
    page = (Path(st.__file__).parent / "static" / "index.html").read_bytes()
    page = page.replace(b"\r\n", b"\n")  # as a browser reads it
    return tuple(
        base64.b64encode(hashlib.sha256(found["text"]).digest()).decode()
        for found in _SCRIPT.finditer(page)
        if b"src=" not in found["about"]
    )


def _add(message: MutableMapping[str, Any], scope: Scope) -> None:
    present = {name.lower() for name, _ in message.get("headers", [])}
    missing = [pair for pair in _wanted(scope).items() if pair[0] not in present]
    message["headers"] = [*message.get("headers", []), *missing]


def _wanted(scope: Scope) -> dict[bytes, bytes]:
    host = Headers(scope=scope).get("host", "")
    trusted = host if is_host_allowed(host) and host.isascii() else ""
    return {**HEADERS, _POLICY: content_policy(trusted, scope["path"]).encode()}
