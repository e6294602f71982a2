"""`serve`: a trained model over HTTP."""

import contextlib
import os
import sys
from argparse import Namespace
from urllib.parse import quote

from tl_core.base import qr
from tl_core.base.addresses import is_loopback
from tl_core.commands.output import Output

TOKEN = "GRAFT_SERVE_TOKEN"  # noqa: S105 - the name of a variable


def serve(arguments: Namespace, output: Output) -> None:
    """Serve a model until the process is ended."""
    from tl_core import load
    from tl_core.serving import access, server

    given = arguments.token or os.environ.get(TOKEN, "")
    token = access.token_for(arguments.host, given)
    model = load(arguments.run)

    def tell(address: str) -> None:
        told = {"event": "listening", "address": address, "text": f"listening at {address}"}
        if token and not given:
            # In words it stands in the link alone: what is called a token is masked in all that is printed.
            link = f"{address}#{quote(token)}"
            told |= {"token": token, "text": f"listening at {link}\nthe token stands behind the #"}
        output.event(told)
        if not is_loopback(arguments.host):
            output.say("others open it by the name or address of this computer in their network")
            fragment = f"#{quote(token)}" if token and not given else ""
            _show_code(server.in_network(address, arguments.host) + fragment, output)

    output.say("making the model ready")
    server.serve(model, arguments.host, arguments.port, token, on_listening=tell)
    output.say("ended")


def _show_code(link: str, output: Output) -> None:
    """Draw a link for phones in the same network, where a person sees it."""
    if output.as_json or not sys.stderr.isatty():
        return
    with contextlib.suppress(ImportError):  # the container of a model does without
        output.say(f"{qr.in_letters(link)}\na phone in the same network opens it by this code")
