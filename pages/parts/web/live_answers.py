"""Answers to a camera by a route of our own, so that no page is drawn anew for each of its frames.

`POST /graft/live/TICKET` takes one frame and answers with plain words and bars, or with what the model is at while it
gets ready; `DELETE` says that the camera was turned off. A ticket is signed, names one run and one
open page, and ends. The frame is opened in a child with limits, never here.
"""

import asyncio
import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BinasciiError
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from pages.parts.shared import numbers, words
from pages.parts.shared.words import t
from tl_core import store
from tl_core.base import settings, signing
from tl_core.base.errors import UserError
from tl_core.base.speech import ENGLISH
from tl_core.intake import receiving
from tl_core.jobs import live, predictor
from tl_core.jobs.live_model import Seen
from tl_core.measures import conformal
from tl_core.tasks import registry as tasks

VALID_FOR_S = 12 * 3600
FRAME_BYTES = 1024 * 1024
"""Far more than a small JPEG has."""
SILENCE_S = 15.0
LONGEST_TICKET = 1000
THREADS = 6
"""Frames that wait for an answer side by side; pictures and downloads have threads of their own."""
_STATUS = {
    "live-ticket": 403,
    "upload-origin": 403,
    "unknown": 404,
    "no-model": 404,
    "live-silent": 408,
    "live-large": 413,
    "live-busy": 429,
    "live-full": 503,
    "live-ended": 503,
    "prediction-failed": 503,
}
_OTHERWISE = 422
"""A frame that cannot be opened, say."""
Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Ticket:
    """What an address lets a browser ask.

    Attributes:
        run: whose model answers.
        viewer: the open page that asks.
        owner: whose run it is.
        language: in which it is answered.
        until: second since 1970.
    """

    run: str
    viewer: str
    owner: str
    language: str
    until: int


def url(run_id: str, viewer: str) -> str:
    """Return the address that a page may send frames to, for some hours and one run."""
    until = int(time.time()) + VALID_FOR_S
    ticket = Ticket(run_id, viewer, settings.current().owner, words.spoken(), until)
    body = urlsafe_b64encode(json.dumps(asdict(ticket)).encode()).decode()
    return f"/graft/live/{body}.{signing.signature('live', body)}"


def routes(xsrf_cookie: str) -> list[BaseRoute]:
    """Return the routes of the live camera; for the cookie see `receiving.routes`."""
    limiter = CapacityLimiter(THREADS)

    async def answer(request: Request) -> Response:
        frame = await _read(request)
        ticket = await to_thread.run_sync(_opened, request.path_params["ticket"], limiter=limiter)
        told = await to_thread.run_sync(_answered, ticket, frame, limiter=limiter)
        return JSONResponse(told, 200 if "heading" in told else 202)

    async def leave(request: Request) -> Response:
        ticket = await to_thread.run_sync(_opened, request.path_params["ticket"], limiter=limiter)
        await to_thread.run_sync(live.LIVE.leave, ticket.run, ticket.viewer, limiter=limiter)
        return Response(status_code=204)

    def guarded(handler: Handler) -> Handler:
        async def checked(request: Request) -> Response:
            try:
                receiving.require_own_page(request, xsrf_cookie)
                return await handler(request)
            except UserError as error:
                return _refusal(error, request.path_params["ticket"])
            except ClientDisconnect:
                return Response(status_code=499)

        return checked

    return [
        Route("/graft/live/{ticket}", guarded(answer), methods=["POST"]),
        Route("/graft/live/{ticket}", guarded(leave), methods=["DELETE"]),
    ]


async def _read(request: Request) -> bytes:
    """Return the frame that was sent, of unknown content."""
    frame = bytearray()
    try:
        async with asyncio.timeout(SILENCE_S):
            async for chunk in request.stream():
                frame += chunk
                if len(frame) > FRAME_BYTES:
                    raise UserError(
                        "live-large",
                        "The picture of the camera is larger than {most}.",
                        "Take a picture instead.",
                        most=f"{FRAME_BYTES // 1024**2} MB",
                    )
    except TimeoutError as error:
        raise UserError(
            "live-silent", "The camera's picture did not arrive.", "Check the connection."
        ) from error
    return bytes(frame)


def _opened(text: str) -> Ticket:
    """Return what a ticket says, if it is ours, holds still, and its run is this owner's.

    Raises:
        UserError: "live-ticket" or "unknown".
    """
    ticket = _read_ticket(text)
    if ticket is None or ticket.until < time.time() or ticket.owner != settings.current().owner:
        raise UserError(
            "live-ticket", "This camera's permission is not valid any more.", "Reload the page."
        )
    store.run(ticket.run, owner=ticket.owner)
    return ticket


def _read_ticket(text: str) -> Ticket | None:
    body, _, signature = text.partition(".")
    if len(text) > LONGEST_TICKET or not signing.is_signed("live", body, signature):
        return None
    with suppress(ValueError, BinasciiError, TypeError):
        return Ticket(**json.loads(urlsafe_b64decode(body)))
    return None


def _answered(ticket: Ticket, frame: bytes) -> dict[str, Any]:
    with words.speaking(ticket.language):
        return _told(ticket.run, live.LIVE.answer(ticket.run, ticket.viewer, frame))


def _told(run_id: str, seen: Seen) -> dict[str, Any]:
    """Return what the browser draws: plain text and numbers.

    Raises:
        UserError: why this frame has no answer.
    """
    if seen.reply is None:
        return {"stage": seen.stage}
    prediction = seen.reply.prediction
    if prediction is None:
        raise UserError(seen.reply.code, seen.reply.reason, seen.reply.hint)
    # Panels keep what they draw in a running app's memory, which is not there while the app starts.
    from pages.parts.shared.tasks import registry

    panels = registry.of_answer(prediction)
    told = panels.in_place(prediction)
    notes = list(told.notes)
    rules = predictor.rules_in(predictor.model_folder(run_id))
    promise = conformal.of_share(rules.promises, conformal.USUAL)
    if promise is not None and panels.all_it_may_be():
        may_be = tasks.of_reply(prediction).promised(prediction, rules, promise)
        share = numbers.percent(may_be.coverage)
        notes.append(f"{panels.may_be(may_be, is_plain=True)} ({share})")
    if prediction.is_unknown:
        notes.insert(0, t("None of these: it looks like nothing that the model was taught."))
    return {
        "stage": seen.stage,
        "heading": told.heading,
        "bars": [asdict(bar) for bar in told.bars],
        "notes": notes,
        "is_unknown": bool(prediction.is_unknown),
    }


def _refusal(error: UserError, text: str) -> Response:
    ticket = _read_ticket(text)
    with words.speaking(ticket.language if ticket else ENGLISH):
        body = {"code": error.code, "message": t(error.message), "hint": t(error.hint)}
    status = _STATUS.get(error.code, _OTHERWISE)
    return JSONResponse(body, status, headers={"connection": "close", "cache-control": "no-store"})
