"""The access code: asked once of every browser, before it sees anything of Graft.

Whoever gave it carries a signed cookie that no script can read. Codes are compared in constant
time, and tries from one address are few.
"""

import hashlib
import hmac
import ipaddress
import secrets
import time
from collections import OrderedDict
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pages.parts.shared import words
from pages.parts.shared.text import escape
from pages.parts.shared.words import t
from pages.parts.web import guard
from tl_core.base import settings, signing

SIGN_IN, SIGN_OUT = "/graft/sign-in", "/graft/sign-out"
COOKIE = "graft_access"
VALID_FOR_S = 7 * 24 * 3600
LONGEST_FORM = 4096
LONGEST_PLACE = 500
ASSETS = Path(__file__).resolve().parents[3] / "assets"
STYLE = (ASSETS / "sign_in.css").read_text("utf-8")
POLICY = (
    "default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


class Tries:
    """Counts wrong codes: from the fifth on an address waits, twice as long each time.

    Args:
        free: wrong codes of one address that cost nothing.
        longest_s: the longest wait.
        all_per_minute: wrong codes of all addresses together, after which every one waits.
    """

    def __init__(self, free: int = 5, longest_s: float = 300, all_per_minute: int = 300) -> None:
        self.free, self.longest_s, self.all_per_minute = free, longest_s, all_per_minute
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._minute, self._count = 0, 0

    def wait_s(self, address: str) -> float:
        """Return how long `address` has to wait before it may try again."""
        now = time.monotonic()
        if self._minute == int(now / 60) and self._count >= self.all_per_minute:
            return 60 - now % 60
        return max(0.0, self._wrong.get(address, (0, 0.0))[1] - now)

    def note_wrong(self, address: str) -> None:
        """Count a wrong code."""
        now = time.monotonic()
        count = self._wrong.pop(address, (0, 0.0))[0] + 1
        over = count - self.free
        until = now + min(self.longest_s, 2.0 ** min(over, 20)) if over >= 0 else 0.0
        self._wrong[address] = (count, until)
        while len(self._wrong) > 10_000:
            self._wrong.popitem(last=False)
        if self._minute != int(now / 60):
            self._minute, self._count = int(now / 60), 0
        self._count += 1

    def note_right(self, address: str) -> None:
        """Forget what this address got wrong."""
        self._wrong.pop(address, None)


class AccessCode:
    """Lets through who has given the code; everybody where none is set."""

    def __init__(self, app: ASGIApp, tries: Tries | None = None) -> None:
        self.app = app
        self.tries = tries or Tries()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the sign-in page, ask for the code where it is due, pass on the rest."""
        code = settings.current().access_code.get_secret_value()
        if scope["type"] not in ("http", "websocket") or not code:
            await self.app(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] in (SIGN_IN, SIGN_OUT):
            answer = await self._answer(Request(scope, receive), code)
            await answer(scope, receive, send)
        elif await run_in_threadpool(is_signed_in, _cookie(scope), code):
            await self.app(scope, receive, send)
        elif _is_page(scope):
            place = quote(scope["path"], safe="/")
            if scope["query_string"]:
                place += "?" + scope["query_string"].decode("latin-1")
            await _to(f"{SIGN_IN}?next={quote(place, safe='')}")(scope, receive, send)
        else:
            await guard.refuse(
                scope, receive, send, PlainTextResponse("The access code is missing.", 401)
            )

    async def _answer(self, request: Request, code: str) -> Response:
        with words.speaking(_language(request)):
            if request.url.path == SIGN_OUT:
                return _signed_out(request)
            if request.method == "POST":
                return await self._signed_in(request, code)
            if request.method not in ("GET", "HEAD"):
                return PlainTextResponse("Only GET and POST.", 405)
            return _page(_place(request.query_params.get("next", "")))

    async def _signed_in(self, request: Request, code: str) -> Response:
        """Compare what was given; a right code earns the cookie and leads to where one wanted to go."""
        form = await _form(request)
        if form is None:
            return PlainTextResponse("Too much.", 413)
        place, address = _place(form.get("next", "")), _address(request)
        wait_s = self.tries.wait_s(address)
        if wait_s > 0:
            answer = _page(place, t("Too many wrong codes. Wait a little, then try again."), 429)
            answer.headers["retry-after"] = str(int(wait_s) + 1)
            return answer
        if not _is_equal(form.get("code", ""), code):
            self.tries.note_wrong(address)
            return _page(place, t("That is not the code. Ask whoever started Graft for it."), 403)
        self.tries.note_right(address)
        answer = _to(place)
        value = await run_in_threadpool(cookie_value, code)
        is_secure = request.url.scheme == "https"
        answer.set_cookie(
            COOKIE, value, VALID_FOR_S, path="/", secure=is_secure, httponly=True, samesite="lax"
        )
        return answer


def cookie_value(code: str) -> str:
    """Return the value of the cookie for a browser that gave the code: how long it holds, and the proof."""
    claims = f"{int(time.time()) + VALID_FOR_S:x}.{secrets.token_hex(8)}"
    return f"{claims}.{signing.signature('access', f'{claims}.{code}')}"


def is_signed_in(cookie: str, code: str) -> bool:
    """Say whether a cookie is ours, not expired, and made for the present code: a new code ends all sessions."""
    claims, _, told = cookie.rpartition(".")
    if len(cookie) > 200 or not signing.is_signed("access", f"{claims}.{code}", told):
        return False
    return int(claims.partition(".")[0], 16) > time.time()


def is_asked() -> bool:
    """Say whether an access code is set."""
    return bool(settings.current().access_code.get_secret_value())


def _signed_out(request: Request) -> Response:
    if request.method != "POST":
        return PlainTextResponse("Only POST.", 405)
    answer = _to(SIGN_IN)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
    return answer


def _page(place: str, told: str = "", status: int = 200) -> HTMLResponse:
    message = f'<p role="alert">{escape(told)}</p>' if told else ""
    logo = (ASSETS / "logo.svg").read_text("utf-8")
    body = f"""<!doctype html>
<html lang="{escape(words.spoken())}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(t("Sign in"))} · Graft</title><style>{STYLE}</style></head>
<body><main>{logo}<h1>{escape(t("Sign in"))}</h1>
<p>{escape(t("This Graft is shared. Give the access code that you were told."))}</p>
<form method="post" action="{SIGN_IN}">
<label for="code">{escape(t("Access code"))}</label>
<input id="code" name="code" type="password" autocomplete="current-password" required autofocus>
<input name="next" type="hidden" value="{escape(place)}">
{message}<button>{escape(t("Sign in"))}</button></form></main></body></html>"""
    policy = POLICY.format(digest=style_digest())
    headers = {"content-security-policy": policy, "cache-control": "no-store"}
    return HTMLResponse(body, status, headers=headers)


def style_digest() -> str:
    """Return the hash under which the policy knows the page's style."""
    from base64 import b64encode

    return b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()


def _to(place: str) -> RedirectResponse:
    return RedirectResponse(place, 303, headers={"cache-control": "no-store"})


async def _form(request: Request) -> dict[str, str] | None:
    """Return the fields that were sent; None when they are too long."""
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > LONGEST_FORM:
            return None
    fields = parse_qs(raw.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=10)
    return {name: values[0] for name, values in fields.items()}


def _place(wanted: str) -> str:
    """Return a place of this server; anything else becomes the first page."""
    parts = urlsplit(wanted) if len(wanted) <= LONGEST_PLACE else None
    is_plain = wanted.isascii() and wanted.isprintable() and "\\" not in wanted
    if parts is None or not is_plain or parts.scheme or parts.netloc:
        return "/"
    return wanted if wanted.startswith("/") and not wanted.startswith("//") else "/"


def _is_equal(given: str, code: str) -> bool:
    """Compare hashes, which have one length whatever was given."""
    one, other = (
        hashlib.sha256(text.encode("utf-8", "replace")).digest() for text in (given, code)
    )
    return hmac.compare_digest(one, other)


def _is_page(scope: Scope) -> bool:
    """Say whether a person is looking for a page, and can be led to another one."""
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
        return False
    return b"text/html" in dict(scope["headers"]).get(b"accept", b"")


def _cookie(scope: Scope) -> str:
    return Request({**scope, "type": "http"}).cookies.get(COOKIE, "")


def _address(request: Request) -> str:
    """Return who tries: an IPv6 address stands for its network, which one person has all of."""
    told = request.client.host if request.client else ""
    try:
        parsed = ipaddress.ip_address(told)
    except ValueError:
        return told
    if parsed.version == 4:
        return told
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def _language(request: Request) -> str:
    """Return the first language that the browser asks for."""
    return request.headers.get("accept-language", "")[:2].lower()
