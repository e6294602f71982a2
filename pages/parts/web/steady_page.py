"""Keeps late refreshes of the page before from changing the page that a person went to.

A part that refreshes itself may ask in the moment in which a click, or a step back, leads elsewhere.
Streamlit then goes wrong in two ways. What is asked for while a page is still waiting to be drawn is
folded into that wish, and the later one names the page: the click would be lost. Such a refresh is not
passed on. And what was asked in time but is answered after the new page was drawn names the page before,
which the browser takes for a change of page and clears what it shows. There the page's name is put right.
"""

from dataclasses import dataclass

from google.protobuf.message import DecodeError
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

LONGEST = 64 * 1024
"""Bytes; the messages that matter here are far shorter, and none longer is looked into."""


class SteadyPage:
    """Lets refreshes of parts speak of no page but the one that a person is on, or on the way to."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on but late refreshes; touch only how answers to refreshes begin."""
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        line = Line()

        async def asked() -> Message:
            message = await receive()
            while _may_matter(message) and line.is_late(message["bytes"]):
                message = await receive()
            return message

        async def told(message: Message) -> None:
            if _may_matter(message):
                message["bytes"] = line.told(message["bytes"])
            await send(message)

        await self.app(scope, asked, told)


@dataclass(slots=True)
class Line:
    """What one browser and the server say to each other about pages.

    Attributes:
        shown: the page, by hash, that the browser shows.
        awaited: the page, by hash, that a person asked for; empty once it is being drawn.
    """

    shown: str = ""
    awaited: str = ""

    def is_late(self, frame: bytes) -> bool:
        """Take in a message from the browser; say whether it is a refresh of a page that was left."""
        try:
            message = BackMsg.FromString(frame)
        except DecodeError:
            return False
        if message.WhichOneof("type") != "rerun_script":
            return False
        page = message.rerun_script.page_script_hash
        if message.rerun_script.is_auto_rerun:
            going_to = self.awaited or self.shown
            return bool(page and going_to) and page != going_to
        self.awaited = "" if page == self.shown else page
        return False

    def told(self, frame: bytes) -> bytes:
        """Return the message to pass on for one to the browser."""
        try:
            message = ForwardMsg.FromString(frame)
        except DecodeError:
            return frame
        kind = message.WhichOneof("type")
        if kind == "navigation":  # which page it is, where the beginning named but the address
            self.shown = message.navigation.page_script_hash or self.shown
        if kind != "new_session":
            return frame
        page = message.new_session.page_script_hash
        if not message.metadata.run.fragment_ids:
            self.shown = page
            if page == self.awaited:
                self.awaited = ""
            return frame
        if not self.shown or page == self.shown:
            return frame
        message.new_session.page_script_hash = self.shown
        return message.SerializeToString()


def _may_matter(message: Message) -> bool:
    frame = message.get("bytes")
    return bool(frame) and len(frame) <= LONGEST
