"""A model over HTTP: `POST /predict` takes pictures, everything else says how.

Pictures are opened and answered in children with limits (`pool`), never here. What is too much is refused at
once and in words: 413 where it is too large, 429 with a time to come again where others were first.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from anyio import to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tl_core.base.errors import UserError
from tl_core.serving import documents, faults, openapi, receiving
from tl_core.serving.access import Access
from tl_core.serving.limits import USUAL, Limits
from tl_core.serving.model import Model
from tl_core.serving.pool import Pool, busy
from tl_core.serving.receiving import Room, Share, Upload

Handler = Callable[[Request], Awaitable[Response]]
GONE = 499


def app(model: Model, token: str = "", limits: Limits = USUAL) -> Starlette:
    """Return the application that serves a model.

    Args:
        model: from `load`; its processes end with the application.
        token: what has to be told to ask; empty lets this computer's own programs and pages ask.
        limits: in force.
    """
    served = _Served(model, model.pool_of(waiting=limits.waiting), Access(token), limits)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        served.pool.get_ready()
        yield
        await to_thread.run_sync(model.close)

    return Starlette(
        routes=[
            Route("/predict", served.guarded(served.predict), methods=["POST"]),
            Route("/model", served.guarded(served.about), methods=["GET"]),
            Route("/health", served.health, methods=["GET"]),
            Route("/openapi.json", served.described, methods=["GET"]),
            *documents.routes(limits, has_token=served.access.asks),
        ],
        exception_handlers={HTTPException: _not_there, Exception: _bug},
        lifespan=lifespan,
    )


class _Served:
    """One model with what its routes share."""

    def __init__(self, model: Model, pool: Pool, access: Access, limits: Limits) -> None:
        self.model, self.pool, self.access, self.limits = model, pool, access, limits
        self.room = Room(limits.held_bytes)

    def guarded(self, handler: Handler) -> Handler:
        async def checked(request: Request) -> Response:
            try:
                try:
                    self.access.require(request)
                    return await handler(request)
                except UserError as error:
                    if error.code != "silent":
                        await receiving.drain(request, self.limits)
                    return faults.response(error, self.pool.seconds_left())
            except ClientDisconnect:
                return Response(status_code=GONE)

        return checked

    async def predict(self, request: Request) -> Response:
        """Answer one picture with one answer, a form of several with a list."""
        if self.pool.is_full:
            raise busy()
        with Share(self.room) as share:
            uploads = await receiving.pictures(request, self.limits, share)
            answers = await self._answered(uploads)
        if len(uploads) > 1:
            told = [
                {"name": upload.name} | (faults_of(one) if isinstance(one, UserError) else one)
                for upload, one in zip(uploads, answers, strict=True)
            ]
            return JSONResponse({"answers": told}, headers={"cache-control": "no-store"})
        if isinstance(answers[0], UserError):
            raise answers[0]
        return JSONResponse(answers[0], headers={"cache-control": "no-store"})

    async def _answered(self, uploads: list[Upload]) -> list[dict[str, Any] | UserError]:
        asked = self.pool.ask([upload.content for upload in uploads])
        opened = await asyncio.gather(*map(asyncio.wrap_future, asked))
        told: list[dict[str, Any] | UserError] = []
        for one in opened:
            try:
                told.append(self.model.answer_of(one).as_dict())
            except UserError as error:
                told.append(error)
        return told

    async def about(self, request: Request) -> Response:
        """Say what is served."""
        described = self.model.description
        return JSONResponse(
            {
                "task": described.task,
                "classes": described.classes,
                "backbone": described.backbone,
                "temperature": described.temperature,
                "promises": [promise.coverage for promise in described.promises],
            }
        )

    async def health(self, request: Request) -> Response:
        """Say whether pictures are answered by now; 503 until then."""
        is_ready = self.pool.is_ready
        told = {"status": "ready" if is_ready else "starting", "waiting": self.pool.on_their_way}
        return JSONResponse(told, 200 if is_ready else 503)

    async def described(self, request: Request) -> Response:
        return JSONResponse(openapi.document(self.limits, has_token=self.access.asks))


def faults_of(error: UserError) -> dict[str, Any]:
    """Return what stands in a list of answers for a picture without one."""
    return {"error": faults.told(error)}


async def _not_there(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    headers = error.headers if isinstance(error, HTTPException) else None
    told = {
        "code": "not-there" if status == 404 else "method",
        "message": "There is nothing to be had here in this way.",
        "hint": "GET /docs says what there is.",
    }
    return JSONResponse(told, status, headers=headers)


async def _bug(request: Request, error: Exception) -> Response:
    told = {
        "code": "internal",
        "message": "Something went wrong in the server.",
        "hint": "Its log says what. Other pictures are answered as before.",
    }
    return JSONResponse(told, 500)
