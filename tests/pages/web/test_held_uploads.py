"""Files that stay in the server's memory: a total per open page, and one for all."""

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from pages.parts.web import held_uploads
from pages.parts.web.held_uploads import ENVELOPE_BYTES, SESSIONS_FULL, HeldUploads

KIB = 1024
LIMIT = 1000 * KIB


class Server:
    """Streamlit's own keeper of files behind a route that fills it, guarded as in the app."""

    def __init__(self) -> None:
        self.files = MemoryUploadedFileManager("/_stcore/upload_file")
        route = Route("/_stcore/upload_file/{session_id}/{file_id}", self._take, methods=["PUT"])
        self.app = HeldUploads(Starlette(routes=[route]), keeper=lambda: self.files)

    async def _take(self, request: Request) -> Response:
        data = await request.body()
        session, file = request.path_params["session_id"], request.path_params["file_id"]
        self.files.add_file(session, UploadedFileRec(file, "a.png", "image/png", data))
        return Response(status_code=204)

    def put(self, *files: tuple[str, str, int], chunked: bool = False) -> list[int]:
        """Send (session, file, size) at once; return the answers."""

        async def pieces(size: int):
            yield bytes(size)

        async def send() -> list[int]:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
                sending = [
                    client.put(
                        f"/_stcore/upload_file/{session}/{file}",
                        content=pieces(size) if chunked else bytes(size),
                    )
                    for session, file, size in files
                ]
                return [answer.status_code for answer in await asyncio.gather(*sending)]

        return asyncio.run(send())

    @property
    def held(self) -> int:
        return sum(len(f.data) for kept in self.files.file_storage.values() for f in kept.values())


@pytest.fixture
def server(home, monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setenv("GRAFT_HELD_LIMIT_BYTES", str(LIMIT))
    return Server()


def test_files_side_by_side_never_make_a_session_hold_more_than_it_may(server):
    told = server.put(*[("me", str(number), 300 * KIB) for number in range(8)])
    assert told.count(204) == 3 and told.count(413) == 5
    assert server.held <= LIMIT + ENVELOPE_BYTES
    assert server.put(("you", "1", 300 * KIB)) == [204]


def test_what_was_removed_or_whose_session_ended_makes_room(server):
    assert server.put(("me", "1", 900 * KIB), ("me", "2", 900 * KIB)) == [204, 413]
    server.files.remove_file("me", "1")
    assert server.put(("me", "3", 900 * KIB)) == [204]
    server.files.remove_session_files("me")
    assert server.put(("me", "4", 900 * KIB)) == [204]


def test_all_sessions_together_have_a_limit_too(server):
    wanted = [(f"session {number}", "1", 1000 * KIB) for number in range(SESSIONS_FULL + 3)]
    assert server.put(*wanted).count(204) == SESSIONS_FULL


def test_a_body_of_unknown_length_counts_as_the_largest_file(server):
    assert server.put(("me", "1", 10), chunked=True) == [413]


def test_the_same_file_twice_at_once_is_counted_once(server):
    assert sorted(server.put(("me", "1", 400 * KIB), ("me", "1", 400 * KIB))) in (
        [204, 413],
        [204, 204],
    )
    assert server.put(("me", "2", 500 * KIB)) == [204]


def test_files_that_were_given_long_ago_make_room_the_oldest_first(server, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(held_uploads.time, "monotonic", lambda: now[0])
    assert server.put(("me", "1", 400 * KIB)) == [204]
    now[0] = 10.0
    assert server.put(("me", "2", 400 * KIB)) == [204]
    assert server.put(("me", "3", 400 * KIB)) == [413]
    now[0] = held_uploads.FORGOTTEN_S + 5.0
    assert server.put(("me", "3", 400 * KIB)) == [204]
    assert set(server.files.file_storage["me"]) == {"2", "3"}
    assert server.put(("me", "4", 400 * KIB)) == [413]
    now[0] += 10.0
    assert server.put(("me", "4", 400 * KIB)) == [204]
    assert server.held <= LIMIT + ENVELOPE_BYTES


def test_old_files_of_others_make_room_only_where_all_is_full(server, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(held_uploads.time, "monotonic", lambda: now[0])
    full = [(f"session {number}", "1", 1000 * KIB) for number in range(SESSIONS_FULL)]
    assert server.put(*full) == [204] * SESSIONS_FULL
    now[0] = held_uploads.FORGOTTEN_S + 1.0
    assert server.put(("new", "1", 1000 * KIB)) == [204]
    assert len(server.files.file_storage["session 0"]) == 0
    assert len(server.files.file_storage["session 1"]) == 1
