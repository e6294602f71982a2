"""The content security policy, and headers that stand on every answer, a failed one included."""

import asyncio
import logging

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from pages.parts.web import policy, routes

SECRET = "hunter2hunter2"


def directives(text: str) -> dict[str, list[str]]:
    return {part.split()[0]: part.split()[1:] for part in text.split(";")}


def test_no_script_runs_but_ours_and_the_one_known_by_its_hash():
    told = directives(policy.content_policy("localhost:8501"))
    assert "'unsafe-inline'" not in told["script-src"]
    assert "'unsafe-eval'" not in told["script-src"]
    assert len([one for one in told["script-src"] if one.startswith("'sha256-")]) == len(
        policy.inline_scripts()
    )
    assert policy.inline_scripts()
    assert told["object-src"] == told["base-uri"] == told["frame-src"] == ["'none'"]
    assert not any("*" in one or one.startswith("http") for all in told.values() for one in all)


def test_only_a_trusted_host_is_named():
    assert "ws://localhost:8501" in policy.content_policy("localhost:8501")
    assert "ws:" not in policy.content_policy("")


def test_a_picture_or_a_download_may_do_nothing_at_all(get):
    told = directives(get("/graft/thumbnail/x").headers["content-security-policy"])
    assert told["default-src"] == ["'none'"]
    assert "sandbox" in told


@pytest.mark.parametrize("path", ["/fails", "/graft/download/x", "/nowhere"])
def test_answers_that_failed_carry_the_headers_and_no_secret(home, caplog, path):
    async def fails(_):
        raise RuntimeError(f"token={SECRET}")

    app = Starlette(
        routes=[*routes.routes(), Route("/fails", fails)],
        middleware=routes.middleware(),
        exception_handlers={Exception: policy.on_error},
    )

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get(path)

    with caplog.at_level(logging.ERROR, "graft"):
        answer = asyncio.run(ask())
    assert answer.status_code >= 400
    for name in ("x-content-type-options", "referrer-policy", "content-security-policy"):
        assert name in answer.headers
    assert "frame-ancestors" in answer.headers["content-security-policy"]
    assert SECRET not in answer.text and SECRET not in caplog.text
    if path == "/fails":
        assert answer.status_code == 500
        assert answer.text.rpartition(" ")[2] in caplog.text
