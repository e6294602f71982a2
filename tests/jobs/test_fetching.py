"""Weights are fetched in the background: seen by everybody, stopped, gone on with, explained."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.weight_server import CONTENT, NAME, Server, publishing
from tl_core.__main__ import main
from tl_core.backbones import weights
from tl_core.base.errors import UserError
from tl_core.jobs import engines, fetching
from tl_core.store import job_rows

HALF = len(CONTENT) // 2


@pytest.fixture
def server(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The file is published, and nowhere on this machine."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    with publishing(monkeypatch) as made:
        yield made


def at_work() -> threading.Thread:
    thread = threading.Thread(target=main, args=(["job", "fetch", NAME],))
    thread.start()
    return thread


def wait_for_bytes() -> None:
    until = threading.Event()
    while fetching.kept_bytes(NAME) < HALF:
        assert not until.wait(0.01)


def test_a_download_is_one_process_that_tells_how_far_it_is(server, engine):
    fetching.start(NAME)
    fetching.start(NAME)
    assert engine.submitted == [("fetch", NAME)] and fetching.is_working(NAME)
    assert main(["job", "fetch", NAME]) == 0
    engine.kill(NAME)
    view = fetching.view(NAME)
    assert (view.done, view.total, view.seconds_left) == (len(CONTENT), len(CONTENT), 0)
    assert view.ending is not None and view.ending["event"] == "finished"
    assert weights.locate(NAME).read_bytes() == CONTENT
    assert fetching.failure(NAME) is None


def test_a_download_that_is_stopped_goes_on_where_it_was(server, engine):
    server.waits_after = HALF
    fetching.start(NAME)
    thread = at_work()
    wait_for_bytes()
    fetching.stop(NAME)
    server.go_on.set()
    thread.join()
    engine.kill(NAME)
    ending = fetching.view(NAME).ending
    assert ending is not None and ending["event"] == "cancelled"
    assert fetching.failure(NAME) is None and not weights.present(NAME)
    kept = fetching.kept_bytes(NAME)
    assert HALF <= kept < len(CONTENT)
    fetching.start(NAME)
    assert main(["job", "fetch", NAME]) == 0
    assert server.asked == [None, f"bytes={kept}-"]
    assert weights.locate(NAME).read_bytes() == CONTENT


def test_two_at_once_never_write_the_same_file(server, engine):
    server.waits_after = HALF
    fetching.start(NAME)
    thread = at_work()
    wait_for_bytes()
    assert main(["job", "fetch", NAME]) == 2
    with pytest.raises(UserError) as refusal:
        fetching.fetch(NAME, lambda _event: None)
    assert refusal.value.code == "already-running"
    server.go_on.set()
    thread.join()
    assert weights.locate(NAME).read_bytes() == CONTENT
    assert len(server.asked) == 1


def test_a_download_that_fails_or_dies_says_why_until_it_is_tried_again(server, engine):
    server.body = CONTENT[:-1] + b"!"
    fetching.start(NAME)
    assert fetching.failure(NAME) is None
    assert main(["job", "fetch", NAME]) == 2
    engine.kill(NAME)
    failed = fetching.failure(NAME)
    assert failed is not None and failed.code == "weights-damaged"
    assert fetching.kept_bytes(NAME) == 0
    fetching.start(NAME)
    assert fetching.failure(NAME) is None
    engine.kill(NAME)
    died = fetching.failure(NAME)
    assert died is not None and died.code == "process-ended"


def test_the_process_is_found_by_the_name_and_tells_that_nobody_answers(
    home, tmp_path, monkeypatch
):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    # The real address, by a way that leads nowhere.
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    fetching.start(NAME)
    found = job_rows.job("fetch", NAME)
    assert found is not None and found.handle is not None
    assert engines.in_use().alive(found.handle)
    until = threading.Event()
    while fetching.is_working(NAME):
        until.wait(0.05)
    failed = fetching.failure(NAME)
    assert failed is not None and failed.code == "weights-missing"
    assert f"python -m tl_core weights {NAME}" in failed.hint
