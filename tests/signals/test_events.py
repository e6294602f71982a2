import json

import numpy as np
import pytest

from tl_core.signals import events, progress


def test_what_is_written_is_read_in_order_and_once(tmp_path):
    with events.Writer(tmp_path) as emit:
        emit("started", epochs=2)
        first, offset = events.read(tmp_path)
        emit("epoch", epoch=1)
    second, end = events.read(tmp_path, offset)
    assert [event["event"] for event in first] == ["started"]
    assert [event["epoch"] for event in second] == [1]
    assert events.read(tmp_path, end) == ([], end)


def test_a_file_that_does_not_exist_yet_holds_no_events(tmp_path):
    assert events.read(tmp_path / "later") == ([], 0)


def test_a_half_written_line_waits_until_it_is_whole(tmp_path):
    path = tmp_path / events.FILE
    path.write_bytes(b'{"event": "a"}\n{"event": "b", "te')
    seen, offset = events.read(tmp_path)
    assert [event["event"] for event in seen] == ["a"]
    with path.open("ab") as file:
        file.write(b'xt": "\xc3\xa9"}\n')
    seen, _ = events.read(tmp_path, offset)
    assert [event["text"] for event in seen] == ["é"]


def test_a_line_torn_by_a_kill_spoils_nothing_but_itself(tmp_path):
    (tmp_path / events.FILE).write_bytes(b'{"event": "a"}\n{"event": "b", "te')
    with events.Writer(tmp_path) as emit:
        emit("started")
    assert [event["event"] for event in events.read(tmp_path)[0]] == ["a", "started"]


def test_line_separators_within_text_end_no_line(tmp_path):
    with events.Writer(tmp_path) as emit:
        emit("note", text="one\u2028two\x85three\nfour")
    assert events.read(tmp_path)[0][0]["text"] == "one\u2028two\x85three\nfour"


def test_a_file_begun_anew_is_read_from_its_start(tmp_path):
    with events.Writer(tmp_path) as emit:
        emit("note", text="a long first line that makes the file long")
    _, offset = events.read(tmp_path)
    (tmp_path / events.FILE).write_bytes(b'{"event": "new"}\n')
    assert events.read(tmp_path, offset)[0] == [{"event": "new"}]


def test_numbers_that_are_not_finite_and_numpys_own_can_be_told(tmp_path):
    with events.Writer(tmp_path) as emit:
        emit("epoch", loss=float("nan"), rows=[{"a": float("inf")}])
        emit("epoch", loss=np.float32(0.5), epoch=np.int64(3), values=np.array([1.0, np.nan]))
    broken, fine = events.read(tmp_path)[0]
    assert (broken["loss"], broken["rows"]) == (None, [{"a": None}])
    assert (fine["loss"], fine["epoch"], fine["values"]) == (0.5, 3, [1.0, None])
    for line in (tmp_path / events.FILE).read_text("utf-8").splitlines():
        json.loads(line, parse_constant=pytest.fail)


def test_names_that_are_no_text_can_be_told(tmp_path):
    with events.Writer(tmp_path) as emit:
        emit("note", text="bad\udcffname")
    assert "bad" in events.read(tmp_path)[0][0]["text"]


def test_a_very_long_file_is_read_in_turns_and_completely(tmp_path, monkeypatch):
    with events.Writer(tmp_path) as emit:
        for epoch in range(1, 101):
            emit("epoch", epoch=epoch, epochs=100)
    monkeypatch.setattr(events, "READ_LIMIT_BYTES", 200)
    assert progress.state(tmp_path).epoch == 100


def test_an_event_longer_than_a_turn_does_not_stop_the_reader(tmp_path, monkeypatch):
    monkeypatch.setattr(events, "READ_LIMIT_BYTES", 64)
    with events.Writer(tmp_path) as emit:
        emit("note", text="x" * 500)
        emit("finished")
    view = progress.state(tmp_path)
    assert view.ending is not None
