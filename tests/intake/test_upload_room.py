"""Room is reserved before bytes come: parts side by side pass no limit, and nothing stays reserved."""

import os
import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.intake.test_uploads import left_in_uploads, put
from tl_core.base.errors import UserError
from tl_core.base.settings import current
from tl_core.intake import receiving, upload_room, uploads
from tl_core.intake.upload_room import ROOM, Room

MIB = 1024**2


def side_by_side(tokens: list[str], parts: int, size: int, headers: dict[str, str]) -> Counter[int]:
    """Send `parts` parts under every token at once; return how often each status was answered."""
    body = bytes(size)
    chunks = [body[at : at + 256 * 1024] for at in range(0, size, 256 * 1024)]
    addresses = [f"/graft/upload/{token}/{part}" for token in tokens for part in range(parts)]
    with ThreadPoolExecutor(len(addresses)) as pool:
        return Counter(
            status for status, _ in pool.map(lambda at: put(at, chunks, headers), addresses)
        )


@pytest.mark.parametrize("says_how_long", [True, False])
def test_parts_side_by_side_never_pass_the_limit_of_their_upload(
    says_how_long: bool, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAFT_UPLOAD_LIMIT_BYTES", str(8 * MIB))
    size = 8 * MIB if says_how_long else 3 * MIB
    headers = {"content-length": str(size)} if says_how_long else {"transfer-encoding": "chunked"}
    told = side_by_side([uploads.issue("me")], 12, size, headers)
    kept = sum(path.stat().st_size for path in left_in_uploads())
    assert set(told) <= {201, 413}
    assert kept <= 8 * MIB
    assert kept == told[201] * size
    assert not ROOM._held


def test_uploads_side_by_side_never_pass_the_limit_of_their_owner(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAFT_UPLOAD_LIMIT_BYTES", str(4 * MIB))
    monkeypatch.setenv("GRAFT_UPLOADS_LIMIT_BYTES", str(8 * MIB))
    tokens = [uploads.issue(f"session {number}") for number in range(12)]
    told = side_by_side(tokens, 1, 4 * MIB, {"content-length": str(4 * MIB)})
    assert told == {201: 2, 413: 10}
    monkeypatch.setenv("GRAFT_OWNER", "somebody else")
    assert put(f"/graft/upload/{uploads.issue('me')}", [b"x"])[0] == 201


def test_what_was_refused_or_broke_off_gives_its_room_back(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAFT_UPLOAD_LIMIT_BYTES", "1000")
    token, whole = uploads.issue("me"), {"content-length": "1000"}
    assert put(f"/graft/upload/{token}", [bytes(500), None], whole)[0] == 499
    assert put(f"/graft/upload/{token}", [bytes(900), bytes(900)])[0] == 413
    assert put(f"/graft/upload/{token}", [bytes(1000)], whole)[0] == 201
    uploads.remove(uploads.redeem(token, "me"))
    assert put(f"/graft/upload/{uploads.issue('me')}", [bytes(1000)], whole)[0] == 201


def test_some_of_the_disk_stays_free(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = SimpleNamespace(total=100 * 1024 * MIB, free=1024 * MIB + 5_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: disk)
    token = uploads.issue("me")
    status, body = put(f"/graft/upload/{token}", [b"x"], {"content-length": "5001"})
    assert status == 507
    assert b"disk-full" in body
    assert put(f"/graft/upload/{token}", [bytes(6000)])[0] == 507
    assert put(f"/graft/upload/{token}", [b"x"], {"content-length": "5000"})[0] == 201
    with pytest.raises(UserError) as caught:
        uploads.keep(bytes(5001))
    assert caught.value.code == "disk-full"
    disk.total, disk.free = 64 * MIB, 8 * MIB  # a small disk is not full because it is small
    assert put(f"/graft/upload/{uploads.issue('me')}", [bytes(6000)])[0] == 201


def test_a_session_has_few_open_tokens_and_one_that_has_begun_stays_good(home: Path) -> None:
    begun = uploads.issue("me")
    assert put(f"/graft/upload/{begun}/0", [b"x"])[0] == 201
    first, *others = (uploads.issue("me") for _ in range(upload_room.TOKENS_PER_SESSION + 1))
    assert put(f"/graft/upload/{first}", [b"x"])[0] == 403
    assert put(f"/graft/upload/{begun}/1", [b"x"])[0] == 201
    assert put(f"/graft/upload/{others[-1]}", [b"x"])[0] == 201
    assert put(f"/graft/upload/{uploads.issue('you')}", [b"x"])[0] == 201


def test_open_tokens_take_bounded_memory_and_outlive_a_restart(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Room()
    for number in range(upload_room.TOKENS_IN_ALL + 100):
        room.new_token(f"session {number}")
    assert len(room._open) == upload_room.TOKENS_IN_ALL
    token = uploads.issue("me")
    restarted = Room()
    monkeypatch.setattr(uploads, "ROOM", restarted)
    assert put(f"/graft/upload/{token}", [b"x"])[0] == 201


def test_one_session_has_few_uploads_on_their_way(home: Path) -> None:
    tokens = [uploads.issue("me") for _ in range(upload_room.UPLOADS_PER_SESSION + 1)]
    told = [put(f"/graft/upload/{token}/0", [b"x"])[0] for token in tokens]
    assert told == [201] * upload_room.UPLOADS_PER_SESSION + [429]
    uploads.redeem(tokens[0], "me")
    assert put(f"/graft/upload/{tokens[-1]}/0", [b"x"])[0] == 201


def test_numbers_of_thousands_of_digits_are_refused_at_once(home: Path) -> None:
    token = uploads.issue("me")
    digits = "9" * 5000
    assert put(f"/graft/upload/{token}/{digits}", [b"x"])[0] == 400
    assert put(f"/graft/upload/{token}", [b"x"], {"content-length": digits})[0] == 413
    assert not left_in_uploads()


def test_a_sender_that_only_holds_room_is_let_go(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "SILENCE_S", -3600.0)
    monkeypatch.setattr(receiving.asyncio, "timeout", lambda _: _no_limit())
    assert put(f"/graft/upload/{uploads.issue('me')}", [b"x"] * 3)[0] == 408
    assert not ROOM._held
    assert not [path for path in left_in_uploads() if path.suffix == ".part"]


class _no_limit:  # noqa: N801 - stands in for a function
    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *_: object) -> None: ...


def test_a_table_beyond_the_limit_is_not_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAFT_UPLOAD_LIMIT_BYTES", "10")
    with pytest.raises(UserError) as caught:
        uploads.keep(os.urandom(11))
    assert caught.value.code == "upload-limit"
    assert not list(current().uploads_dir.glob("*.file"))
