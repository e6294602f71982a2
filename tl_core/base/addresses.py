"""Which addresses lead to this computer: to it alone, and from its network."""

import contextlib
import ipaddress
import socket

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


def is_loopback(address: str) -> bool:
    """Say whether only this computer can connect to `address`; a Unix socket counts as such."""
    if address == "localhost" or address.startswith("unix:"):
        return True
    try:
        parsed = ipaddress.ip_address(address.strip("[]"))
    except ValueError:
        return False
    return (getattr(parsed, "ipv4_mapped", None) or parsed).is_loopback


ELSEWHERE = ("192.0.2.1", 9)
"""An address for documents (RFC 5737) that nobody has: what leads there leads into the network."""


def in_network() -> str:
    """Return the address by which others in the network reach this computer, "" where it has none.

    Nothing is sent: the system only says from which of its addresses it would.
    """
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.connect(ELSEWHERE)
        found = asked.getsockname()[0]
        if not is_loopback(found) and not ipaddress.ip_address(found).is_unspecified:
            return found
    return ""
