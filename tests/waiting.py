"""Waiting in tests for what other processes and threads bring about."""

import time
from collections.abc import Callable
from typing import Any

import pytest

LOOK_EVERY_S = 0.02


def wait_for(condition: Callable[[], Any], limit_s: float = 240.0) -> Any:
    """Return what `condition` gives once that is true of it; the test fails where it never is.

    The limit says nothing of how long it should take: other work may keep the machine busy.
    """
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        found = condition()
        if found:
            return found
        time.sleep(LOOK_EVERY_S)
    pytest.fail("it did not come about in time")
