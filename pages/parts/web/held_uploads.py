"""Files given in Streamlit's own fields: they stay in the server's memory, so there is a limit to all.

Tables, pictures to try and folders of old browsers come this way; everything larger comes through
our own route, which streams to the disk.
"""

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, cast

import streamlit as st
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager as Files
from streamlit.runtime.scriptrunner import get_script_run_ctx

from tl_core.base import settings

SESSIONS_FULL = 4
"""All sessions together may hold what so many full ones hold."""

FILES_PER_SESSION = 5_000
FORGOTTEN_S = 600
"""Where room is needed, files that were given so long ago are let go, the oldest first."""

ENVELOPE_BYTES = 64 * 1024
"""What a request has besides the file, at most."""

_ADDRESS = re.compile(r"/_stcore/upload_file/([^/]+)/([^/]+)$")


def limit_bytes() -> int:
    """Return how much one session may hold, in files that each are no larger than the largest one."""
    return settings.current().held_limit_bytes


def largest_bytes() -> int:
    """Return how large one file may be."""
    return int(st.get_option("server.maxUploadSize")) * 1024**2


def the_keeper() -> Files:
    """Return the object in which Streamlit holds uploaded files in memory."""
    return cast(Files, runtime.get_instance().uploaded_file_mgr)


def let_go(files: Iterable[Any]) -> None:
    """Free the memory of files that were taken over."""
    context = get_script_run_ctx()
    if context is None or not runtime.exists():
        return
    for file in files:
        the_keeper().remove_file(context.session_id, file.file_id)


class HeldUploads:
    """Refuses a file (413) that would make a session, or all together, hold more than they may."""

    def __init__(self, app: ASGIApp, keeper: Callable[[], Files] = the_keeper) -> None:
        self.app = app
        self._keeper = keeper
        self._coming: dict[str, dict[str, int]] = defaultdict(dict)
        self._held: dict[str, dict[str, tuple[int, float]]] = defaultdict(dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on but files beyond the limit."""
        address = _ADDRESS.search(scope["path"]) if scope["type"] == "http" else None
        if address is None or scope["method"] != "PUT":
            await self.app(scope, receive, send)
            return
        session, file = address.groups()
        if not self._reserve(session, file, _declared(scope)):
            refusal = PlainTextResponse(
                "Too much is held for this page.", 413, headers={"connection": "close"}
            )
            await refusal(scope, receive, send)
            return

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 300:
                self._held[session][file] = (0, time.monotonic())
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            self._coming[session].pop(file, None)
            if not self._coming[session]:
                del self._coming[session]

    def _reserve(self, session: str, file: str, size: int) -> bool:
        """Hold room for a file on its way; there is no other place where that is done at once."""
        for known in list(self._held):
            self._look_after(known)
        most = limit_bytes() + ENVELOPE_BYTES
        self._make_room([session], size - most)
        self._make_room(sorted(self._held), size - SESSIONS_FULL * most)
        count = len(self._held.get(session, ())) + len(self._coming.get(session, ()))
        is_too_much = self._taken([session]) + size > most
        is_too_much |= self._taken({*self._held, *self._coming}) + size > SESSIONS_FULL * most
        if is_too_much or count >= FILES_PER_SESSION or file in self._coming.get(session, ()):
            return False
        self._coming[session][file] = size
        return True

    def _taken(self, sessions: Iterable[str]) -> int:
        """Return the bytes that sessions hold, with those on their way."""
        held = (size for one in sessions for size, _ in self._held.get(one, {}).values())
        return sum(held) + sum(sum(self._coming.get(one, {}).values()) for one in sessions)

    def _make_room(self, sessions: list[str], over: int) -> None:
        """Let go of the oldest files of sessions that nobody looks at any more, if that is needed.

        Args:
            sessions: whose files.
            over: bytes that would be too many if they held nothing.
        """
        keeper, now = self._keeper(), time.monotonic()
        old = sorted(
            (since, session, file)
            for session in sessions
            for file, (_, since) in self._held.get(session, {}).items()
            if now - since > FORGOTTEN_S
        )
        for _, session, file in old:
            if self._taken(sessions) + over <= 0:
                return
            keeper.remove_file(session, file)
            del self._held[session][file]

    def _look_after(self, session: str) -> None:
        """Forget files, and sessions, that are gone; note how large the others are."""
        known = self._held[session]
        files = self._keeper().get_files(session, list(known))
        self._held[session] = {f.file_id: (len(f.data), known[f.file_id][1]) for f in files}
        if not files:
            del self._held[session]


def _declared(scope: Scope) -> int:
    """Return how much will come; where the browser does not say, as much as may come at all."""
    told = dict(scope["headers"]).get(b"content-length", b"")
    return int(told) if told.isdigit() and len(told) < 16 else largest_bytes()
