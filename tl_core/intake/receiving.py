"""The route that takes uploads: bodies streamed to disk, held in no memory, within limits.

`PUT /graft/upload/TOKEN/PART` takes a part (numbered from 0; the only one when left out), and
`POST /graft/upload/TOKEN` says that the sender is still at work on the next one.
"""

import asyncio
import contextlib
import hmac
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import BinaryIO
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tl_core.base.errors import UserError
from tl_core.base.files import is_disk_full
from tl_core.intake import uploads
from tl_core.intake.upload_room import ROOM, Reservation
from tl_core.intake.uploads import Ticket

SILENCE_S = 60.0
"""A sender that says nothing for this long is gone."""

SLOWEST_BYTES_PER_S = 1024
"""One that sends less than this on average, after its first minute, only holds room."""

PARTS_LIMIT = 10_000
LONGEST_PART = len(str(PARTS_LIMIT))
LONGEST_LENGTH = 18
"""Digits: numbers that are longer take long to read and say nothing that fits a disk."""

BUFFER_BYTES = 1 << 20
XSRF_HEADER = "x-xsrftoken"
_STATUS = {
    "upload-token": 403,
    "upload-origin": 403,
    "upload-part": 400,
    "upload-twice": 409,
    "upload-busy": 423,
    "upload-many": 429,
    "upload-limit": 413,
    "uploads-limit": 413,
    "upload-silent": 408,
    "disk-full": 507,
}
Handler = Callable[[Request], Awaitable[Response]]


def routes(xsrf_cookie: str = "") -> list[Route]:
    """Return the routes that receive uploads.

    Args:
        xsrf_cookie: name of the cookie whose value every request must repeat in its header
            `X-Xsrftoken`, which only our own pages can read; empty asks for none.
    """

    def guarded(handler: Handler) -> Handler:
        async def answer(request: Request) -> Response:
            try:
                require_own_page(request, xsrf_cookie)
                return await handler(request)
            except UserError as error:
                body = {"code": error.code, "message": error.message, "hint": error.hint}
                return JSONResponse(body, _STATUS[error.code], headers={"connection": "close"})
            except ClientDisconnect:
                return Response(status_code=499)

        return answer

    return [
        Route("/graft/upload/{token}", guarded(_receive), methods=["PUT"]),
        Route("/graft/upload/{token}", guarded(_still_there), methods=["POST"]),
        Route("/graft/upload/{token}/{part}", guarded(_receive), methods=["PUT"]),
    ]


async def _receive(request: Request) -> Response:
    """Stream one body to disk; answer 201 with the number of bytes."""
    ticket = await run_in_threadpool(uploads.ticket_of, request.path_params["token"])
    part = _read_part(request.path_params.get("part", "0"))
    return JSONResponse({"received": await _keep(request, ticket, part)}, 201)


async def _still_there(request: Request) -> Response:
    ticket = await run_in_threadpool(uploads.ticket_of, request.path_params["token"])
    await run_in_threadpool(uploads.touch, ticket)
    return Response(status_code=204)


async def _keep(request: Request, ticket: Ticket, part: int) -> int:
    """Write the body to `PART.part` and rename it when whole; leave nothing of a broken one."""
    declared = _read_length(request)
    reservation = await run_in_threadpool(ROOM.enter, ticket.folder, ticket.owner, ticket.session)
    try:
        await run_in_threadpool(ROOM.grow, reservation, declared, at_once=True)
        return await _write_part(request, ticket, part, reservation)
    except OSError as error:
        if is_disk_full(error):
            raise uploads.disk_full() from error
        if not ticket.folder.exists():  # cancelled meanwhile
            raise uploads.bad_token() from error
        raise
    finally:
        ROOM.leave(reservation)


async def _write_part(request: Request, ticket: Ticket, part: int, reservation: Reservation) -> int:
    target = ticket.folder / f"{part:06}"
    temporary = target.with_suffix(".part")
    file = await run_in_threadpool(uploads.claim, target, temporary)
    whole = False
    try:
        received = await _write_body(request, file, reservation)
        await run_in_threadpool(file.close)
        keep = partial(temporary.rename, target)
        await run_in_threadpool(ROOM.settle, reservation, received, keep)
        whole = True
    finally:
        if not whole:
            file.close()
            temporary.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                ticket.folder.rmdir()  # only when no other part is there
    return received


async def _write_body(request: Request, file: BinaryIO, reservation: Reservation) -> int:
    received = 0
    pending = bytearray()
    begun = time.monotonic()
    stream = request.stream().__aiter__()
    while True:
        try:
            async with asyncio.timeout(SILENCE_S):
                chunk = await anext(stream, None)
        except TimeoutError as error:
            raise _silent() from error
        if chunk is None:
            break
        received += len(chunk)
        if received > reservation.reserved:
            await run_in_threadpool(ROOM.grow, reservation, received)
        if received < SLOWEST_BYTES_PER_S * (time.monotonic() - begun - SILENCE_S):
            raise _silent()
        pending += chunk
        if len(pending) >= BUFFER_BYTES:
            await run_in_threadpool(file.write, bytes(pending))
            reservation.written = received
            pending.clear()
    await run_in_threadpool(file.write, bytes(pending))
    return received


def require_own_page(request: Request, xsrf_cookie: str) -> None:
    """Refuse what was not sent by a page of ours.

    Raises:
        UserError: "upload-origin".
    """
    _check_origin(request)
    _check_xsrf(request, xsrf_cookie)


def _check_origin(request: Request) -> None:
    """Refuse what another site's page sends through a visitor's browser."""
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site", "same-origin")
    foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if foreign or site != "same-origin":
        raise _foreign()


def _check_xsrf(request: Request, cookie: str) -> None:
    if not cookie:
        return
    told, kept = request.headers.get(XSRF_HEADER, ""), request.cookies.get(cookie, "")
    if not kept or not hmac.compare_digest(told.encode(), kept.encode()):
        raise _foreign()


def _read_length(request: Request) -> int:
    """Return how many bytes the sender says will come; 0 where it does not say."""
    told = request.headers.get("content-length", "0")
    if not told.isascii() or not told.isdecimal() or len(told) > LONGEST_LENGTH:
        raise uploads.too_large()
    return int(told)


def _read_part(text: str) -> int:
    is_number = text.isascii() and text.isdecimal() and len(text) <= LONGEST_PART
    if not is_number or int(text) >= PARTS_LIMIT:
        raise UserError("upload-part", "The upload has a part of no number.", "Send it again.")
    return int(text)


def _foreign() -> UserError:
    return UserError(
        "upload-origin",
        "The upload does not come from Graft's own page.",
        "Reload the page and send it again.",
    )


def _silent() -> UserError:
    return UserError("upload-silent", "The upload fell silent.", "Send it again.")
