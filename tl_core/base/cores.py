"""How many cores there are to work with; light enough for the children that open pictures."""

import os


def available() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def threads() -> int:
    """Return how many threads to work with: the setting, else every core this process may use."""
    from tl_core.base import settings  # loads pydantic, which the opener of pictures does without

    return settings.current().threads or available()
