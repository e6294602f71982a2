"""Which requests are answered at all: those that name this server as their host, from pages of this very address.

A page of another site may send requests through a visitor's browser, and may let its own name lead
to this computer. The browser tells both: in `Origin` where a request comes from, in `Host` whom it
was meant for. Every route and the WebSocket look at them here, before anything else does.
"""

import ipaddress
import os
import socket
import sys
from collections.abc import Iterable
from typing import NoReturn
from urllib.parse import urlsplit

import psutil
import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import config
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from tl_core.base import settings
from tl_core.base.addresses import LOOPBACK_NAMES, is_loopback
from tl_core.base.errors import UserError

EXIT_REFUSED = 2
SHORTEST_CODE = 8
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_PORTS = {"http": 80, "https": 443}


def require_safe_start() -> None:
    """End the process with exit code 2 and one line, rather than serve strangers unasked.

    Where other computers may connect, an access code must be set; the names under which they reach
    this one are then allowed besides those of the configuration.
    """
    try:
        check_start(st.get_option("server.address") or "", _code())
    except UserError as error:
        _refuse(error)
    allowed = list(st.get_option("server.allowedHosts") or LOOPBACK_NAMES)
    if is_loopback(st.get_option("server.address") or ""):
        own: Iterable[str] = ("::1",) if "localhost" in allowed else ()
    else:
        own = own_names()
    config.set_option("server.allowedHosts", [*dict.fromkeys([*allowed, *own])])


def check_start(address: str, code: str) -> None:
    """Check where the server is to listen.

    Args:
        address: as configured; empty means every network of this computer.
        code: the access code, empty for none.

    Raises:
        UserError: "access-code" when others could connect and no code, or too short a one, is set.
    """
    if code and len(code) < SHORTEST_CODE:
        raise UserError(
            "access-code",
            "The access code has {length} characters.",
            "Set GRAFT_ACCESS_CODE to at least {shortest}.",
            length=len(code),
            shortest=SHORTEST_CODE,
        )
    if not code and not is_loopback(address):
        raise UserError(
            "access-code",
            "Other computers could connect to {address}, and no access code is set.",
            "Set GRAFT_ACCESS_CODE, or start with --server.address 127.0.0.1.",
            address=address or "every address of this computer",
        )


def own_names() -> list[str]:
    """Return the names and addresses under which other computers reach this one."""
    families = (socket.AF_INET, socket.AF_INET6)
    addresses = [
        one.address.partition("%")[0]
        for found in psutil.net_if_addrs().values()
        for one in found
        if one.family in families
    ]
    return [socket.gethostname().lower(), *LOOPBACK_NAMES, *addresses]


class Guard:
    """Refuses (403) what is meant for another host or comes from another site's page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through what comes from this server's own pages, or from no browser."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        told = refusal(scope)
        if told:
            await refuse(scope, receive, send, PlainTextResponse(told, 403))
            return
        await self.app(scope, receive, send)


def refusal(scope: Scope) -> str:
    """Return why a request is not answered; nothing where it may go on."""
    headers = Headers(scope=scope)
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not is_host_allowed(hosts[0]):
        return "Graft is not called that. Open it by the address that it was started with."
    if not _code() and not _is_here(scope):
        return "Graft serves this computer only: no access code is set."
    origins = headers.getlist("origin")
    if len(origins) > 1 or any(not is_own(origin, hosts[0]) for origin in origins):
        return "This request comes from another site."
    if not origins and _should_have_origin(scope, headers):
        return "This request does not say from which site it comes."
    return ""


def is_own(origin: str, host: str) -> bool:
    """Say whether a page of `origin` was served by `host`: the same name and the same port."""
    try:
        page, asked = urlsplit(origin), urlsplit(f"//{host}")
        usual = _PORTS.get(page.scheme)
        here = (asked.hostname, asked.port or usual)
        return usual is not None and (page.hostname, page.port or usual) == here
    except ValueError:
        return False


async def refuse(scope: Scope, receive: Receive, send: Send, answer: PlainTextResponse) -> None:
    """Answer a request, or the beginning of a WebSocket, with a refusal."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})  # the server makes 403 of it
        return
    answer.headers["connection"] = "close"
    answer.headers["cache-control"] = "no-store"
    await answer(scope, receive, send)


def _should_have_origin(scope: Scope, headers: Headers) -> bool:
    """Say whether a browser would have named the page that asks.

    Only pages open a WebSocket here. Programs that send files hold a token that no page of another
    site could read, so they need not name one.
    """
    if scope["type"] == "websocket":
        return True
    if scope["method"] in SAFE_METHODS:
        return False
    return "sec-fetch-site" in headers or "mozilla/" in headers.get("user-agent", "").lower()


def _is_here(scope: Scope) -> bool:
    """Say whether the address that was connected to leads to this computer alone."""
    address = (scope.get("server") or ("localhost", None))[0]
    try:
        ipaddress.ip_address(address)
    except ValueError:  # a Unix socket, or no network at all
        return True
    return is_loopback(address)


def _code() -> str:
    return settings.current().access_code.get_secret_value()


def _refuse(error: UserError) -> NoReturn:
    print(f"graft: {error} [{error.code}]", file=sys.stderr, flush=True)
    # Not sys.exit: inside a web server's start-up that would become a traceback.
    os._exit(EXIT_REFUSED)
