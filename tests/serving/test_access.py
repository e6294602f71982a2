import pytest
from starlette.requests import Request

from tl_core.base.errors import UserError
from tl_core.serving import access
from tl_core.serving.access import Access

TOKEN = "sixteen-signs-or-more"


def request(**headers: str) -> Request:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "POST", "path": "/predict", "headers": raw})


def refusal(token: str, **headers: str) -> str:
    try:
        Access(token).require(request(**headers))
    except UserError as error:
        return error.code
    return ""


def test_a_token_is_made_where_others_may_connect_and_nowhere_else():
    assert access.token_for("127.0.0.1", "") == access.token_for("localhost", "") == ""
    made = access.token_for("0.0.0.0", "")
    assert len(made) >= access.SHORTEST_TOKEN and made != access.token_for("0.0.0.0", "")
    assert access.token_for("0.0.0.0", TOKEN) == access.token_for("::1", TOKEN) == TOKEN


def test_a_short_token_is_refused():
    with pytest.raises(UserError, match="16"):
        access.token_for("127.0.0.1", "short")


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (f"Bearer {TOKEN}", ""),
        (f"bearer  {TOKEN} ", ""),
        ("", "token"),
        (TOKEN, "token"),
        (f"Basic {TOKEN}", "token"),
        (f"Bearer {TOKEN}x", "token"),
        ("Bearer ü", "token"),
    ],
)
def test_only_the_whole_token_opens(told, code):
    assert refusal(TOKEN, authorization=told, host="anything") == code


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"host": "127.0.0.1:8600"}, ""),
        ({"host": "localhost:8600", "origin": "http://localhost:8600"}, ""),
        ({"host": "[::1]:8600"}, ""),
        ({"host": "evil.example"}, "foreign-host"),
        ({"host": "[::1"}, "foreign-host"),
        ({}, "foreign-host"),
        ({"host": "localhost:8600", "origin": "http://evil.example"}, "foreign-page"),
        ({"host": "localhost:8600", "origin": "null"}, "foreign-page"),
    ],
)
def test_without_a_token_only_this_computers_own_programs_and_pages_ask(headers, code):
    assert refusal("", **headers) == code
