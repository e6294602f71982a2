"""What kinds of transfer brought side by side, in numbers and in words; imports nothing that computes."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from tl_core.base import figures
from tl_core.base.said import Said, counted, listed, packed, unpacked

NO_TRANSFER = "none"
ALL = 0
"""The amount that stands for all examples of a class."""
CONFIDENCE = 0.95
Judge = Literal["here", "there"]
"""What judges: the test part of the data set, or pictures from where the model will be used whose class is known."""
HERE: Judge = "here"
THERE: Judge = "there"
JUDGES: tuple[Judge, ...] = (HERE, THERE)


@dataclass(frozen=True, slots=True)
class Cell:
    """One kind of transfer with one amount of data.

    Attributes:
        kind: its name.
        amount: examples of a class, `ALL` for all.
        repeats: how often examples were drawn.
        accuracy: share of the test part that is answered rightly, mean over the draws.
        low, high: its interval, 95 times in 100.
        gain: what that is above no transfer.
        gain_low, gain_high: its interval; those of all cells hold together, 95 times in 100. None
            where the pictures are too few to tell.
        adapting: what that is above the same without adapting; None where that is nothing else.
        adapting_low, adapting_high: its interval, as that of `gain`.
    """

    kind: str
    amount: int
    repeats: int
    accuracy: float
    low: float
    high: float
    gain: float = 0.0
    gain_low: float | None = None
    gain_high: float | None = None
    adapting: float | None = None
    adapting_low: float | None = None
    adapting_high: float | None = None

    @property
    def verdict(self) -> int:
        """Return 1 where it helps beyond doubt, -1 where it hurts, else 0."""
        if self.gain_low is None or self.gain_high is None:
            return 0
        return int(self.gain_low > 0) - int(self.gain_high < 0)


@dataclass(frozen=True, slots=True)
class Found:
    """All kinds with all amounts.

    Attributes:
        cells: amount by amount, no transfer first.
        titles: what each kind is called, by its name.
        judged: examples of the test part.
        groups: in how many groups these come.
        comparisons: how many are made side by side, see `Cell.gain_low`.
        classes: which class of theirs was taken for which of the target's, "" for none.
        left_out: copies of the target's own examples that were left out, by role.
        source: how many labelled examples from elsewhere were learnt from.
        unlabelled: how many without a class.
        judge: what judged them.
        controls: kinds that others are held against, so that being worse is no harm.
        advice: what to do where a kind hurts, and of a control where it is better, by its name.
    """

    cells: tuple[Cell, ...]
    titles: Mapping[str, str]
    judged: int
    groups: int
    comparisons: int
    classes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    left_out: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    source: int = 0
    unlabelled: int = 0
    judge: Judge = HERE
    controls: tuple[str, ...] = ()
    advice: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def amounts(self) -> tuple[int, ...]:
        """Return the amounts, the fewest first."""
        return tuple(dict.fromkeys(cell.amount for cell in self.cells))

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the names of all kinds but no transfer."""
        return tuple(name for name in self.titles if name != NO_TRANSFER)

    def of(self, kind: str) -> tuple[Cell, ...]:
        """Return the cells of a kind, the fewest examples first."""
        return tuple(cell for cell in self.cells if cell.kind == kind)

    def told(self) -> dict[str, Any]:
        """Return everything, ready for JSON."""
        return {
            "cells": [asdict(cell) for cell in self.cells],
            "titles": packed(self.titles),
            "judged": self.judged,
            "groups": self.groups,
            "comparisons": self.comparisons,
            "classes": dict(self.classes),
            "left_out": dict(self.left_out),
            "source": self.source,
            "unlabelled": self.unlabelled,
            "judge": self.judge,
            "controls": list(self.controls),
            "advice": packed(self.advice),
        }


def read(told: Mapping[str, Any]) -> Found:
    """Return what `Found.told` gave; earlier versions told less."""
    cells = tuple(Cell(**cell) for cell in told["cells"])
    titles, advice = (unpacked(told.get(name, {})) for name in ("titles", "advice"))
    controls = tuple(told.get("controls", ()))
    read_back = {"cells": cells, "titles": titles, "advice": advice, "controls": controls}
    return Found(**{**told, **read_back})


def in_words(found: Found) -> list[Said]:
    """Return a sentence for each kind: whether it helps, hurts, or cannot be told from no transfer.

    Then one for each that adapts and was held against the same without adapting.
    """
    return [*(_in_words(found, kind) for kind in found.kinds), *_adapting(found)]


def in_short(found: Found) -> list[Said]:
    """Return a sentence for each kind that helps or is a control, and one for all that cannot be told from no transfer.

    Those that do nothing but hurt are what `alarms` are for. Then what adapting brings by itself, see `in_words`.
    """
    verdicts = {kind: {cell.verdict for cell in found.of(kind)} for kind in found.kinds}
    others = [kind for kind in found.kinds if kind not in found.controls]
    open_ = [kind for kind in others if verdicts[kind] == {0}]
    sentences = [_in_words(found, kind) for kind in others if 1 in verdicts[kind]]
    if open_:
        names = listed(*(found.titles[kind] for kind in open_))
        sentences.append(
            Said("Cannot be told from no transfer by these pictures: {kinds}.", kinds=names)
        )
    controls = [_in_words(found, kind) for kind in found.kinds if kind in found.controls]
    return [*sentences, *controls, *_adapting(found)]


def alarms(found: Found) -> list[Said]:
    """Return a sentence for each kind that hurts beyond doubt, with what to do.

    A control is expected to be worse; where one that begins with nothing is better beyond doubt, what the
    network brings along does harm.
    """
    return [told for kind in found.kinds if (told := _alarm(found, kind)) is not None]


def _alarm(found: Found, kind: str) -> Said | None:
    is_control = kind in found.controls
    harmful = 1 if is_control else -1
    cells = [cell for cell in found.of(kind) if cell.verdict == harmful]
    if not cells or (is_control and kind not in found.advice):
        return None
    if is_control:
        return Said(
            "Negative transfer. {kind}: better than no transfer beyond doubt, {cells}. {advice}",
            kind=found.titles[kind],
            cells=_listed(cells),
            advice=found.advice[kind],
        )
    return Said(
        "Negative transfer. {kind}: worse than no transfer beyond doubt, {cells}. {advice}",
        kind=found.titles[kind],
        cells=_listed(cells),
        advice=found.advice.get(kind, _ADVICE),
    )


_ADVICE = Said("Train without it, or look what it learns from.")
"""Of what an earlier version compared."""


def amount_in_words(amount: int) -> Said:
    """Return "with 5 pictures a class"."""
    if amount == ALL:
        return Said("with all pictures")
    return counted("with {count} picture a class", "with {count} pictures a class", amount)


def _in_words(found: Found, kind: str) -> Said:
    cells, title = found.of(kind), found.titles[kind]
    if kind in found.controls:
        return Said(
            "{kind} (a control): beside no transfer, {cells}.",
            kind=title,
            cells=_listed(cells),
        )
    helps = [cell for cell in cells if cell.verdict > 0]
    hurts = [cell for cell in cells if cell.verdict < 0]
    if helps and hurts:
        return Said(
            "{kind}: helps {helps}, and hurts {hurts}.",
            kind=title,
            helps=_listed(helps),
            hurts=_listed(hurts),
        )
    if helps:
        return Said("{kind}: helps {helps}.", kind=title, helps=_listed(helps))
    if hurts:
        return Said("{kind}: hurts {hurts}.", kind=title, hurts=_listed(hurts))
    return Said(
        "{kind}: cannot be told from no transfer, {cells}.", kind=title, cells=_listed(cells)
    )


def _adapting(found: Found) -> list[Said]:
    """Return for each kind that was held against the same without adapting, what adapting brings."""
    told = {kind: [c for c in found.of(kind) if c.adapting is not None] for kind in found.kinds}
    return [
        Said(
            "{kind}: what adapting brings above learning elsewhere without it, {cells}.",
            kind=found.titles[kind],
            cells=listed(
                *(_points(c.amount, c.adapting or 0, c.adapting_low, c.adapting_high) for c in some)
            ),
        )
        for kind, some in told.items()
        if some
    ]


def _listed(cells: Sequence[Cell]) -> str:
    """Return what each cell gains, one after the other."""
    return listed(*map(_one, cells))


def _one(cell: Cell) -> Said:
    return _points(cell.amount, cell.gain, cell.gain_low, cell.gain_high)


def _points(amount: int, gain: float, low: float | None, high: float | None) -> Said:
    """Return a difference in points with its interval, and with how many pictures it is one."""
    with_amount, points = amount_in_words(amount), figures.points(gain)
    if low is None or high is None:
        return Said(
            "{amount} {gain} points, too few to tell how surely", amount=with_amount, gain=points
        )
    return Said(
        "{amount} {gain} points ({low} to {high})",
        amount=with_amount,
        gain=points,
        low=figures.points(low),
        high=figures.points(high),
    )


def places(found: Found, kind: str, apart: float) -> list[float]:
    """Return where the dots of a kind stand on an axis of amounts, so that intervals do not cover one another.

    Args:
        found: all kinds.
        kind: one of them.
        apart: by how much kinds are apart; amounts are 1.
    """
    names = list(found.titles)
    aside = (names.index(kind) - (len(names) - 1) / 2) * apart
    return [found.amounts.index(cell.amount) + aside for cell in found.of(kind)]
