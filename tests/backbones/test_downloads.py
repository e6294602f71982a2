"""A file fetched by HTTP: what goes wrong is told in one line, and nothing but the file is asked for."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tl_core.backbones import downloads


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/file")
            self.end_headers()
        elif self.path == "/file":
            self.send_response(200)
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"bits")
        else:
            self.send_error(404)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def fetched(url: str, target: Path, limit_bytes: int = 100) -> bytes:
    downloads.fetch(url, target, expected_bytes=4, limit_bytes=limit_bytes, timeout_s=5)
    return target.read_bytes()


def test_a_file_that_moved_is_followed(address: str, tmp_path: Path) -> None:
    assert fetched(f"{address}/moved", tmp_path / "file") == b"bits"


def test_what_is_not_there_is_told_in_one_line(address: str, tmp_path: Path) -> None:
    with pytest.raises(downloads.FetchError, match=r"^404 Not Found$"):
        fetched(f"{address}/gone", tmp_path / "file")


def test_more_than_the_limit_is_not_taken(address: str, tmp_path: Path) -> None:
    with pytest.raises(downloads.FetchError, match="far more arrived"):
        fetched(f"{address}/file", tmp_path / "file", limit_bytes=3)
    assert (tmp_path / "file").read_bytes() == b""


@pytest.mark.parametrize("proxy", ["nonsense://127.0.0.1:1", "socks5://127.0.0.1:1"])
def test_a_proxy_that_is_none_is_told_and_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(downloads.FetchError):
        fetched("http://example.org/file", tmp_path / "file")
