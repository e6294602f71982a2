"""Runs a served model until it is told to end; what was begun is answered first."""

import logging
import signal
from collections.abc import Callable

import uvicorn

from tl_core.base import addresses
from tl_core.base.errors import UserError
from tl_core.serving import web
from tl_core.serving.access import ANY_HOST
from tl_core.serving.limits import USUAL, Limits
from tl_core.serving.model import Model

ENDS_WITHIN_S = 30
KEPT_ALIVE_S = 30


def serve(
    model: Model,
    host: str,
    port: int,
    token: str,
    *,
    limits: Limits = USUAL,
    on_listening: Callable[[str], None] = lambda address: None,
) -> None:
    """Serve a model over HTTP until SIGTERM or Ctrl-C.

    Args:
        model: from `load`.
        host: address to listen at.
        port: 0 takes a free one.
        token: see `web.app`.
        limits: in force.
        on_listening: told the address of the page once connections are taken.

    Raises:
        UserError: "port" where the port cannot be had, or why the model cannot be made ready.
    """
    application = web.app(model, token, limits)
    config = uvicorn.Config(
        application,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=limits.connections,
        timeout_keep_alive=KEPT_ALIVE_S,
        timeout_graceful_shutdown=ENDS_WITHIN_S,
    )
    server = _Server(config, lambda bound: on_listening(address_of(host, bound)))
    # Every damaged form would be a line of the log.
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)
    # uvicorn ends in good order, then raises the signal again: that is to be no fault.
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        server.run()
    except SystemExit as ended:
        raise UserError(
            "port",
            "The server cannot listen at {host}, port {port}.",
            "Another program may have the port: give another with --port, or 0 for a free one.",
            host=host,
            port=port,
        ) from ended
    finally:
        signal.signal(signal.SIGTERM, before)
        model.close()


class _Server(uvicorn.Server):
    """Tells when it listens, and at which port."""

    def __init__(self, config: uvicorn.Config, on_listening: Callable[[int], None]) -> None:
        super().__init__(config)
        self._on_listening = on_listening

    async def startup(self, sockets: list | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_listening(self.servers[0].sockets[0].getsockname()[1])


def in_network(address: str, host: str) -> str:
    """Return the address of the page for others in the network, where the server listens to every address."""
    found = addresses.in_network() if host in ANY_HOST else ""
    return address.replace("//localhost:", f"//{found}:") if found else address


def address_of(host: str, port: int) -> str:
    """Return the address of the page, for a person to open."""
    name = "localhost" if host in ANY_HOST else f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}/"
