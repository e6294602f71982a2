"""Weight files: found, checked, downloaded, adopted; or the person reads what is missing."""

import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tl_core.errors import UserError
from tl_core.models import catalogue, starter, weights

CONTENT = b"weights" * 30_000
NAME = "vgg16"


class Answers(BaseHTTPRequestHandler):
    """Serves `body` at any address."""

    body = CONTENT

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HTTPServer]:
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    made = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=made.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def empty(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No weights anywhere; returns the home folder."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return home


def published_at(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    record = replace(
        catalogue.get(NAME),
        weights_url=f"http://127.0.0.1:{port}/file.h5",
        weights_hash="md5:" + hashlib.md5(CONTENT).hexdigest(),
    )
    monkeypatch.setitem(catalogue.BACKBONES, NAME, record)


def test_missing_weights_are_named_with_three_ways_out(empty: Path) -> None:
    with pytest.raises(UserError) as refusal:
        weights.locate(NAME)
    assert refusal.value.code == "weights-missing"
    assert "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5" in refusal.value.message
    for way in ("Starter", "internet", "KERAS_HOME"):
        assert way in refusal.value.hint
    assert not weights.present(NAME)
    assert weights.present("starter")


def test_the_starter_comes_with_graft(empty: Path) -> None:
    assert weights.locate("starter") == starter.FILE


def test_a_download_is_checked_kept_and_counted(
    empty: Path, server: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    published_at(server.server_port, monkeypatch)
    told: list[tuple[int, int]] = []
    found = weights.download(NAME, lambda done, total: told.append((done, total)))
    assert found.read_bytes() == CONTENT
    assert found == weights.locate(NAME)
    assert found.parent == empty / "weights"
    assert told[-1] == (len(CONTENT), len(CONTENT))


def test_something_else_than_the_published_file_is_refused_and_not_kept(
    empty: Path, server: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    published_at(server.server_port, monkeypatch)
    monkeypatch.setattr(Answers, "body", CONTENT[:-1] + b"!")
    with pytest.raises(UserError) as refusal:
        weights.download(NAME)
    assert refusal.value.code == "weights-damaged"
    assert list((empty / "weights").iterdir()) == []


def test_a_network_that_refuses_or_keeps_silent_is_told_soon(
    empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "ANSWER_TIMEOUT_S", 0.3)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        published_at(silent.getsockname()[1], monkeypatch)
        started = time.monotonic()
        with pytest.raises(UserError) as refusal:
            weights.download(NAME)
    assert time.monotonic() - started < 3
    assert refusal.value.code == "weights-missing"
    with pytest.raises(UserError, match="downloading them failed"):
        weights.download(NAME)


def test_a_file_that_a_person_gives_is_adopted_only_if_it_is_the_published_one(
    empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published_at(1, monkeypatch)
    given = tmp_path / "from a stick.h5"
    given.write_bytes(CONTENT + b" ")
    with pytest.raises(UserError, match="not the published"):
        weights.adopt(NAME, given)
    assert not weights.present(NAME)
    given.write_bytes(CONTENT)
    assert weights.adopt(NAME, given).read_bytes() == CONTENT
    assert weights.present(NAME)


def test_a_damaged_file_in_keras_home_is_noticed(
    empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published_at(1, monkeypatch)
    file = tmp_path / "keras" / "models" / catalogue.get(NAME).weights_file
    file.parent.mkdir(parents=True)
    file.write_bytes(b"half")
    with pytest.raises(UserError) as refusal:
        weights.locate(NAME)
    assert refusal.value.code == "weights-damaged"
