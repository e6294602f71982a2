"""The access code: asked on every route, kept in a signed cookie, guessed by nobody."""

import asyncio
import time

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from pages.parts.web import access, routes
from pages.parts.web.access import COOKIE, SIGN_IN, Tries
from tests.pages.web.test_guard import HERE, HOST, asked
from tl_core.base.environment import passed_on
from tl_core.base.errors import UserError

CODE = "an open sesame"


@pytest.fixture
def browser(home, monkeypatch: pytest.MonkeyPatch):
    """A function that asks a server with an access code; it keeps cookies as a browser does."""
    monkeypatch.setenv("GRAFT_ACCESS_CODE", CODE)

    async def page(_) -> PlainTextResponse:
        return PlainTextResponse("pictures")

    app = Starlette(
        routes=[*routes.routes(), Route("/{rest:path}", page)], middleware=routes.middleware()
    )
    jar = httpx.Cookies()

    def ask(method: str, path: str, **more) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url=HERE, cookies=jar) as client:
                answer = await client.request(method, path, **more)
                jar.update(client.cookies)
                return answer

        return asyncio.run(send())

    ask.cookies = jar  # pyright: ignore[reportFunctionMemberAccess]
    return ask


def sign_in(browser, code: str, place: str = "/") -> httpx.Response:
    form = {"code": code, "next": place}
    return browser("POST", SIGN_IN, data=form, headers={"origin": HERE})


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/_stcore/health",
        "/_stcore/metrics",
        "/static/x",
        "/media/x",
        "/graft/picture/" + "0" * 64,
    ],
)
def test_without_the_code_no_route_says_anything(browser, path):
    answer = browser("GET", path)
    assert answer.status_code == 401
    assert "pictures" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_person_is_led_to_the_page_that_asks_and_back_to_where_they_wanted(browser):
    answer = browser("GET", "/data?run=1", headers={"accept": "text/html"})
    assert answer.status_code == 303
    asks = browser("GET", answer.headers["location"])
    assert asks.status_code == 200
    assert 'value="/data?run=1"' in asks.text
    assert "script" not in asks.text
    assert "default-src 'none'" in asks.headers["content-security-policy"]
    done = sign_in(browser, CODE, "/data?run=1")
    assert (done.status_code, done.headers["location"]) == (303, "/data?run=1")
    told = done.headers["set-cookie"].lower()
    assert "httponly" in told and "samesite=lax" in told and CODE not in told
    assert browser("GET", "/data").text == "pictures"


def test_the_websocket_asks_for_it_too(browser):
    own = {"host": HOST, "origin": HERE}
    assert asked(own, path="/_stcore/stream", kind="websocket")[0] == 403
    sign_in(browser, CODE)
    cookie = {"cookie": f"{COOKIE}={browser.cookies[COOKIE]}"}
    assert asked(own | cookie, path="/_stcore/stream", kind="websocket")[0] == 101


@pytest.mark.parametrize(
    "place", ["//evil.example", "http://evil.example", "/\\evil", "x" * 600, ""]
)
def test_signing_in_leads_nowhere_else(browser, place):
    assert sign_in(browser, CODE, place).headers["location"] == "/"


def test_a_cookie_that_was_changed_or_made_for_another_code_is_no_good(browser, home, monkeypatch):
    value = access.cookie_value(CODE)
    assert access.is_signed_in(value, CODE)
    later = format(int(time.time()) + 10**6, "x")
    changed = [value[:-1], "0" + value[1:], later + value[value.index(".") :], "", "..", "é.é.é"]
    assert not any(access.is_signed_in(one, CODE) for one in changed)
    assert not access.is_signed_in(value, CODE + "!")
    monkeypatch.setattr(access.time, "time", lambda: 4e9)
    assert not access.is_signed_in(value, CODE)


def test_wrong_codes_are_few(browser):
    told = [sign_in(browser, f"guess {number}").status_code for number in range(8)]
    assert told == [403] * 5 + [429] * 3
    answer = sign_in(browser, CODE)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
    assert COOKIE not in browser.cookies


def test_tries_wait_twice_as_long_each_time_and_take_bounded_memory(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(access.time, "monotonic", lambda: now[0])
    tries = Tries(all_per_minute=10**9)
    waits = []
    for _ in range(16):
        tries.note_wrong("a")
        waits.append(tries.wait_s("a"))
    assert waits[:7] == [0, 0, 0, 0, 1, 2, 4]
    assert waits[-1] == tries.longest_s
    tries.note_right("a")
    assert tries.wait_s("a") == 0
    for number in range(11_000):
        tries.note_wrong(str(number))
    assert len(tries._wrong) == 10_000


def test_all_addresses_together_have_a_limit_too(monkeypatch):
    now = [60.0]
    monkeypatch.setattr(access.time, "monotonic", lambda: now[0])
    tries = Tries(all_per_minute=3)
    for number in range(3):
        tries.note_wrong(str(number))
    assert tries.wait_s("another") == 60
    now[0] = 121.0
    assert tries.wait_s("another") == 0


def test_a_form_of_another_site_or_without_end_is_refused(browser):
    other = {"origin": "http://localhost:9999"}
    assert browser("POST", SIGN_IN, data={"code": CODE}, headers=other).status_code == 403
    assert browser("POST", SIGN_IN, data={"code": "x" * 9000}).status_code == 413
    assert browser("DELETE", SIGN_IN).status_code == 405


def test_signing_out_takes_the_cookie_away(browser):
    sign_in(browser, CODE)
    assert browser("GET", access.SIGN_OUT).status_code == 405
    assert browser("GET", "/").status_code == 200
    told = browser("POST", access.SIGN_OUT, headers={"origin": HERE}).headers["set-cookie"]
    assert told.startswith(f'{COOKIE}=""') and "Max-Age=0" in told


def test_without_a_code_in_force_nobody_is_asked(browser, monkeypatch):
    monkeypatch.delenv("GRAFT_ACCESS_CODE")
    assert browser("GET", "/").text == "pictures"


def test_the_code_is_shown_in_no_error():
    with pytest.raises(UserError) as caught:
        from pages.parts.web import guard

        guard.check_start("0.0.0.0", "secret")
    assert "secret" not in str(caught.value)


def test_workers_are_not_told_the_code():
    told = passed_on({"GRAFT_ACCESS_CODE": CODE, "GRAFT_HOME": "/home"})
    assert CODE not in told.values() and told["GRAFT_HOME"] == "/home"
