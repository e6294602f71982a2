"""Who may ask a served model: this computer's own programs and pages, or whoever has the token."""

import hmac
import secrets
from urllib.parse import urlsplit

from starlette.requests import Request

from tl_core.base.addresses import LOOPBACK_NAMES, is_loopback
from tl_core.base.errors import UserError

SHORTEST_TOKEN = 16
TOKEN_BYTES = 24
ANY_HOST = ("0.0.0.0", "::")  # noqa: S104 - what stands there is compared, never opened


def token_for(host: str, given: str) -> str:
    """Return the token that a server on `host` asks for; empty on loopback unless one is given.

    Raises:
        UserError: "short-token".
    """
    if given and len(given) < SHORTEST_TOKEN:
        raise UserError(
            "short-token",
            "The token has {length} characters.",
            "Give at least {shortest}, or none: one is made then.",
            length=len(given),
            shortest=SHORTEST_TOKEN,
        )
    if given or is_loopback(host):
        return given
    return secrets.token_urlsafe(TOKEN_BYTES)


class Access:
    """Decides who may ask.

    A page of another site may send requests through a visitor's browser, and may let its own name lead to this
    computer; no such page knows the token. Without a token the names of this computer and the page's own
    origin have to do.

    Args:
        token: what has to be told; empty asks for none.
    """

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    @property
    def asks(self) -> bool:
        """Whether a token is asked for."""
        return bool(self._token)

    def require(self, request: Request) -> None:
        """Refuse who may not ask.

        Raises:
            UserError: "token", "foreign-host" or "foreign-page".
        """
        if self._token:
            self._require_token(request)
        else:
            self._require_here(request)

    def _require_token(self, request: Request) -> None:
        scheme, _, told = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(
            told.strip().encode(), self._token
        ):
            raise UserError(
                "token",
                "The token is missing or wrong.",
                "Send the header “Authorization: Bearer TOKEN”, with the token that the server was started with.",
            )

    def _require_here(self, request: Request) -> None:
        hosts = request.headers.getlist("host")
        if len(hosts) != 1 or _name(f"//{hosts[0]}") not in LOOPBACK_NAMES:
            raise UserError(
                "foreign-host",
                "This server is not called that.",
                "Ask it at 127.0.0.1 or localhost, or start it with a token.",
            )
        origins = request.headers.getlist("origin")
        if any(urlsplit(origin).netloc != hosts[0] for origin in origins):
            raise UserError(
                "foreign-page",
                "This request comes from another site's page.",
                "Start the server with a token where other pages may ask it.",
            )


def _name(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
