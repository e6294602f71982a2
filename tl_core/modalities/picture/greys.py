"""Greys of more than 8 bits: which value is black and which is white, one scale for a data set.

Cameras of science and medicine write 10, 12, 14 or 16 bits into files that hold 16, and some write
real numbers. A network sees 256 levels of grey, and how bright one picture is beside another counts:
so the scale is found once for all pictures of a data set and kept with it and its models.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

Kind = Literal["whole", "real"]
Scale = tuple[float, float]
"""What is black, and what is white."""

DEPTHS = (8, 10, 12, 14, 16)
"""Bits that cameras write; the fewest that hold all pictures of a data set are taken."""
DIGITS = 3
"""Of a scale that no depth explains, rounded away from the values in between."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What one picture reaches: the kind of its numbers, the lowest and the highest."""

    kind: Kind
    low: float
    high: float


class Greys(BaseModel):
    """The scales of a data set; those of the formats themselves where its pictures say nothing.

    `found` are the kinds of numbers that its pictures do have.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    whole: Scale = (0.0, 65535.0)
    real: Scale = (0.0, 1.0)
    found: tuple[Kind, ...] = ()

    @model_validator(mode="after")
    def _is_a_scale(self) -> Self:
        for black, white in (self.whole, self.real):
            if not 0 < white - black < math.inf:
                raise ValueError("a scale of greys goes from black up to white")
        return self

    def scales(self) -> dict[str, Scale]:
        """Return black and white for each kind of grey, as `opening.rgb` takes them."""
        return {"whole": self.whole, "real": self.real}


def variant(scale: Greys | None) -> str:
    """Return a name for scales; one for those of before, of which each picture had its own."""
    if scale is None:
        return "each"
    return "-".join(f"{value:g}" for both in (scale.whole, scale.real) for value in both)


def extent(told: tuple[str, float, float]) -> Extent:
    """Return what `images.extent` told of a picture, also after it was JSON."""
    kind, low, high = told
    return Extent("real" if kind == "real" else "whole", low, high)


def of(extents: Iterable[Extent], known: Greys | None = None) -> Greys:
    """Return the scales for pictures that reach so far.

    Args:
        extents: one for each picture of more than 8 bits.
        known: scales of pictures that they are added to; what those found stays.
    """
    known = known or Greys()
    reached: dict[Kind, Extent] = {}
    for one in extents:
        so_far = reached.get(one.kind, one)
        reached[one.kind] = Extent(one.kind, min(so_far.low, one.low), max(so_far.high, one.high))
    scales = {kind: _scale(all_) for kind, all_ in reached.items() if kind not in known.found}
    kinds = (*known.found, *scales)
    return Greys(**{**known.model_dump(), **scales, "found": kinds})


def beyond(extents: Iterable[Extent], greys: Greys) -> int:
    """Return how many pictures reach beyond their scale, so that parts of them are cut off."""
    scales = greys.scales()
    return sum(one.low < scales[one.kind][0] or one.high > scales[one.kind][1] for one in extents)


def _scale(reached: Extent) -> Scale:
    """Return black and white for numbers from `low` to `high` (0 is among them)."""
    low, high = min(reached.low, 0.0), max(reached.high, 0.0)
    if reached.kind == "real" and low >= 0 and high <= 1:
        return 0, 1
    if low >= 0 and reached.kind == "whole":
        for bits in DEPTHS:
            if high < 1 << bits:
                return 0, (1 << bits) - 1
    return 0 - _outward(-low), _outward(high)


def _outward(value: float) -> float:
    """Return the next number of few digits that is not below `value`, which is not negative."""
    if value <= 0:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(value)) - DIGITS + 1)
    return float(f"{math.ceil(value / step) * step:.{DIGITS + 2}g}")
