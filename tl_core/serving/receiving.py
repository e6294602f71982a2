"""Takes pictures from a request, within limits; nothing of them is opened here."""

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Self

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from tl_core.base.errors import UserError
from tl_core.serving import faults, pool
from tl_core.serving.limits import Limits

LONGEST_LENGTH = 18
"""Digits: numbers that are longer take long to read and say nothing that fits a machine."""
MOST_FIELDS = 20
DRAINED_TIMES, DRAINED_S = 4, 5.0
"""Of a body that is refused so many times the limit, and for so long, is read and thrown away: most senders
read an answer only when they have sent all."""
FORM = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Upload:
    """One picture that was sent.

    Attributes:
        name: as the sender calls it; empty where it does not.
        content: its bytes, of unknown content.
    """

    name: str
    content: bytes


class Room:
    """The bytes that all requests together hold; used in one thread, that of the server's loop."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes, self.held_bytes = limit_bytes, 0


class Share:
    """What one request holds of a room, given back at the end of a `with` block."""

    def __init__(self, room: Room) -> None:
        self._room, self._mine = room, 0

    def grow(self, size_bytes: int) -> None:
        """Take so much more.

        Raises:
            UserError: "serving-busy".
        """
        if self._room.held_bytes + size_bytes > self._room.limit_bytes:
            raise pool.busy()
        self._room.held_bytes += size_bytes
        self._mine += size_bytes

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._room.held_bytes -= self._mine
        self._mine = 0


async def pictures(request: Request, limits: Limits, share: Share) -> list[Upload]:
    """Return the pictures of a request: its whole body, or every file of its form.

    Raises:
        UserError: "too-large", "too-many-pictures", "malformed", "no-picture", "silent" or "serving-busy".
    """
    if not is_form(request):
        body = b"".join(
            [chunk async for chunk in _limited(request, limits.picture_bytes, limits, share)]
        )
        if not body:
            raise faults.no_picture()
        return [Upload("", body)]
    return await _of_form(request, limits, share)


def is_form(request: Request) -> bool:
    """Say whether the body is a form, which may hold several pictures."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM


async def drain(request: Request, limits: Limits) -> None:
    """Read what is left of a body that is refused, within reason."""
    left = DRAINED_TIMES * limits.request_bytes
    try:
        async with asyncio.timeout(DRAINED_S):
            async for chunk in request.stream():
                left -= len(chunk)
                if left < 0:
                    return
    except (TimeoutError, RuntimeError):  # silent, or read to its end before
        return


async def _of_form(request: Request, limits: Limits, share: Share) -> list[Upload]:
    stream = _limited(request, limits.request_bytes, limits, share)
    parser = MultiPartParser(
        request.headers,
        stream,
        max_files=limits.pictures + 1,
        max_fields=MOST_FIELDS,
        max_part_size=1024,
    )
    parser.spool_max_size = limits.request_bytes  # stays in memory, whose limit is ours
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError) as error:
        if "Too many files" in str(getattr(error, "message", "")):
            raise _too_many(limits) from error
        raise faults.malformed() from error
    try:
        files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
        if not files:
            raise faults.no_picture()
        if len(files) > limits.pictures:
            raise _too_many(limits)
        found = [Upload(file.filename or "", await file.read()) for file in files]
    finally:
        await form.close()
    if max(len(one.content) for one in found) > limits.picture_bytes:
        raise faults.too_large(limits.picture_bytes)
    return found


async def _limited(
    request: Request, most_bytes: int, limits: Limits, share: Share
) -> AsyncGenerator[bytes, None]:
    """Yield the body as it comes, and refuse what is too large, too much for the room, or silent."""
    _check_length(request, most_bytes)
    received, began = 0, time.monotonic()
    stream = request.stream().__aiter__()
    while True:
        left_s = limits.whole_s - (time.monotonic() - began)
        try:
            async with asyncio.timeout(min(limits.silence_s, left_s)):
                chunk = await anext(stream, None)
        except TimeoutError as error:
            raise faults.silent() from error
        if chunk is None:
            return
        received += len(chunk)
        if received > most_bytes:
            raise faults.too_large(most_bytes)
        share.grow(len(chunk))
        yield chunk


def _check_length(request: Request, most_bytes: int) -> None:
    """Refuse what says that it is too large before any of it is read."""
    told = request.headers.get("content-length", "0")
    if not told.isascii() or not told.isdecimal():
        raise faults.malformed()
    if len(told) > LONGEST_LENGTH or int(told) > most_bytes:
        raise faults.too_large(most_bytes)


def _too_many(limits: Limits) -> UserError:
    return UserError(
        "too-many-pictures",
        "One request takes at most {most} pictures.",
        "Send the rest in further requests.",
        most=limits.pictures,
    )
