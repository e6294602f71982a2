"""Files that say which version of their form they follow, and how a later one is told from a damaged one."""

import json

from tl_core.base.said import Said

NEWER = Said("it was made by a newer Graft; update this one")


def is_newer(text: bytes, field: str, known: int) -> bool:
    """Say whether a JSON object tells a number above `known` in `field`, as later versions would."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return False
    number = told.get(field) if isinstance(told, dict) else None
    return isinstance(number, int) and number > known
