"""Requests meant for another host, or sent by another site's page, are answered by nothing of ours."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from pages.parts.web import guard, routes
from tl_core.base.errors import UserError

ROOT = Path(__file__).resolve().parents[3]
HOST = "localhost:8501"
HERE = f"http://{HOST}"


async def _page(_: Any) -> PlainTextResponse:
    return PlainTextResponse("seen")


async def _socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


def asked(
    headers: dict[str, str],
    *,
    method: str = "GET",
    path: str = "/",
    kind: str = "http",
    server: str = "127.0.0.1",
) -> tuple[int, dict[str, str]]:
    """Ask as a browser does; return the status, 101 for an open WebSocket, 403 for one that is closed
    before it opens, and the headers.
    """
    app = Starlette(
        routes=[
            WebSocketRoute("/_stcore/stream", _socket),
            Route("/{rest:path}", _page, methods=["GET", "PUT", "POST"]),
        ],
        middleware=routes.middleware(),
    )
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        kinds = {"http": "http.request", "websocket": "websocket.connect"}
        return {"type": kinds[kind], "body": b"", "more_body": False}

    scope = {
        "type": kind,
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "scheme": "http" if kind == "http" else "ws",
        "server": (server, 8501),
        "client": ("127.0.0.1", 40_000),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "subprotocols": [],
    }
    asyncio.run(app(scope, receive, send))
    if sent[0]["type"] == "websocket.accept":
        return 101, {}
    if sent[0]["type"] == "websocket.close":
        return 403, {}
    told = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], told


PATHS = [
    "/",
    "/data",
    "/_stcore/health",
    "/_stcore/metrics",
    "/static/x.js",
    "/media/x",
    "/graft/picture/x",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example:8501", "evil.example:8501@localhost", ""]
)
def test_no_route_answers_under_another_name(home, path, host):
    status, told = asked({"host": host}, path=path)
    assert status == 403
    assert told["x-content-type-options"] == "nosniff"
    assert asked({"host": HOST}, path=path)[0] == 200


def test_a_request_without_a_host_is_not_answered(home):
    assert asked({})[0] == 403


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost:9999",
        "http://127.0.0.1:8501",
        "http://evil.example",
        "null",
        "http://[",
        "x",
    ],
)
def test_a_page_of_another_address_is_refused_whatever_it_asks(home, origin, method):
    assert asked({"host": HOST, "origin": origin}, method=method)[0] == 403
    assert asked({"host": HOST, "origin": HERE}, method=method)[0] == 200


@pytest.mark.parametrize("origin", ["http://localhost:9999", "http://evil.example", "null", None])
def test_a_websocket_of_another_page_or_of_none_is_refused(home, origin):
    headers = {"host": HOST} | ({"origin": origin} if origin else {})
    assert asked(headers, path="/_stcore/stream", kind="websocket")[0] == 403
    own = {"host": HOST, "origin": HERE}
    assert asked(own, path="/_stcore/stream", kind="websocket")[0] == 101
    other = {"host": "evil.example", "origin": "http://evil.example"}
    assert asked(other, path="/_stcore/stream", kind="websocket")[0] == 403


@pytest.mark.parametrize("sign", [{"user-agent": "Mozilla/5.0"}, {"sec-fetch-site": "same-origin"}])
def test_a_browser_that_sends_something_says_from_where(home, sign):
    assert asked({"host": HOST, **sign}, method="PUT")[0] == 403
    assert asked({"host": HOST, **sign})[0] == 200
    assert asked({"host": HOST, "user-agent": "curl/8"}, method="PUT")[0] == 200


@pytest.mark.parametrize(
    ("origin", "host", "is_own"),
    [
        ("https://graft.example", "graft.example", True),
        ("https://graft.example", "graft.example:443", True),
        ("https://graft.example:8443", "graft.example", False),
        ("http://GRAFT.example", "graft.example", True),
        ("http://[::1]:8501", "[::1]:8501", True),
        ("file://localhost:8501", "localhost:8501", False),
    ],
)
def test_an_origin_is_own_with_name_and_port(origin, host, is_own):
    assert guard.is_own(origin, host) == is_own


def test_without_a_code_only_this_computer_is_served_however_the_server_was_started(
    home, monkeypatch
):
    assert asked({"host": HOST}, server="192.168.1.5")[0] == 403
    assert asked({"host": HOST}, server="::ffff:127.0.0.1")[0] == 200
    monkeypatch.setenv("GRAFT_ACCESS_CODE", "a long code")
    assert asked({"host": HOST}, server="192.168.1.5")[0] == 401


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "localhost", "127.8.8.8", "unix:/tmp/x"])
def test_an_address_of_this_computer_needs_no_code(address):
    guard.check_start(address, "")


@pytest.mark.parametrize("address", ["", "0.0.0.0", "::", "192.168.1.5", "graft.example"])
def test_any_other_address_needs_a_code_of_some_length(address):
    for code in ("", "1234567"):
        with pytest.raises(UserError) as caught:
            guard.check_start(address, code)
        assert caught.value.code == "access-code"
    guard.check_start(address, "12345678")


@pytest.mark.parametrize("more", [["--server.address", "0.0.0.0"], ["--server.address", "::"]])
def test_a_start_on_all_addresses_without_a_code_ends_with_one_line(tmp_path, more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GRAFT_")}
    done = subprocess.run(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", "0", *more],
        cwd=ROOT,
        env={**kept, "GRAFT_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert "GRAFT_ACCESS_CODE" in line and "Traceback" not in line
    assert not (tmp_path / "home").exists()
