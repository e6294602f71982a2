"""Numbers as people read them: with units, rounded to what they can bear."""

import math

from pages.parts.shared.words import spoken, t
from tl_core.base import figures, speech
from tl_core.base.figures import THIN_SPACE, UNITS, digits_of

__all__ = ["digits_of"]


def percent(share: float | None, digits: int = 0) -> str:
    """Return "81 %", or "–" for what could not be measured."""
    return _written(figures.percent(share, digits))


def spread(share: float, low: float, high: float) -> str:
    """Return how far a share can be trusted: "± 4" where that is even, else "89–100 %".

    It is even only where all three numbers, as they are rounded beside it, say the same: no
    sentence that names both ends can contradict it.
    """
    return _written(figures.spread(share, low, high))


def percent_within(share: float | None, low: float, high: float) -> str:
    """Return "81 % ± 4" or "100 % (89–100 %)", rounded as far as the interval can bear."""
    return _written(figures.percent_within(share, low, high))


def value_within(number: float, low: float, high: float) -> tuple[str, str]:
    """Return a measured value and how far it can be trusted: "11.0" with "± 1.2" or "8.1–14.5".

    All numbers are rounded to the same place, which the width of the interval can bear.
    """
    at, about = figures.value_within(number, low, high)
    return _written(at), _written(about)


def between(low: str, high: str) -> str:
    """Return a range of two written numbers, "55–87 %", in which no line ends after the dash."""
    return figures.between(low, high)


def points(share: float) -> str:
    """Return a difference of shares in points of a percent, with its sign: "+1.5", "−0.3" or "0"."""
    return _written(figures.points(share))


def hundredths(number: float | None) -> str:
    """Return "0.81", or "–" for what could not be measured; for R², which may lie below 0."""
    return _written(figures.hundredths(number))


def fixed(number: float, places: int) -> str:
    """Return a number rounded to so many decimals, thin spaces between thousands."""
    return _written(figures.fixed(number, places))


def places_of(width: float) -> int:
    """Return the decimals that give numbers spread over `width` three digits that count."""
    return 2 - math.floor(math.log10(width)) if width > 0 else 2


def count(number: float) -> str:
    """Return a whole number with thin spaces between thousands."""
    return figures.count(number)


def rough(number: float) -> str:
    """Return a large number in words' length: 2.3 M, 58 k, 940."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            value = number / size
            return _written(f"{value:.{1 if value < 10 else 0}f}{THIN_SPACE}{unit}")
    return f"{number:.0f}"


def value(number: float | None, digits: int = 3) -> str:
    """Return a measured value with `digits` that count: 264 000, 4.25, 0.0012; 4 stays 4."""
    return _written(figures.value(number, digits))


def size(number: float) -> str:
    """Return bytes in the unit that fits: 14 MB."""
    for unit in UNITS:
        if number < 1000 or unit == UNITS[-1]:
            digits = 1 if unit != "B" and number < 10 else 0
            return _written(f"{number:.{digits}f}{THIN_SPACE}{unit}")
        number /= 1000
    return ""


def about(seconds: float | None) -> str:
    """Return a length of time that is only known roughly: "about 5 s", "under a second"."""
    told = duration(seconds)
    if seconds is None or not math.isfinite(seconds) or seconds < 1:
        return told
    return t("about {time}", time=told)


def moment(seconds: float) -> str:
    """Return a time since 1970 as date and time of this computer, in which no line ends after a hyphen."""
    return figures.moment(seconds)


def milliseconds(seconds: float) -> str:
    """Return a time below a second or so: "4.2 ms"."""
    return t("{number} ms", number=value(seconds * 1000, 2))


def duration(seconds: float | None) -> str:
    """Return a length of time as a person would say it."""
    if seconds is None or not math.isfinite(seconds):
        return t("unknown")
    if seconds < 1:
        return t("under a second")
    if seconds < 90:
        return t("{number} s", number=round(seconds))
    minutes = seconds / 60
    if minutes < 90:
        return t("{number} min", number=round(minutes))
    return t("{hours} h {minutes} min", hours=int(minutes // 60), minutes=round(minutes % 60))


def _written(number: str) -> str:
    """Return a number as the language that is spoken writes it, given as English does."""
    return speech.say(figures.Figure(number), spoken())
