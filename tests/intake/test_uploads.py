"""Uploads on disk and the route that takes them: one token for one session, nothing left of broken ones."""

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from tl_core.base.errors import UserError
from tl_core.base.settings import current
from tl_core.intake import receiving, uploads

Answer = tuple[int, bytes]


def put(
    path: str,
    chunks: list[bytes | None],
    headers: dict[str, str] | None = None,
    *,
    method: str = "PUT",
    xsrf_cookie: str = "",
) -> Answer:
    """Send a body to the routes without a network; None in `chunks` is a lost connection."""
    sent: list[Any] = []
    pending: Iterator[bytes | None] = iter(chunks)

    async def receive() -> dict[str, Any]:
        chunk = next(pending, b"")
        if chunk is None:
            return {"type": "http.disconnect"}
        more = chunk != b""
        return {"type": "http.request", "body": chunk, "more_body": more}

    async def send(message: Any) -> None:
        sent.append(message)

    fields = {"host": "localhost:8501", **(headers or {})}
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "scheme": "http",
        "server": ("localhost", 8501),
        "headers": [(name.encode(), value.encode()) for name, value in fields.items()],
    }
    asyncio.run(Starlette(routes=receiving.routes(xsrf_cookie))(scope, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


def left_in_uploads() -> list[Path]:
    return [path for path in current().uploads_dir.rglob("*") if path.is_file()]


def test_a_file_arrives_whole_and_its_own_session_fetches_it_once(home: Path) -> None:
    token = uploads.issue("me")
    blocks = [os.urandom(700_000) for _ in range(4)]
    assert put(f"/graft/upload/{token}", [*blocks])[0] == 201
    with pytest.raises(UserError) as stranger:
        uploads.redeem(token, "somebody else")
    assert stranger.value.code == "upload-token"
    path = uploads.redeem(token, "me")
    assert path.read_bytes() == b"".join(blocks)
    with pytest.raises(UserError):
        uploads.redeem(token, "me")
    assert put(f"/graft/upload/{token}", [b"again"])[0] == 403


def test_several_parts_come_back_as_a_folder_for_the_intake(home: Path) -> None:
    token = uploads.issue("me")
    for part in (1, 0, 2):
        assert put(f"/graft/upload/{token}/{part}", [b"part %d" % part])[0] == 201
    with pytest.raises(UserError) as early:
        uploads.redeem(token, "me", parts=4)
    assert early.value.code == "upload-missing"
    folder = uploads.redeem(token, "me", parts=3)
    assert folder.suffix == ".upload"
    assert [path.read_bytes() for path in sorted(folder.iterdir())] == [
        b"part 0",
        b"part 1",
        b"part 2",
    ]


def test_the_names_of_archives_come_along_as_data(home: Path, tmp_path: Path) -> None:
    names = ["../../Mia's.zip", "b.tar"]
    token, single = uploads.issue("me"), uploads.issue("me")
    for part in range(3):
        put(f"/graft/upload/{token}/{part}", [b"part %d" % part])
    put(f"/graft/upload/{single}", [b"x"])
    source = uploads.redeem(token, "me", 3, names)
    told = uploads.archives_of(source)
    assert [(path.name, name) for path, name in told] == [
        ("000000", names[0]),
        ("000001", names[1]),
        ("000002", ""),
    ]
    assert [
        name for _, name in uploads.archives_of(uploads.redeem(single, "me", 1, ["c.zip"]))
    ] == ["c.zip"]
    assert uploads.archives_of(uploads.keep(b"x"))[0][1] == ""
    (tmp_path / "mine.zip").touch()
    assert uploads.archives_of(tmp_path / "mine.zip") == [(tmp_path / "mine.zip", "mine.zip")]


@pytest.mark.parametrize("token", ["x", "0" * 100, "../../etc/passwd", "-".join("abcd")])
def test_a_made_up_token_is_refused(token: str, home: Path) -> None:
    assert put(f"/graft/upload/{token}", [b"x"])[0] in (403, 404)
    assert not left_in_uploads()


def test_a_changed_token_is_refused(home: Path) -> None:
    token = uploads.issue("me")
    flipped = ("1" if token[0] == "0" else "0") + token[1:]
    assert put(f"/graft/upload/{flipped}", [b"x"])[0] == 403


def test_a_token_goes_stale(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "LIFETIME_S", -1)
    assert put(f"/graft/upload/{uploads.issue('me')}", [b"x"])[0] == 403


def test_a_token_outlives_a_restart_of_the_server(home: Path) -> None:
    token = uploads.issue("me")
    assert (home / "upload.key").stat().st_mode & 0o077 == 0
    assert put(f"/graft/upload/{token}", [b"x"])[0] == 201


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
    ids=str,
)
def test_other_sites_are_refused(headers: dict[str, str], home: Path) -> None:
    assert put(f"/graft/upload/{uploads.issue('me')}", [b"x"], headers)[0] == 403


def test_our_own_page_is_not(home: Path) -> None:
    headers = {"origin": "http://localhost:8501", "sec-fetch-site": "same-origin"}
    assert put(f"/graft/upload/{uploads.issue('me')}", [b"x"], headers)[0] == 201


@pytest.mark.parametrize("declared", [None, "50", "5000"])
def test_too_much_is_refused_whatever_was_declared(
    declared: str | None, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAFT_UPLOAD_LIMIT_BYTES", "1000")
    headers = {"content-length": declared} if declared else {"transfer-encoding": "chunked"}
    status, body = put(f"/graft/upload/{uploads.issue('me')}", [bytes(600)] * 3, headers)
    assert status == 413
    assert b"upload-limit" in body
    assert not left_in_uploads()


def test_the_limit_counts_all_parts_together(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAFT_UPLOAD_LIMIT_BYTES", "1000")
    token = uploads.issue("me")
    assert put(f"/graft/upload/{token}/0", [bytes(600)])[0] == 201
    assert put(f"/graft/upload/{token}/1", [bytes(600)])[0] == 413


def test_nothing_is_left_of_a_lost_connection_and_it_may_be_tried_again(home: Path) -> None:
    token = uploads.issue("me")
    put(f"/graft/upload/{token}", [bytes(3_000_000), None])
    assert not left_in_uploads()
    with pytest.raises(UserError) as caught:
        uploads.redeem(token, "me")
    assert caught.value.code == "upload-missing"
    assert put(f"/graft/upload/{token}", [b"x"])[0] == 201


def test_one_part_arrives_once_and_has_a_number(home: Path) -> None:
    token = uploads.issue("me")
    assert put(f"/graft/upload/{token}/0", [b"x"])[0] == 201
    assert put(f"/graft/upload/{token}/0", [b"x"])[0] == 409
    for part in ("-1", "10000", "a", "%C2%B2"):
        assert put(f"/graft/upload/{token}/{part}", [b"x"])[0] == 400


def test_a_gap_between_parts_is_no_upload(home: Path) -> None:
    token = uploads.issue("me")
    for part in (0, 2):
        put(f"/graft/upload/{token}/{part}", [b"x"])
    for parts in (None, 2, 3):
        with pytest.raises(UserError) as caught:
            uploads.redeem(token, "me", parts=parts)
        assert caught.value.code == "upload-missing"


def test_a_part_that_is_still_on_its_way_is_not_taken_for_one_that_arrived(home: Path) -> None:
    token = uploads.issue("me")
    put(f"/graft/upload/{token}/0", [b"x"])
    (next(current().uploads_dir.glob("*.upload")) / "000001.part").touch()
    assert put(f"/graft/upload/{token}/1", [b"x"])[0] == 423
    with pytest.raises(UserError):
        uploads.redeem(token, "me")


def test_an_upload_that_began_in_time_may_go_on(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = uploads.issue("me")
    assert put(f"/graft/upload/{token}/0", [b"x"])[0] == 201
    late = time.time() + uploads.LIFETIME_S + 60
    monkeypatch.setattr(uploads.time, "time", lambda: late)
    assert put(f"/graft/upload/{token}/1", [b"x"])[0] == 201
    assert uploads.expires(token) < late


def test_only_put_and_a_sign_of_life_are_answered(home: Path) -> None:
    address = f"/graft/upload/{uploads.issue('me')}"
    assert put(address, [b""], method="POST")[0] == 204
    assert put(address, [b"x"], method="DELETE")[0] == 405
    assert put(address.replace("-", "+"), [b""], method="POST")[0] == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"x-xsrftoken": "2|abc"}, 403),
        ({"cookie": "_xsrf=2|abc"}, 403),
        ({"cookie": "_xsrf=2|abc", "x-xsrftoken": "2|abd"}, 403),
        ({"cookie": "a=b; _xsrf=2|abc", "x-xsrftoken": "2|abc"}, 201),
    ],
    ids=str,
)
def test_a_request_must_repeat_the_cookie_that_only_our_pages_read(
    headers: dict[str, str], status: int, home: Path
) -> None:
    address = f"/graft/upload/{uploads.issue('me')}"
    assert put(address, [b"x"], headers, xsrf_cookie="_xsrf")[0] == status


def test_a_silent_sender_is_let_go(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "SILENCE_S", 0.05)
    token = uploads.issue("me")

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(5)
        return {"type": "http.disconnect"}

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "PUT", "path": f"/graft/upload/{token}", "headers": []}
    scope |= {"query_string": b"", "root_path": "", "scheme": "http"}
    asyncio.run(Starlette(routes=receiving.routes())(scope, receive, send))
    assert sent[0]["status"] == 408
    assert not left_in_uploads()


def test_what_was_dropped_takes_nothing_more(home: Path) -> None:
    token = uploads.issue("me")
    put(f"/graft/upload/{token}", [b"x"])
    uploads.discard(token)
    assert put(f"/graft/upload/{token}/1", [b"x"])[0] == 403
    assert [path.suffix for path in left_in_uploads()] == [".used"]


def grow_old(token: str, age_s: float) -> None:
    before = time.time() - age_s
    for path in [*current().uploads_dir.glob(f"{token[:32]}*/*")]:
        os.utime(path, (before, before))
    for path in current().uploads_dir.glob(f"{token[:32]}*"):
        os.utime(path, (before, before))


def test_sweeping_removes_what_broke_off_at_once_and_what_was_handed_over_after_a_day(
    home: Path,
) -> None:
    broken, alive, fresh, taken, old = (uploads.issue("me") for _ in range(5))
    for token in (broken, alive, fresh, taken, old):
        put(f"/graft/upload/{token}", [b"x"])
    uploads.redeem(taken, "me")
    uploads.redeem(old, "me")
    for token in (broken, alive, taken):
        grow_old(token, uploads.ABANDONED_S + 10)
    grow_old(old, uploads.KEPT_S + 10)
    assert put(f"/graft/upload/{alive}", [b""], method="POST")[0] == 204
    uploads.sweep()
    left = {path.parent.name[:32] for path in left_in_uploads() if path.parent.suffix}
    assert left == {token[:32] for token in (alive, fresh, taken)}
    assert uploads.redeem(alive, "me").read_bytes() == b"x"


def test_only_uploads_are_removed(home: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "mine.zip"
    elsewhere.touch()
    uploads.remove(elsewhere)
    assert elsewhere.exists()
    uploads.remove(current().uploads_dir)
    token = uploads.issue("me")
    put(f"/graft/upload/{token}", [b"x"])
    uploads.remove(uploads.redeem(token, "me"))
    assert not [path for path in current().uploads_dir.iterdir() if path.is_dir()]
