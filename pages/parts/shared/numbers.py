"""Numbers as people read them: with units, rounded to what they can bear."""

import math
from functools import cache

from pages.parts.shared.words import ENGLISH, spoken, t

THIN_SPACE = "\u202f"
NARROW = 0.02
"""An interval of shares that is narrower can bear a decimal."""
UNEVEN = 0.05
"""The two halves of an interval that differ by more than this share of it are told one by one."""
UNITS = ("B", "kB", "MB", "GB", "TB")


def percent(share: float | None, digits: int = 0) -> str:
    """Return "81 %", or "–" for what could not be measured."""
    if share is None or not math.isfinite(share):
        return "–"
    return _written(f"{share * 100:.{digits}f}{THIN_SPACE}%")


def digits_of(low: float, high: float) -> int:
    """Return how many decimals of a percent an interval of shares can bear."""
    return 0 if high - low >= NARROW else 1


def spread(share: float, low: float, high: float) -> str:
    """Return how far a share can be trusted: "± 4" where that is even, else "89–100 %".

    It is even only where all three numbers, as they are rounded beside it, say the same: no
    sentence that names both ends can contradict it.
    """
    digits = digits_of(low, high)
    at, bottom, top = (round(100 * number, digits) for number in (share, low, high))
    below, above = round(at - bottom, digits), round(top - at, digits)
    if below == above and below > 0:
        return _written(f"± {below:.{digits}f}")
    return _written(f"{bottom:.{digits}f}–{top:.{digits}f}{THIN_SPACE}%")


def percent_within(share: float | None, low: float, high: float) -> str:
    """Return "81 % ± 4" or "100 % (89–100 %)", rounded as far as the interval can bear."""
    if share is None or not math.isfinite(share):
        return "–"
    about = spread(share, low, high)
    told = percent(share, digits_of(low, high))
    return f"{told} {about}" if about.startswith("±") else f"{told} ({about})"


def value_within(number: float, low: float, high: float) -> tuple[str, str]:
    """Return a measured value and how far it can be trusted: "11.0" with "± 1.2" or "8.1–14.5".

    All numbers are rounded to the same place, which the width of the interval can bear.
    """
    half = (high - low) / 2
    if not half > 0:
        return value(number), ""
    places = 1 - math.floor(math.log10(half))
    at, bottom, top = (round(each, places) for each in (number, low, high))
    if abs((at - bottom) - (top - at)) <= UNEVEN * (top - bottom):
        return fixed(at, places), f"± {fixed(half, places)}"
    return fixed(at, places), f"{fixed(bottom, places)}–{fixed(top, places)}"


def hundredths(number: float | None) -> str:
    """Return "0.81", or "–" for what could not be measured; for R², which may lie below 0."""
    if number is None or not math.isfinite(number):
        return "–"
    return _written(f"{round(number, 2) + 0.0:.2f}")  # never "-0.00"


def fixed(number: float, places: int) -> str:
    """Return a number rounded to so many decimals, thin spaces between thousands."""
    rounded = round(number, places) + 0.0
    return _written(f"{rounded:,.{max(0, places)}f}".replace(",", THIN_SPACE))


def places_of(width: float) -> int:
    """Return the decimals that give numbers spread over `width` three digits that count."""
    return 2 - math.floor(math.log10(width)) if width > 0 else 2


def count(number: float) -> str:
    """Return a whole number with thin spaces between thousands."""
    return f"{round(number):,}".replace(",", THIN_SPACE)


def rough(number: float) -> str:
    """Return a large number in words' length: 2.3 M, 58 k, 940."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            value = number / size
            return _written(f"{value:.{1 if value < 10 else 0}f}{THIN_SPACE}{unit}")
    return f"{number:.0f}"


def value(number: float | None, digits: int = 3) -> str:
    """Return a measured value with `digits` that count: 264 000, 4.25, 0.0012; 4 stays 4."""
    if number is None or not math.isfinite(number):
        return "–"
    if number == round(number) and abs(number) < 10**digits:
        return f"{number:.0f}"
    places = digits - 1 - math.floor(math.log10(abs(number)))
    rounded = round(number, places)
    if places <= 0:
        return count(rounded)
    return _written(f"{rounded:,.{places}f}".replace(",", THIN_SPACE))


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
    sign = _decimal_sign(spoken())
    return number if sign == "." else number.replace(".", sign)


@cache
def _decimal_sign(language: str) -> str:
    if language == ENGLISH:
        return "."
    from babel import UnknownLocaleError  # only where another language is spoken
    from babel.numbers import get_decimal_symbol

    try:
        return get_decimal_symbol(language)
    except (UnknownLocaleError, ValueError):  # a language of tests
        return "."
