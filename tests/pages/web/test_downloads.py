"""Downloads carry their own proof and stay inside the home folder."""

import time

import pytest

from pages.parts.web import downloads, tickets


def test_a_link_serves_its_file_under_a_safe_name(home, get):
    file = home / "runs" / "model.zip"
    file.parent.mkdir()
    file.write_bytes(b"model")
    answer = get(downloads.url(file, "../../my <model>.zip"))
    assert answer.status_code == 200
    assert answer.content == b"model"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "attachment" in answer.headers["content-disposition"]
    assert "/" not in answer.headers["content-disposition"]


def test_a_link_that_was_tampered_with_is_refused(home, get):
    (home / "a.zip").write_bytes(b"a")
    link = downloads.url(home / "a.zip", "a.zip")
    assert get(link[:-1] + ("0" if link[-1] != "0" else "1")).status_code == 403
    assert get("/graft/download/bm9uZQ==.00").status_code == 403
    assert get("/graft/download/é").status_code == 403


def test_a_link_ends(home, get, monkeypatch):
    (home / "a.zip").write_bytes(b"a")
    link = downloads.url(home / "a.zip", "a.zip")
    later = time.time() + tickets.VALID_FOR_S + 1
    monkeypatch.setattr(tickets.time, "time", lambda: later)
    assert get(link).status_code == 403


def test_a_file_outside_the_home_folder_gets_no_link(home, tmp_path):
    (tmp_path / "secret").write_text("x")
    with pytest.raises(ValueError):
        downloads.url(tmp_path / "secret", "secret")


def test_a_link_to_a_file_that_is_gone_says_so(home, get):
    (home / "a.zip").write_bytes(b"a")
    link = downloads.url(home / "a.zip", "a.zip")
    (home / "a.zip").unlink()
    assert get(link).status_code == 404
