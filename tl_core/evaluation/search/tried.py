"""What was tried so far, and how good each candidate is believed to be.

A training is held against the exact head of the same backbone, picture by picture; what trainings of
other data sets brought says beforehand how large a gain to expect. A trial of a share of the epochs has
shown a share of that gain. The fewer validation pictures there are, the more what was expected counts, so
that the luckiest of many is not taken for the best; and the best of several exact heads is lucky, too.

Reference:
    Gelman et al. 2013, Bayesian Data Analysis, sections 2.5 (a normal mean with a normal prior) and 5.5
    (means of several groups, drawn together by as much as chance alone sets them apart).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tl_core.evaluation.search.candidates import Candidate

NEARLY = 0.0025
"""Of two that are believed so near to each other, as shares of right answers, the quicker is taken."""


@dataclass(frozen=True, slots=True)
class Prior:
    """What a candidate is expected to bring over the exact head before it is tried.

    Attributes:
        mean, deviation: shares of right answers.
    """

    mean: float = 0.0
    deviation: float = 0.03


@dataclass(frozen=True, slots=True)
class Tried:
    """One trial.

    Attributes:
        candidate: the settings.
        effort: above 0, at most 1: the share of all epochs, of an exact head of all pictures.
        seconds: that it took.
        expected_s: that it was expected to take.
        right: which validation pictures it named right, "1" or "0" each; empty where it failed.
        level, low, high: share of them that are right with its 95 % interval.
        crossed: the same share of all pictures but the test part, each judged by a head that had not
            seen it; None where nothing was cross-validated.
        counted: how many pictures that is a share of.
        fault: in words, why it could not be tried; empty where it could.
    """

    candidate: Candidate
    effort: float
    seconds: float
    expected_s: float = 0.0
    right: str = ""
    level: float = 0.0
    low: float = 0.0
    high: float = 1.0
    crossed: float | None = None
    counted: int = 0
    fault: str = ""

    @property
    def has_failed(self) -> bool:
        return not self.right

    @property
    def reached(self) -> float:
        """The share of right answers, by as many pictures as tell it."""
        return self.level if self.crossed is None else self.crossed

    @property
    def variance(self) -> float:
        """The variance of `reached` beside that of other heads: what is hard for one is hard for most."""
        count = self.counted or len(self.right)
        return SHARED * self.reached * (1 - self.reached) / count

    @property
    def hits(self) -> np.ndarray:
        """Which validation pictures were named right, bool (n,)."""
        return np.frombuffer(self.right.encode("ascii"), np.uint8) == ord("1")

    def told(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        fields = {name: getattr(self, name) for name in self.__slots__ if name != "candidate"}
        return {"candidate": self.candidate.told(), **fields}


def read(told: Mapping[str, Any]) -> Tried:
    """Return what `Tried.told` told."""
    return Tried(**{**told, "candidate": Candidate(**told["candidate"])})


def read_standing(told: Mapping[str, Any]) -> "Standing":
    """Return what `Standing.told` told."""
    return Standing(**{**told, "best": read(told["best"])})


@dataclass(frozen=True, slots=True)
class Standing:
    """A candidate, as it stands after all that was tried.

    Attributes:
        best: its trial with the most effort.
        value: share of right answers that it is believed to reach.
        gain, gain_low, gain_high: over the exact head of its backbone, measured; None for that head
            and where that head was not solved for on all pictures.
    """

    best: Tried
    value: float
    gain: float | None = None
    gain_low: float | None = None
    gain_high: float | None = None

    @property
    def candidate(self) -> Candidate:
        return self.best.candidate

    def told(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        numbers = ("value", "gain", "gain_low", "gain_high")
        return {"best": self.best.told(), **{name: getattr(self, name) for name in numbers}}


MOST_OFF = 16.0
"""No more is a price corrected by, up or down: so much slower is a machine that others keep busy."""
PriorOf = Callable[[Candidate, float | None], Prior]
"""Given a candidate and how many the exact head of its backbone names right, None where nobody knows."""
Z = 1.96
UNFINISHED = 0.03
"""Deviation of what the epochs bring, as a share of right answers, that a trial spares, if it spares all."""
SHOWN = 1.5
"""A trial that spares a share of its epochs has not shown that share of the gain to this power: a quarter of the
epochs shows a third of it, half of them two thirds. Measured on hand signs and litter, five backbones."""
SHARED = 0.5
"""Of the variance of a share of right answers, what is left beside others of the same pictures."""
APART = 0.01
"""Deviation by which the exact heads of backbones are apart at least, as shares, however few pictures tell it."""


@dataclass(frozen=True, slots=True)
class Record:
    """Everything that was tried, in order."""

    trials: tuple[Tried, ...] = ()

    def __add__(self, tried: Tried) -> "Record":
        return Record((*self.trials, tried))

    def best_of(self, candidate: Candidate) -> Tried | None:
        """Return the trial of a candidate with the most effort, None where none succeeded."""
        own = [one for one in self.trials if one.candidate == candidate and not one.has_failed]
        return max(own, key=lambda one: one.effort, default=None)

    def has_failed(self, candidate: Candidate) -> bool:
        """Say whether a candidate could not be tried."""
        return any(one.candidate == candidate and one.has_failed for one in self.trials)

    def head_of(self, backbone: str) -> Tried | None:
        """Return the exact head of a backbone that was solved for on all pictures."""
        found = self.best_of(Candidate(backbone))
        return found if found and found.effort == 1 else None

    def level_of(self, backbone: str) -> float | None:
        """Return what the exact head of a backbone reaches, by its best trial; None before any."""
        found = self.best_of(Candidate(backbone))
        return found.reached if found else None

    def pace(self, *, of_heads: bool) -> float:
        """Return by what to multiply what trials are expected to take, as those so far took it.

        Before the first training, exact heads tell how busy the machine is.
        """
        took = [
            one.seconds / one.expected_s
            for one in self.trials
            if one.candidate.is_plain_head == of_heads and one.expected_s > 0 and not one.has_failed
        ]
        if took:
            return float(np.clip(np.median(took), 1 / MOST_OFF, MOST_OFF))
        return 1.0 if of_heads else max(1.0, self.pace(of_heads=True))

    def candidates(self) -> list[Candidate]:
        """Return those that were tried with success, in the order of their first trials."""
        return list(dict.fromkeys(one.candidate for one in self.trials if not one.has_failed))

    def standings(self, prior: PriorOf) -> list[Standing]:
        """Return all that can be chosen, the best first.

        An exact head that saw but some of the pictures is no rival of those that saw all; where
        there are no others, these are told.
        """
        whole = [
            one for one in self.candidates() if not one.is_head or self._was_solved_for_on_all(one)
        ]
        levels = self._levels()
        found = [self._standing(one, prior, levels) for one in whole or self.candidates()]
        return sorted(found, key=lambda one: -one.value)

    def _levels(self) -> dict[str, float]:
        """Return what the exact head of each backbone that saw all pictures is believed to reach."""
        heads = {name: self.head_of(name) for name in {one.backbone for one in self.candidates()}}
        known = {name: one for name, one in heads.items() if one is not None}
        if not known:
            return {}
        reached = np.array([one.reached for one in known.values()])
        variance = np.array([one.variance for one in known.values()])
        spread = float(np.var(reached, ddof=1)) if len(known) > 1 else 0.0
        apart = max(APART**2, spread - float(variance.mean()))
        mean = float(reached.mean())
        drawn = mean + (reached - mean) * apart / (apart + variance)
        return dict(zip(known, drawn.tolist(), strict=True))

    def _was_solved_for_on_all(self, candidate: Candidate) -> bool:
        best = self.best_of(candidate)
        return best is not None and best.effort == 1

    def _standing(
        self, candidate: Candidate, prior: PriorOf, levels: Mapping[str, float]
    ) -> Standing:
        best, head = self.best_of(candidate), self.head_of(candidate.backbone)
        if best is None:
            raise KeyError(candidate)
        if candidate.is_plain_head or head is None:
            level = levels.get(candidate.backbone) if candidate.is_plain_head else None
            return Standing(best, best.reached if level is None else level)
        gain, variance = measured_gain(best.hits, head.hits)
        half = Z * variance**0.5
        unsure = variance + (UNFINISHED * (1 - best.effort)) ** 2
        shown = 1 - (1 - best.effort) ** SHOWN
        expected = prior(candidate, head.reached)
        value = levels[candidate.backbone] + believed(gain, unsure, expected, shown)
        return Standing(best, value, gain, gain - half, gain + half)


def measured_gain(trained: np.ndarray, head: np.ndarray) -> tuple[float, float]:
    """Return by how much more pictures are right, as a share, and the variance of that.

    Args:
        trained: bool (n,).
        head: bool (n,), of the same pictures.

    Only pictures on which the two disagree tell; one more of each kind is counted than there is, so
    that none is no proof (Agresti & Min 2005, for paired shares).
    """
    count = len(head)
    won, lost = int(np.sum(trained & ~head)), int(np.sum(head & ~trained))
    gain = (won - lost) / count
    variance = (won + lost + 1 - (won - lost) ** 2 / count) / count**2
    return gain, max(variance, 1 / count**2)


def believed(gain: float, variance: float, prior: Prior, shown: float = 1.0) -> float:
    """Return the gain to believe in, given what was measured and what was expected.

    Args:
        gain: measured.
        variance: of that.
        prior: what was expected.
        shown: the share of the whole gain that what was measured is expected to show, above 0.
    """
    weight = prior.deviation**2 / (prior.deviation**2 + variance / shown**2)
    return weight * gain / shown + (1 - weight) * prior.mean


def chosen(standings: Sequence[Standing], seconds: Callable[[Candidate], float]) -> Standing | None:
    """Return the standing to take: the best, or one that is nearly as good and quicker.

    Args:
        standings: the best first.
        seconds: what the whole training of a candidate takes.
    """
    return min(near_best(standings), key=lambda one: seconds(one.candidate), default=None)


def near_best(standings: Sequence[Standing]) -> list[Standing]:
    """Return those of which nothing better is to be expected than of the first, or hardly anything."""
    return [one for one in standings if one.value >= standings[0].value - NEARLY]
