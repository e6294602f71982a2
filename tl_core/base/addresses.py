"""Which addresses lead to this computer alone."""

import ipaddress

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
