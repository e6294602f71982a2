"""Numbers as English writes them, rounded to what they can bear: "81 %", "± 4", "264 000".

`Figure` remembers that it is a number, so that whoever speaks another language may put that
language's decimal sign in; see `base.speech`. Thousands stand apart by a thin space, so a full stop is
always a decimal sign.
"""

import math
import re
from datetime import datetime

THIN_SPACE = "\u202f"
MINUS = "\u2212"
JOINER = "\u2060"
"""Takes no room; no line ends at it."""
HYPHEN = f"-{JOINER}"
"""No line ends after it."""
UNKNOWN = "–"
"""Stands for what could not be measured."""
NARROW = 0.02
"""An interval of shares that is narrower can bear a decimal."""
UNEVEN = 0.05
"""The two halves of an interval that differ by more than this share of it are told one by one."""
UNITS = ("B", "kB", "MB", "GB", "TB")
_HELD = re.compile(rf"(?<=[-–]){JOINER}(?=[\d{MINUS}])")
_APART = re.compile(r"(?<=[0-9}]) (?=%)|(?<=±) (?=[0-9{])")


class Figure(str):
    """A number as text, written as English does."""

    __slots__ = ()

    def with_sign(self, sign: str) -> str:
        """Return it with another decimal sign."""
        return self.replace(".", sign)


def unbroken(sentence: str) -> str:
    """Return a sentence, filled or to be filled, in which no line parts a number from its percent sign or its "±".

    Sentences are written with plain spaces, also by translators; THE place where these become such as hold.
    """
    return _APART.sub(THIN_SPACE, sentence)


def between(low: str, high: str) -> Figure:
    """Return a range, "55–87 %" of "55" and "87 %", in which no line ends after its dash; THE place where one is written."""
    return Figure(f"{low}–{JOINER}{high}")


def give_or_take(half: str) -> Figure:
    """Return "± 4", in which no line ends after the sign."""
    return Figure(f"±{THIN_SPACE}{half}")


def percent(share: float | None, digits: int = 0) -> Figure:
    """Return "81 %", or "–" for what could not be measured."""
    if share is None or not math.isfinite(share):
        return Figure(UNKNOWN)
    return Figure(f"{share * 100:.{digits}f}{THIN_SPACE}%")


def digits_of(low: float, high: float) -> int:
    """Return how many decimals of a percent an interval of shares can bear."""
    return 0 if high - low >= NARROW else 1


def spread(share: float, low: float, high: float) -> Figure:
    """Return how far a share can be trusted: "± 4" where that is even, else "89–100 %".

    It is even only where all three numbers, as they are rounded beside it, say the same: no
    sentence that names both ends can contradict it.
    """
    digits = digits_of(low, high)
    at, bottom, top = (round(100 * number, digits) for number in (share, low, high))
    below, above = round(at - bottom, digits), round(top - at, digits)
    if below == above and below > 0:
        return give_or_take(f"{below:.{digits}f}")
    return between(f"{bottom:.{digits}f}", f"{top:.{digits}f}{THIN_SPACE}%")


def percent_within(share: float | None, low: float, high: float) -> Figure:
    """Return "81 % ± 4" or "100 % (89–100 %)", rounded as far as the interval can bear."""
    if share is None or not math.isfinite(share):
        return Figure(UNKNOWN)
    about = spread(share, low, high)
    told = percent(share, digits_of(low, high))
    return Figure(f"{told} {about}" if about.startswith("±") else f"{told} ({about})")


def value_within(number: float, low: float, high: float) -> tuple[Figure, Figure]:
    """Return a measured value and how far it can be trusted: "11.0" with "± 1.2" or "8.1–14.5".

    All numbers are rounded to the same place, which the interval can bear.
    """
    half = (high - low) / 2
    if not half > 0:
        return value(number), Figure("")
    places = 1 - math.floor(math.log10(half))
    at, bottom, top = (round(each, places) for each in (number, low, high))
    if abs((at - bottom) - (top - at)) <= UNEVEN * (top - bottom):
        return fixed(at, places), give_or_take(fixed(half, places))
    return fixed(at, places), between(fixed(bottom, places), fixed(top, places))


def points(share: float) -> Figure:
    """Return a difference of shares in points of a percent, with its sign: "+1.5", "−0.3" or "0"."""
    rounded = round(100 * share, 1)
    if rounded == 0:
        return Figure("0")
    return Figure(f"{'+' if rounded > 0 else MINUS}{abs(rounded):.1f}")


def hundredths(number: float | None) -> Figure:
    """Return "0.81", or "–" for what could not be measured; for R², which may lie below 0."""
    if number is None or not math.isfinite(number):
        return Figure(UNKNOWN)
    return _signed(f"{round(number, 2) + 0.0:.2f}")  # never "-0.00"


def fixed(number: float, places: int) -> Figure:
    """Return a number rounded to so many decimals, thin spaces between thousands."""
    rounded = round(number, places) + 0.0
    return _signed(f"{rounded:,.{max(0, places)}f}")


def count(number: float) -> Figure:
    """Return a whole number with thin spaces between thousands."""
    return _signed(f"{round(number):,}")


def value(number: float | None, digits: int = 3) -> Figure:
    """Return a measured value with `digits` that count: 264 000, 4.25, 0.0012; 4 stays 4."""
    if number is None or not math.isfinite(number):
        return Figure(UNKNOWN)
    if number == round(number) and abs(number) < 10**digits:
        return _signed(f"{number:.0f}")
    places = digits - 1 - math.floor(math.log10(abs(number)))
    rounded = round(number, places)
    if places <= 0:
        return count(rounded)
    return _signed(f"{rounded:,.{places}f}")


def without_joiners(text: str) -> str:
    """Return text for a file or another program: dates and ranges without what only holds lines together."""
    return _HELD.sub("", text)


def moment(seconds: float) -> str:
    """Return a time since 1970 as date and time of this computer, "2026-11-28 03:49", in which no line ends after a hyphen."""
    return f"{datetime.fromtimestamp(seconds).astimezone():%Y-%m-%d %H:%M}".replace("-", HYPHEN)


def _signed(number: str) -> Figure:
    """Return a number that Python wrote with a true minus sign, thin spaces between thousands."""
    return Figure(number.replace("-", MINUS).replace(",", THIN_SPACE))
