"""Files given in Streamlit's own fields: they stay in the server's memory, so there is a limit to all.

Tables, pictures to try and folders of old browsers come this way; everything larger comes through
our own route, which streams to the disk.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import streamlit as st
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from tl_core import settings

SESSIONS_FULL = 4
"""All sessions together may hold what so many full ones hold."""

FILES_PER_SESSION = 5_000
ENVELOPE_BYTES = 64 * 1024
"""What a request has besides the file, at most."""

_ADDRESS = re.compile(r"/_stcore/upload_file/([^/]+)/([^/]+)$")


class Files(Protocol):
    """What is asked of Streamlit's keeper of files."""

    def get_files(self, session_id: str, file_ids: list[str]) -> list[Any]:
        """Return those that are still held."""
        ...


def limit_bytes() -> int:
    """Return how much one session may hold, in files that each are no larger than the largest one."""
    return settings.current().held_limit_bytes


def largest_bytes() -> int:
    """Return how large one file may be."""
    return int(st.get_option("server.maxUploadSize")) * 1024**2


def let_go(files: Iterable[Any]) -> None:
    """Free the memory of files that were taken over."""
    context = get_script_run_ctx()
    if context is None or not runtime.exists():
        return
    keeper = runtime.get_instance().uploaded_file_mgr
    if isinstance(keeper, MemoryUploadedFileManager):
        for file in files:
            keeper.remove_file(context.session_id, file.file_id)


class HeldUploads:
    """Refuses a file (413) that would make a session, or all together, hold more than they may."""

    def __init__(self, app: ASGIApp, keeper: Callable[[], Files] | None = None) -> None:
        self.app = app
        self._keeper = keeper or (lambda: runtime.get_instance().uploaded_file_mgr)
        self._coming: dict[str, dict[str, int]] = defaultdict(dict)
        self._held: dict[str, set[str]] = defaultdict(set)

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
                self._held[session].add(file)
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            self._coming[session].pop(file, None)
            if not self._coming[session]:
                del self._coming[session]

    def _reserve(self, session: str, file: str, size: int) -> bool:
        """Hold room for a file on its way; there is no other place where that is done at once."""
        kept = {known: self._kept(known) for known in list(self._held)}
        coming = {known: sum(sizes.values()) for known, sizes in self._coming.items()}
        of_session = kept.get(session, 0) + coming.get(session, 0)
        of_all = sum(kept.values()) + sum(coming.values())
        count = len(self._held.get(session, ())) + len(self._coming.get(session, ()))
        most = limit_bytes() + ENVELOPE_BYTES
        is_too_much = of_session + size > most or of_all + size > SESSIONS_FULL * most
        if is_too_much or count >= FILES_PER_SESSION or file in self._coming.get(session, ()):
            return False
        self._coming[session][file] = size
        return True

    def _kept(self, session: str) -> int:
        """Return the bytes held for a session; forget files, and sessions, that are gone."""
        files = self._keeper().get_files(session, list(self._held[session]))
        self._held[session] = {file.file_id for file in files}
        if not files:
            del self._held[session]
        return sum(len(file.data) for file in files)


def _declared(scope: Scope) -> int:
    """Return how much will come; where the browser does not say, as much as may come at all."""
    told = dict(scope["headers"]).get(b"content-length", b"")
    return int(told) if told.isdigit() and len(told) < 16 else largest_bytes()
