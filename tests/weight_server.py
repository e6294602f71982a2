"""A real HTTP server of one small weight file on this machine, that can break off or keep waiting."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tl_core.backbones import catalogue

CONTENT = b"weights" * 300_000
NAME = "vgg16"


class Server(ThreadingHTTPServer):
    """Serves `body` at any address.

    `breaks_after` bytes of an answer the connection ends; after `waits_after` it goes on once
    `go_on` is set. `asked` holds the Range of every request.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.body = CONTENT
        self.knows_ranges = True
        self.breaks_after: int | None = None
        self.waits_after: int | None = None
        self.go_on = threading.Event()
        self.asked: list[str | None] = []


class _Answers(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server, wanted = self.server, self.headers.get("Range")
        server.asked.append(wanted)
        start = int(wanted[len("bytes=") : -1]) if wanted and server.knows_ranges else 0
        if start >= len(server.body):
            self.send_error(416)
            return
        rest = server.body[start:]
        self.send_response(206 if start else 200)
        if start:
            end = len(server.body)
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{end}")
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        if server.waits_after is not None:
            self.wfile.write(rest[: server.waits_after])
            server.go_on.wait()
            rest = rest[server.waits_after :]
        try:
            self.wfile.write(rest[: server.breaks_after])
        except OSError:  # whoever asked was stopped
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def publishing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Serve the weights of `NAME`, whose record leads there, to whoever asks in this process."""
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Server() as server:
        publish(f"http://127.0.0.1:{server.server_port}/file.h5", monkeypatch)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.go_on.set()
            server.shutdown()
            thread.join()


def publish(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the record of `NAME` tell of `CONTENT` at `url`."""
    record = replace(
        catalogue.get(NAME),
        weights_url=url,
        weights_hash="md5:" + hashlib.md5(CONTENT).hexdigest(),
    )
    monkeypatch.setitem(catalogue.BACKBONES, NAME, record)
