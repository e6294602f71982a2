"""The route that takes uploads: bodies streamed to disk, held in no memory, within limits.

`PUT /graft/upload/TOKEN/PART` takes a part (numbered from 0; the only one when left out), and
`POST /graft/upload/TOKEN` says that the sender is still at work on the next one.
"""

import asyncio
import contextlib
import hmac
from collections.abc import Awaitable, Callable
from typing import BinaryIO
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tl_core.data import uploads
from tl_core.data.uploads import Ticket
from tl_core.errors import UserError
from tl_core.files import is_disk_full

SILENCE_S = 60.0
"""A sender that says nothing for this long is gone."""

PARTS_LIMIT = 10_000
BUFFER_BYTES = 1 << 20
XSRF_HEADER = "x-xsrftoken"
_STATUS = {
    "upload-token": 403,
    "upload-origin": 403,
    "upload-part": 400,
    "upload-twice": 409,
    "upload-busy": 423,
    "upload-limit": 413,
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
                _check_origin(request)
                _check_xsrf(request, xsrf_cookie)
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
    room = await run_in_threadpool(uploads.room, ticket)
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > room:
        raise uploads.too_large()
    target = ticket.folder / f"{part:06}"
    temporary = target.with_suffix(".part")
    whole = False
    try:
        file = await run_in_threadpool(uploads.claim, target, temporary, int(declared))
        try:
            received = await _write_body(request, file, room)
            await run_in_threadpool(file.close)
            temporary.rename(target)
            whole = True
        finally:
            if not whole:
                file.close()
                temporary.unlink(missing_ok=True)
                with contextlib.suppress(OSError):
                    ticket.folder.rmdir()  # only when no other part is there
    except OSError as error:
        if is_disk_full(error):
            raise uploads.disk_full() from error
        if not ticket.folder.exists():  # cancelled meanwhile
            raise uploads.bad_token() from error
        raise
    return received


async def _write_body(request: Request, file: BinaryIO, room: int) -> int:
    received = 0
    pending = bytearray()
    stream = request.stream().__aiter__()
    while True:
        try:
            async with asyncio.timeout(SILENCE_S):
                chunk = await anext(stream, None)
        except TimeoutError as error:
            raise UserError("upload-silent", "The upload fell silent.", "Send it again.") from error
        if chunk is None:
            break
        received += len(chunk)
        if received > room:
            raise uploads.too_large()
        pending += chunk
        if len(pending) >= BUFFER_BYTES:
            await run_in_threadpool(file.write, bytes(pending))
            pending.clear()
    await run_in_threadpool(file.write, bytes(pending))
    return received


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


def _read_part(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) >= PARTS_LIMIT:
        raise UserError("upload-part", "The upload has a part of no number.", "Send it again.")
    return int(text)


def _foreign() -> UserError:
    return UserError(
        "upload-origin",
        "The upload does not come from Graft's own page.",
        "Reload the page and send it again.",
    )
