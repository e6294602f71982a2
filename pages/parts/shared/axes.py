"""THE place where charts of shares and of losses get their axes, so that any two can be compared.

Shares run from 0 to 100 %, whatever part of that the curves take; losses and errors from 0 up.
"""

from collections.abc import Iterable
from typing import Any

from pages.parts.shared import numbers, theme
from pages.parts.shared.words import spoken
from tl_core.base import speech

LEAST_LOSS = 0.2
"""Below this, in nats or squared deviations, losses are hardly worth telling apart: an axis shows as much."""
HEADROOM = 1.05
STEPS = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
APART = (1, 2, 2.5, 5, 10)
"""Numbers on an axis are so far apart, or ten times, a hundred times as far."""
MOST_APART = 6
DIGIT_PX = 8
THOUSAND = 1000


def of_shares() -> dict[str, Any]:
    """Return the vertical axis of a live chart whose values are percent, 0 to 100."""
    return {
        "min": 0,
        "max": 100,
        "axisLabel": {"formatter": "{value}\u202f%", "color": theme.colours().quiet},
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


def write_numbers(chart: dict[str, Any]) -> None:
    """Write the numbers beside the vertical axis of a live chart as all others on the page are written.

    ECharts itself knows but English: "500,000" and "0.5". Where that differs, the labels of lines that
    cannot be seen take the place of its own.

    Args:
        chart: whose axis begins at 0 and has a `max`; changed in place.
    """
    top = chart["yAxis"]["max"]
    if top < THOUSAND and speech.decimal_sign(spoken()) == ".":
        return
    if top >= THOUSAND:
        chart["tooltip"]["valueFormatter"] = "%.0f"
    step = _step(top)
    ticks = [round(place * step, 12) for place in range(round(top / step) + 1)]
    places = next(places for places in range(12) if abs(step - round(step, places)) < 1e-12)
    words = [numbers.fixed(tick, places) for tick in ticks]
    chart["yAxis"] |= {"interval": step, "axisLabel": {"show": False}}
    room = chart["grid"]["left"] + DIGIT_PX * max(map(len, words))
    chart["grid"] = chart["grid"] | {"left": room}
    label = {"position": "start", "color": theme.colours().quiet}
    labels = {
        "silent": True,
        "symbol": "none",
        "animation": False,
        "lineStyle": {"width": 0},
        "data": [
            {"yAxis": tick, "label": label | {"formatter": word}}
            for tick, word in zip(ticks, words, strict=True)
        ],
    }
    chart["series"].append({"type": "line", "data": [], "markLine": labels})


def _step(top: float) -> float:
    """Return by how much numbers on an axis to `top` differ: round, and a part of it without a rest."""
    power = 10.0 ** (_exponent(top) - 1)
    steps = (step * power * ten for ten in (1, 10) for step in APART)
    return next(
        step
        for step in steps
        if top / step <= MOST_APART + 1e-9 and abs(top / step - round(top / step)) < 1e-9
    )


def _exponent(number: float) -> int:
    exponent = 0
    while number >= 10:
        number, exponent = number / 10, exponent + 1
    while number < 1:
        number, exponent = number * 10, exponent - 1
    return exponent
