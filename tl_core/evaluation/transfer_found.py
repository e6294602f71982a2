"""What kinds of transfer brought side by side, in numbers and in words; imports nothing that computes."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

from tl_core.base import figures
from tl_core.base.said import Said, counted, packed, unpacked

NO_TRANSFER = "none"
ALL = 0
"""The amount that stands for all examples of a class."""
CONFIDENCE = 0.95


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
        }


def read(told: Mapping[str, Any]) -> Found:
    """Return what `Found.told` gave."""
    cells = tuple(Cell(**cell) for cell in told["cells"])
    return Found(**{**told, "cells": cells, "titles": unpacked(told["titles"])})


def in_words(found: Found) -> list[Said]:
    """Return a sentence for each kind: whether it helps, hurts, or cannot be told from no transfer."""
    return [_in_words(found, kind) for kind in found.kinds]


def in_short(found: Found) -> list[Said]:
    """Return a sentence for each kind that helps, and one for all that cannot be told from no transfer.

    Those that do nothing but hurt are what `alarms` are for.
    """
    verdicts = {kind: {cell.verdict for cell in found.of(kind)} for kind in found.kinds}
    open_ = [kind for kind in found.kinds if verdicts[kind] == {0}]
    sentences = [_in_words(found, kind) for kind in found.kinds if 1 in verdicts[kind]]
    if open_:
        names = found.titles[open_[0]]
        for kind in open_[1:]:
            names = Said("{first}; {second}", first=names, second=found.titles[kind])
        sentences.append(
            Said("Cannot be told from no transfer by these pictures: {kinds}.", kinds=names)
        )
    return sentences


def alarms(found: Found) -> list[Said]:
    """Return a sentence for each kind that hurts beyond doubt, with what to do."""
    return [
        Said(
            "Negative transfer. {kind}: worse than no transfer beyond doubt, {cells}. {advice}",
            kind=found.titles[kind],
            cells=_listed([cell for cell in found.of(kind) if cell.verdict < 0]),
            advice=ADVICE.get(kind, ADVICE_OF_SOURCE),
        )
        for kind in found.kinds
        if any(cell.verdict < 0 for cell in found.of(kind))
    ]


ADVICE_OF_SOURCE = Said(
    "Train without these pictures, or look whether their classes mean the same and whether they look like yours."
)
ADVICE: Mapping[str, Said] = MappingProxyType(
    {
        "distillation": Said(
            "Train without this teacher, or take one with better answers; look whether the pictures without a class show your classes."
        ),
        **dict.fromkeys(
            ("fine_tune", "gradual", "surgical"),
            Said(
                "Let fewer stages learn or take the usual exact head, or bring more pictures of each class."
            ),
        ),
        "adabn": Said(
            "Learn from your own pictures, or look whether the classes come in other shares elsewhere, or mean something else."
        ),
        "main_directions": Said(
            "Take the usual exact head, which looks at everything, or keep more directions."
        ),
    }
)


def amount_in_words(amount: int) -> Said:
    """Return "with 5 pictures a class"."""
    if amount == ALL:
        return Said("with all pictures")
    return counted("with {count} picture a class", "with {count} pictures a class", amount)


def _in_words(found: Found, kind: str) -> Said:
    cells = found.of(kind)
    helps = [cell for cell in cells if cell.verdict > 0]
    hurts = [cell for cell in cells if cell.verdict < 0]
    title = found.titles[kind]
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


def _listed(cells: Sequence[Cell]) -> Said:
    """Return what each cell gains, one after the other."""
    listed = _one(cells[0])
    for cell in cells[1:]:
        listed = Said("{first}; {second}", first=listed, second=_one(cell))
    return listed


def _one(cell: Cell) -> Said:
    amount, gain = amount_in_words(cell.amount), figures.points(cell.gain)
    if cell.gain_low is None or cell.gain_high is None:
        return Said("{amount} {gain} points, too few to tell how surely", amount=amount, gain=gain)
    return Said(
        "{amount} {gain} points ({low} to {high})",
        amount=amount,
        gain=gain,
        low=figures.points(cell.gain_low),
        high=figures.points(cell.gain_high),
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
