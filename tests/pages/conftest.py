"""Fixtures for tests of the app's own routes."""

import asyncio
from collections.abc import Callable

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from pages.parts import web

Get = Callable[[str], httpx.Response]


@pytest.fixture
def get(home) -> Get:
    """A function that asks our routes, with their headers, as a browser would."""
    app = Starlette(routes=web.routes(), middleware=[Middleware(web.SecurityHeaders)])

    async def ask(path: str) -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get(path)

    return lambda path: asyncio.run(ask(path))
