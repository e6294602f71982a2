"""Weight files: found, checked, downloaded, adopted; or the person reads what is missing."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.weight_server import CONTENT, NAME, Server, publish, publishing
from tl_core.backbones import catalogue, starter, weights
from tl_core.base.errors import UserError


@pytest.fixture
def server(empty: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with publishing(monkeypatch) as made:
        yield made


@pytest.fixture
def empty(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No weights anywhere; returns the home folder."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return home


def test_missing_weights_are_named_with_three_ways_out(empty: Path) -> None:
    with pytest.raises(UserError) as refusal:
        weights.locate(NAME)
    assert refusal.value.code == "weights-missing"
    assert "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5" in refusal.value.message
    for way in ("Starter", "internet", f"python -m tl_core weights {NAME}", "--file", "KERAS_HOME"):
        assert way in refusal.value.hint
    assert not weights.present(NAME)
    assert weights.present("starter")


def test_the_starter_comes_with_graft(empty: Path) -> None:
    assert weights.locate("starter") == starter.FILE


def test_a_download_is_checked_kept_and_counted(empty: Path, server: Server) -> None:
    told: list[tuple[int, int]] = []
    found = weights.download(NAME, lambda done, total: told.append((done, total)))
    assert found.read_bytes() == CONTENT
    assert found == weights.locate(NAME)
    assert found.parent == empty / "weights"
    assert told[-1] == (len(CONTENT), len(CONTENT))


@pytest.mark.parametrize("knows_ranges", [True, False])
def test_a_connection_that_breaks_is_told_and_the_rest_is_fetched_later(
    server: Server, knows_ranges: bool
) -> None:
    server.breaks_after = there = 500_000
    with pytest.raises(UserError, match="connection ended after 500,000 of 2,100,000"):
        weights.download(NAME)
    assert not weights.present(NAME)
    assert weights.partial_file(NAME).read_bytes() == CONTENT[:there]
    server.breaks_after, server.knows_ranges = None, knows_ranges
    told: list[tuple[int, int]] = []
    found = weights.download(NAME, lambda done, total: told.append((done, total)))
    assert found.read_bytes() == CONTENT
    assert server.asked == [None, f"bytes={there}-"]
    assert (told[0][0] > there) == knows_ranges
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert not weights.partial_file(NAME).exists()


def test_a_part_that_is_more_than_the_whole_is_begun_anew(empty: Path, server: Server) -> None:
    part = weights.partial_file(NAME)
    part.parent.mkdir()
    part.write_bytes(CONTENT + b"and more")
    assert weights.download(NAME).read_bytes() == CONTENT
    assert server.asked[-1] is None


def test_something_else_than_the_published_file_is_refused_and_not_kept(
    empty: Path, server: Server
) -> None:
    server.body = CONTENT[:-1] + b"!"
    with pytest.raises(UserError) as refusal:
        weights.download(NAME)
    assert refusal.value.code == "weights-damaged"
    assert list((empty / "weights").iterdir()) == []


def test_a_network_that_refuses_or_keeps_silent_is_told_soon(
    empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual_s = weights.ANSWER_TIMEOUT_S
    monkeypatch.setattr(weights, "ANSWER_TIMEOUT_S", 0.3)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        publish(f"http://127.0.0.1:{silent.getsockname()[1]}/file.h5", monkeypatch)
        started = time.monotonic()
        with pytest.raises(UserError) as refusal:
            weights.download(NAME)
    assert time.monotonic() - started < usual_s
    assert refusal.value.code == "weights-missing"
    with pytest.raises(UserError, match="downloading them failed"):
        weights.download(NAME)


def test_a_file_that_a_person_gives_is_adopted_only_if_it_is_the_published_one(
    empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish("http://127.0.0.1:1/file.h5", monkeypatch)
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
    publish("http://127.0.0.1:1/file.h5", monkeypatch)
    file = tmp_path / "keras" / "models" / catalogue.get(NAME).weights_file
    file.parent.mkdir(parents=True)
    file.write_bytes(b"half")
    with pytest.raises(UserError) as refusal:
        weights.locate(NAME)
    assert refusal.value.code == "weights-damaged"
