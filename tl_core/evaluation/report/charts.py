"""Charts of a report as SVG: they take the page's colours, scale with it and print sharply.

A line says by its dashes and its label what it is, never by colour alone.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape

from tl_core.base import figures
from tl_core.evaluation.report.parts import Say

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 16, 44
"""Margins; the left one is wider where numbers of millions stand there."""
DIGIT_PX = 7.2
TICKS = 5
MOST_CELLS = 24
"""Classes that a matrix has room for."""


@dataclass(frozen=True, slots=True)
class Line:
    """Points (x, y) in the order of x; without a finite y there is a gap.

    Attributes:
        name: told in the legend.
        points: of the line.
        kind: "ours", "other" or "level", the class of its style.
        bars: (x, low, high), intervals at points.
        marked: the x of the point to be marked, None for none.
        is_line: whether points are joined.
    """

    name: str
    points: Sequence[tuple[float, float | None]]
    kind: str = "ours"
    bars: Sequence[tuple[float, float, float]] = ()
    marked: float | None = None
    is_line: bool = True


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines over two axes."""

    title: str
    alt: str
    x_title: str
    lines: Sequence[Line]
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    in_percent: bool = False
    x_in_percent: bool = False
    note: str = ""

    def svg(self, say: Say) -> Markup:
        drawn = [*self._grid(say), *(part for line in self.lines for part in self._line(line))]
        return _svg(say(self.alt), WIDTH, HEIGHT, [*drawn, *self._legend(say)])

    @property
    def _left(self) -> float:
        longest = max(len(_tick(y, self.in_percent)) for y in ticks(*self.y_range))
        return max(LEFT, 12 + DIGIT_PX * longest)

    def _x(self, x: float) -> float:
        return self._left + (WIDTH - self._left - RIGHT) * _share(x, *self.x_range)

    def _y(self, y: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * _share(y, *self.y_range)

    def _grid(self, say: Say) -> Iterable[Markup]:
        for y in ticks(*self.y_range):
            at, told = self._y(y), say(_tick(y, self.in_percent))
            yield _line("grid", self._left, at, WIDTH - RIGHT, at)
            yield _text("tick end", self._left - 6, at + 4, told)
        for x in ticks(*self.x_range):
            told = say(_tick(x, self.x_in_percent))
            yield _text("tick middle", self._x(x), HEIGHT - BOTTOM + 16, told)
        yield _line("axis", self._left, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM)
        yield _text("tick end", WIDTH - RIGHT, HEIGHT - 10, say(self.x_title))

    def _line(self, line: Line) -> Iterable[Markup]:
        for x, low, high in line.bars:
            yield _line(f"bar {line.kind}", self._x(x), self._y(low), self._x(x), self._y(high))
        for piece in _pieces(line.points) if line.is_line else ():
            path = " ".join(f"{self._x(x):.1f},{self._y(y):.1f}" for x, y in piece)
            yield Markup('<polyline class="line {}" points="{}"/>').format(line.kind, path)
        for x, y in line.points:
            if y is not None and math.isfinite(y) and (not line.is_line or x == line.marked):
                yield _dot(line.kind, self._x(x), self._y(y))

    def _legend(self, say: Say) -> Iterable[Markup]:
        x = self._left
        for line in self.lines:
            told = say(line.name)
            if not told:
                continue
            yield _line(f"line {line.kind}", x, HEIGHT - 14, x + 22, HEIGHT - 14)
            yield _text("tick", x + 28, HEIGHT - 10, told)
            x += 44 + DIGIT_PX * len(told)


@dataclass(frozen=True, slots=True)
class Matrix:
    """Counts, row the truth and column the answer: int (classes, classes), up to `MOST_CELLS`."""

    title: str
    alt: str
    names: Sequence[str]
    counts: np.ndarray
    note: str = ""

    def svg(self, say: Say) -> Markup:
        count, side = len(self.names), max(20, min(46, 460 // len(self.names)))
        left, top = 130, 110
        wide, high = left + count * side + 8, top + count * side + 26
        parts = [*self._names(say, left, top, side)]
        shares = self.counts / np.maximum(1, self.counts.sum(axis=1, keepdims=True))
        for row, column in np.ndindex(count, count):
            x, y, number = left + column * side, top + row * side, int(self.counts[row, column])
            kind = "right" if row == column else "wrong"
            parts.append(
                Markup(
                    '<rect class="cell {}" x="{}" y="{}" width="{}" height="{}" fill-opacity="{:.2f}"/>'
                ).format(kind, x, y, side - 1, side - 1, 0.45 * float(shares[row, column]))
            )
            if number:
                told = say(figures.count(number))
                parts.append(_text("tick middle", x + side / 2, y + side / 2 + 4, told))
        return _svg(say(self.alt), wide, high, parts)

    def _names(self, say: Say, left: int, top: int, side: int) -> Iterable[Markup]:
        for index, name in enumerate(self.names):
            middle = index * side + side / 2
            yield _text("tick end", left - 6, top + middle + 4, shortened(name))
            x, y = left + middle + 4, top - 6
            yield Markup(
                '<text class="tick" x="{:.0f}" y="{:.0f}" transform="rotate(-50 {:.0f} {:.0f})">{}</text>'
            ).format(x, y, x, y, shortened(name))


def ticks(low: float, high: float) -> list[float]:
    """Return up to six round numbers from `low` to `high`."""
    width = high - low
    if not width > 0:
        return [low]
    power = 10 ** math.floor(math.log10(width))
    step = next(power * each for each in (0.2, 0.5, 1, 2, 5) if width / (power * each) <= TICKS)
    first = math.ceil(low / step - 1e-9)
    return [round(step * each, 12) for each in range(first, math.floor(high / step + 1e-9) + 1)]


def top_of(values: Iterable[float | None]) -> float:
    """Return a round number above all that are finite."""
    known = [value for value in values if value is not None and math.isfinite(value)]
    highest = max(known, default=0.0)
    if not highest > 0:
        return 1.0
    power = 10 ** math.floor(math.log10(highest))
    return next(step * power for step in (1, 2, 4, 8, 20) if step * power >= highest)


def shortened(name: str, most: int = 16) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _tick(number: float, in_percent: bool) -> figures.Figure:
    return figures.percent(number) if in_percent else figures.value(number)


def _share(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low))) if high > low else 0.5


def _pieces(points: Sequence[tuple[float, float | None]]) -> Iterable[list[tuple[float, float]]]:
    piece: list[tuple[float, float]] = []
    for x, y in points:
        if y is not None and math.isfinite(y):
            piece.append((x, y))
        elif piece:
            yield piece
            piece = []
    if piece:
        yield piece


def _svg(alt: str, width: float, height: float, parts: Iterable[Markup]) -> Markup:
    return Markup(
        '<svg role="img" aria-label="{}" viewBox="0 0 {} {}" style="max-width:{}px">{}</svg>'
    ).format(alt, width, height, width, Markup("").join(parts))


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> Markup:
    return Markup('<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>').format(
        kind, x1, y1, x2, y2
    )


def _dot(kind: str, x: float, y: float) -> Markup:
    return Markup('<circle class="dot {}" cx="{:.1f}" cy="{:.1f}" r="4"/>').format(kind, x, y)


def _text(kind: str, x: float, y: float, text: str) -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}">{}</text>').format(
        kind, x, y, escape(text)
    )
