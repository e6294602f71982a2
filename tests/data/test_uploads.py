"""The upload route: streamed, limited, one token for one session, nothing left of broken ones."""

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from tl_core.data import uploads
from tl_core.errors import UserError
from tl_core.settings import current

Answer = tuple[int, bytes]


def put(
    path: str,
    chunks: list[bytes | None],
    headers: dict[str, str] | None = None,
    *,
    method: str = "PUT",
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
    asyncio.run(Starlette(routes=uploads.routes())(scope, receive, send))
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
    folder = uploads.redeem(token, "me")
    assert folder.suffix == ".upload"
    assert [path.read_bytes() for path in sorted(folder.iterdir())] == [
        b"part 0",
        b"part 1",
        b"part 2",
    ]


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


def test_only_put_is_answered(home: Path) -> None:
    assert put(f"/graft/upload/{uploads.issue('me')}", [b"x"], method="POST")[0] == 405


def test_a_silent_sender_is_let_go(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "SILENCE_S", 0.05)
    token = uploads.issue("me")

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(5)
        return {"type": "http.disconnect"}

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "PUT", "path": f"/graft/upload/{token}", "headers": []}
    scope |= {"query_string": b"", "root_path": "", "scheme": "http"}
    asyncio.run(Starlette(routes=uploads.routes())(scope, receive, send))
    assert sent[0]["status"] == 408
    assert not left_in_uploads()


def test_discarding_and_sweeping_remove_what_nobody_fetches(home: Path) -> None:
    dropped, old, fresh = (uploads.issue("me") for _ in range(3))
    for token in (dropped, old, fresh):
        put(f"/graft/upload/{token}", [b"x"])
    uploads.discard(dropped)
    before = time.time() - uploads.KEPT_S - 60
    for path in current().uploads_dir.glob(f"{old[:32]}*/*"):
        os.utime(path, (before, before))
        os.utime(path.parent, (before, before))
    uploads.sweep()
    assert [path.parent.name[:32] for path in left_in_uploads()] == [fresh[:32]]
    assert uploads.redeem(fresh, "me").read_bytes() == b"x"
