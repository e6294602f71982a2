"""What a report is made of. Texts are `Said`, numbers `Figure`; plain text is data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from markupsafe import Markup

Say = Callable[[object], str]
"""Says a text in the language of the report."""


class Chart(Protocol):
    """Something drawn."""

    @property
    def title(self) -> str: ...

    @property
    def alt(self) -> str:
        """Return what it shows, for those who cannot see it."""
        ...

    def svg(self, say: Say) -> Markup:
        """Return it as SVG with all texts escaped."""
        ...


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of a result.

    Attributes:
        name: what it is called.
        value: with its interval of 95 % where it has one.
        method: how the interval was made.
        guess, exact: what always guessing and the exact solution reach.
    """

    name: str
    value: str
    method: str = ""
    guess: str = ""
    exact: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below a head; what is cut off is told in `note`."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A small picture and what is said of it.

    Attributes:
        source: a data URI, "" where it is not kept.
        caption: what it shows, read aloud and written below.
        is_told_above: whether the title says that already, so that nothing is written below.
    """

    source: str
    caption: str
    is_told_above: bool = False


@dataclass(frozen=True, slots=True)
class Gallery:
    """Pictures below a title; those left out are told in `note`."""

    title: str
    pictures: Sequence[Picture]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What a task tells of its answers to test pictures.

    Attributes:
        headline: the result in a sentence.
        comparison: beside what it stands.
        measures: the numbers with their intervals.
        charts, tables: in the order in which they are read.
        mistakes: pictures that were answered worst.
        limits: what these numbers cannot tell.
    """

    headline: str
    comparison: str = ""
    measures: Sequence[Measure] = ()
    charts: Sequence[Chart] = ()
    tables: Sequence[Table] = ()
    mistakes: Gallery | None = None
    limits: Sequence[str] = field(default_factory=tuple)
