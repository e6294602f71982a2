"""THE place where charts of shares and of losses get their axes, so that any two can be compared.

Shares run from 0 to 100 %, whatever part of that the curves take; losses and errors from 0 up.
"""

from collections.abc import Iterable
from typing import Any

from pages.parts.shared import theme

LEAST_LOSS = 0.2
"""Below this, in nats or squared deviations, losses are hardly worth telling apart: an axis shows as much."""
HEADROOM = 1.05
STEPS = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)


def of_shares() -> dict[str, Any]:
    """Return the vertical axis of a live chart whose values are percent, 0 to 100."""
    return {
        "min": 0,
        "max": 100,
        "axisLabel": {"formatter": "{value} %", "color": theme.colours().quiet},
    }


def of_losses(losses: Iterable[float | None], least: float = LEAST_LOSS) -> dict[str, Any]:
    """Return the vertical axis of a live chart of losses or errors: from 0 to a round number above all."""
    return {"min": 0, "max": top_of(losses, least)}


def top_of(losses: Iterable[float | None], least: float = LEAST_LOSS) -> float:
    """Return a round number above all that is known of `losses`, at least `least`."""
    known = [loss for loss in losses if loss is not None]
    highest = max([least, *(HEADROOM * loss for loss in known)])
    if highest <= 0:
        return 1.0
    power = 10.0 ** _exponent(highest)
    return next(round(step * power, 12) for step in STEPS if step * power >= highest * (1 - 1e-9))


def _exponent(number: float) -> int:
    exponent = 0
    while number >= 10:
        number, exponent = number / 10, exponent + 1
    while number < 1:
        number, exponent = number * 10, exponent - 1
    return exponent
