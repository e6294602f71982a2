"""Numbers as people read them: with units, rounded to what they can bear."""

import math

from pages.parts.words import t

THIN_SPACE = "\u202f"
UNITS = ("B", "kB", "MB", "GB", "TB")


def percent(share: float | None) -> str:
    """Return "81 %", or "–" for what could not be measured."""
    if share is None or not math.isfinite(share):
        return "–"
    return f"{share * 100:.0f}{THIN_SPACE}%"


def half_width(low: float, high: float) -> int:
    """Return the larger-rounded half of an interval of shares, in whole percent, at least 1."""
    return max(1, round((high - low) * 50))


def percent_within(share: float | None, low: float, high: float) -> str:
    """Return "81 % ± 4", rounded as far as the interval from `low` to `high` can bear."""
    if share is None:
        return "–"
    return f"{percent(share)} ± {half_width(low, high)}"


def hundredths(number: float | None) -> str:
    """Return "0.81", or "–" for what could not be measured; for R², which may lie below 0."""
    if number is None or not math.isfinite(number):
        return "–"
    return f"{number:.2f}"


def count(number: float) -> str:
    """Return a whole number with thin spaces between thousands."""
    return f"{round(number):,}".replace(",", THIN_SPACE)


def rough(number: float) -> str:
    """Return a large number in words' length: 2.3 M, 58 k, 940."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            value = number / size
            return (
                f"{value:.1f}{THIN_SPACE}{unit}" if value < 10 else f"{value:.0f}{THIN_SPACE}{unit}"
            )
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
    return f"{rounded:,.{places}f}".replace(",", THIN_SPACE)


def size(number: float) -> str:
    """Return bytes in the unit that fits: 14 MB."""
    for unit in UNITS:
        if number < 1000 or unit == UNITS[-1]:
            digits = 1 if unit != "B" and number < 10 else 0
            return f"{number:.{digits}f}{THIN_SPACE}{unit}"
        number /= 1000
    return ""


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
