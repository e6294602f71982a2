"""What this machine can do: measured once in under a second, then corrected by every run.

A run beside other work teaches little: its seconds are taken for those that a quiet machine would have
needed, they count for less, and no run moves a price far. What counts is the middle of the last lessons.

Kept in GRAFT_HOME/cache/machine.json. A damaged or missing file is simply measured again.
Imports no TensorFlow.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from tl_core.backbones import catalogue
from tl_core.base import contention, files, settings
from tl_core.base.contention import Usage

SIDE = 768
PRODUCTS, ENOUGH_S = 6, 0.4
"""At least so many products are timed, and on a slow or busy machine for so long."""
LAST = 7
"""So many lessons are kept of each quantity; the price follows the middle one."""
LARGEST_STEP = 2.0
"""Of a factor through one run on a quiet machine, where it was learnt before; beside other work it is less."""
LARGEST_FACTOR = 20.0
SPEEDLESS = (
    *("import", "load", "save", "save-head", "trace", "trace-head", "convert", "epoch-head"),
)
"""Quantities that consist of steps and files rather than of products, whose speed says nothing of them."""

Lesson = tuple[float, float]
"""What a run took over what was expected of it, and the share of its work that it could do at once."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Speed of this machine.

    Attributes:
        gigaflops: of a float32 matrix product, 1e9 a second.
        factors: by quantity and backbone ("encode mobilenet_v2"), what runs took over what was
            expected of them.
        lessons: by the same, what the last runs taught, the latest last. A file of an earlier version has
            none; what it has in `factors` counts as one.
    """

    gigaflops: float
    factors: dict[str, float] = field(default_factory=dict)
    lessons: dict[str, tuple[Lesson, ...]] = field(default_factory=dict)

    def factor(self, quantity: str, backbone: str) -> float:
        """Return by what to multiply an expectation; other backbones teach where this one cannot.

        Of "epoch/adversary", before anything taught it, "epoch" tells.
        """
        own = self.factors.get(_name(quantity, backbone))
        if own is not None:
            return own
        usual, _, method = quantity.rpartition("/")
        if method and usual:
            return self.factor(usual, backbone)
        others = [f for name, f in self.factors.items() if name.startswith(f"{quantity} ")]
        return float(np.median(others)) if others else 1.0

    def learnt(
        self, quantity: str, backbone: str, expected_s: float, took_s: float, got: float = 1.0
    ) -> "Calibration":
        """Return the calibration corrected by one run.

        Args:
            quantity: what was done.
            backbone: with which.
            expected_s: what the model says alone.
            took_s: seconds.
            got: the share of its work that the process could do at once; see `contention`.
        """
        if expected_s <= 0 or took_s <= 0:
            return self
        name = _name(quantity, backbone)
        ratio = float(np.clip(got * took_s / expected_s, 1 / LARGEST_FACTOR, LARGEST_FACTOR))
        before = self.factors.get(name)
        earlier = self.lessons.get(name) or (((before, 1.0),) if before else ())
        lessons = (*earlier, (ratio, got))[-LAST:]
        factor = _middle(lessons)
        if before:
            step = LARGEST_STEP**got
            factor = float(np.clip(factor, before / step, before * step))
        return replace(
            self, factors=self.factors | {name: factor}, lessons=self.lessons | {name: lessons}
        )

    def measured_again(self) -> "Calibration":
        """Return the faster of what was known and what is measured now: the first time may have been busy."""
        faster = _measure_gigaflops()
        if faster <= self.gigaflops:
            return self
        gain = faster / self.gigaflops

        def raised(name: str, ratio: float) -> float:
            quantity = name.partition(" ")[0].partition("/")[0]
            return ratio if quantity in SPEEDLESS else ratio * gain

        return Calibration(
            faster,
            {name: raised(name, factor) for name, factor in self.factors.items()},
            {
                name: tuple((raised(name, ratio), got) for ratio, got in each)
                for name, each in self.lessons.items()
            },
        )


def _name(quantity: str, backbone: str) -> str:
    return f"{quantity} {catalogue.architecture(backbone)}"


def _middle(lessons: Sequence[Lesson]) -> float:
    """Return the median of ratios, half way between two; what others took of a run's time counts twice against it."""
    ratios, shares = np.array(sorted(lessons)).T
    weights = shares**2
    below = np.cumsum(weights) - weights / 2
    return float(np.exp(np.interp(weights.sum() / 2, below, np.log(ratios))))


def current() -> Calibration:
    """Return what is known of this machine, measuring it the first time."""
    try:
        kept = json.loads(_path().read_text("utf-8"))
        lessons = kept.get("lessons", {})
        return Calibration(
            float(kept["gigaflops"]),
            {name: float(factor) for name, factor in kept["factors"].items()},
            {name: tuple(map(_lesson, each)) for name, each in lessons.items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        measured = Calibration(_measure_gigaflops())
        keep(measured)
        return measured


def keep(calibration: Calibration) -> None:
    """Remember `calibration`."""
    files.write_whole(_path(), json.dumps(asdict(calibration)).encode())


def _measure_gigaflops() -> float:
    """Return the speed of a product, as it would be if nothing else were at work."""
    matrix = np.random.default_rng(0).random((SIDE, SIDE), np.float32)
    until, took = time.monotonic() + ENOUGH_S, []
    while len(took) < PRODUCTS or (time.monotonic() < until and len(took) < 4 * PRODUCTS):
        took.append(_usage_of_a_product(matrix))
    undisturbed = float(np.median([used.wall_s * used.got() for used in took]))
    return 2 * SIDE**3 / min(undisturbed, min(used.wall_s for used in took)) / 1e9


def _lesson(kept: Sequence[float]) -> Lesson:
    ratio, got = map(float, kept)
    return ratio, got


def _usage_of_a_product(matrix: np.ndarray) -> Usage:
    before = contention.usage()
    np.dot(matrix, matrix)
    return contention.usage() - before


def _path() -> Path:
    return settings.current().cache_dir / "machine.json"
