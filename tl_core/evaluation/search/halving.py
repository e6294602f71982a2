"""What to try next, and for how long: successive halving under a budget of seconds.

First the exact heads of all backbones, which take seconds. Then trainings, each for a quarter of its
epochs, or for more where that costs little beside preparing it; of every two that have had as much the
better one goes on to twice that, up to all of them. Nothing
waits for a rung to be full, so that a search may end at any time. What is expected to take longer than
is left is not begun.

Reference:
    Jamieson & Talwalkar 2016, Non-stochastic Best Arm Identification. arXiv:1502.07943.
    Li et al. 2020, A System for Massively Parallel Hyperparameter Tuning. arXiv:1810.05934.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from tl_core.evaluation.search.candidates import EPOCHS, Candidate, Space
from tl_core.evaluation.search.tried import PriorOf, Record

EFFORTS = (0.25, 0.5, 1.0)
"""Of all epochs, rung by rung."""
ETA = 2
"""One of so many goes on to the next rung."""
FOR_HEADS = 0.5
"""Of the budget, at most, to hear all exact heads; where that is too little, on a share of the pictures."""
HEAD_SHARES = (1.0, 0.5, 0.25, 0.125)
OF_REST = 0.5
"""Of the time left a new candidate takes no more, where there is one: what it finds is to be followed up.
The first of each backbone may take all of it: of what promises most a little tells more than much of
anything else."""
FINALISTS = 3
"""Backbones that trainings are tried on."""
CHEAP = 1.25
"""A first trial has as many epochs as it can without taking so many times as long as with the fewest: those
of few pictures are little beside the conversion and the building of a network."""
CUT = 0.5
"""A first trial is begun where so much of it can be done in the time that is left."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What is to be tried: a candidate, and with which effort (see `Tried`)."""

    candidate: Candidate
    effort: float


SecondsOf = Callable[[Trial], float]
Propose = Callable[
    [Space, Record, Callable[[Candidate], bool], Callable[[Candidate], float]], Candidate | None
]
"""Given what may be proposed, what was tried, whether there is time for a candidate, and what share its whole
training takes of what it may."""


@dataclass(frozen=True, slots=True)
class Heads:
    """The exact heads that are heard first.

    Attributes:
        share: of the pictures that all of them learn from.
        backbones: the quickest first.
        left_out: backbones whose heads alone would take too long.
    """

    share: float
    backbones: tuple[str, ...]
    left_out: tuple[str, ...] = ()


def heads(backbones: Sequence[str], seconds: SecondsOf, budget_s: float) -> Heads:
    """Return which exact heads are heard, and on which share of the pictures.

    Args:
        backbones: whose weights are at hand.
        seconds: what a trial takes.
        budget_s: of the whole search.
    """
    most_s = FOR_HEADS * budget_s
    for share in HEAD_SHARES:
        each = {name: seconds(Trial(Candidate(name), share)) for name in backbones}
        ordered = sorted(backbones, key=each.__getitem__)
        if sum(each.values()) <= most_s:
            return Heads(share, tuple(ordered))
    heard: list[str] = []
    for name in ordered:
        if not heard or sum(each[one] for one in (*heard, name)) <= most_s:
            heard.append(name)
    return Heads(HEAD_SHARES[-1], tuple(heard), tuple(ordered[len(heard) :]))


@dataclass(frozen=True, slots=True)
class Halving:
    """What decides which trial comes next; it follows from what was tried and from the time left alone.

    Attributes:
        space: all that may be chosen.
        heads: what is heard first.
        seconds: what a trial takes.
        whole_s: what the whole training of a candidate takes.
        longest_s: what that may take at most for a candidate to be tried.
        prior: what a candidate is expected to bring.
        propose: the next candidate that was not tried.
    """

    space: Space
    heads: Heads
    seconds: SecondsOf
    whole_s: Callable[[Candidate], float]
    longest_s: float
    prior: PriorOf
    propose: Propose

    def next(self, record: Record, left_s: float) -> Trial | None:
        """Return the next trial, None where nothing more can be tried in the time that is left.

        The very first is tried however long it takes: a search that tried nothing says nothing.
        """
        for name in self.heads.backbones:
            trial = Trial(Candidate(name), self.heads.share)
            if record.best_of(trial.candidate) or record.has_failed(trial.candidate):
                continue
            if not record.trials or self.seconds(trial) <= left_s:
                return trial
        return (
            self._promoted(record, left_s)
            or self._whole_head(record, left_s)
            or self._new(record, left_s)
            or self._promoted(record, left_s, least=1)
        )

    def finalists(self, record: Record) -> tuple[str, ...]:
        """Return the backbones that trainings are tried on, the best first: their heads saw all pictures."""
        return tuple(name for name in self.promising(record) if record.head_of(name))

    def promising(self, record: Record) -> tuple[str, ...]:
        """Return the backbones that promise most, the best first: by their heads and by what training adds.

        Heads are compared that saw the same share of the pictures.
        """
        heard = {
            one.candidate.backbone: self._promise(one.candidate.backbone, one.reached)
            for one in record.trials
            if one.candidate.is_plain_head and one.effort == self.heads.share and one.right
        }
        return tuple(sorted(heard, key=lambda name: -heard[name])[:FINALISTS])

    def _promise(self, backbone: str, exact: float) -> float:
        """Return the most that trainings of a backbone are expected to reach, given its exact head."""
        able = self._trainings(backbone)
        return exact + max((self.prior(one, exact).mean for one in able), default=0.0)

    def _trainings(self, backbone: str) -> list[Candidate]:
        """Return the usual trainings of a backbone that may be waited for."""
        usual = (
            Candidate(backbone, depth, epochs=epochs)
            for depth in self.space.depths[backbone]
            for epochs in EPOCHS
            if depth
        )
        return [one for one in usual if self._is_quick_enough(one)]

    def _promoted(self, record: Record, left_s: float, least: int = 0) -> Trial | None:
        """Return a candidate that goes on to the next rung, the highest rung first.

        Args:
            record: what was tried.
            left_s: seconds.
            least: how many of a rung go on, however few have reached it.
        """
        trained = [one for one in record.standings(self.prior) if not one.candidate.is_head]
        for effort, following in reversed(tuple(pairwise(EFFORTS))):
            ranked = [one for one in trained if one.best.effort >= effort]
            for one in ranked[: max(least, len(ranked) // ETA)]:
                trial = Trial(one.candidate, following)
                if one.best.effort == effort and self._may(trial, record, left_s):
                    return trial
        return None

    def _whole_head(self, record: Record, left_s: float) -> Trial | None:
        """Return an exact head that does well on a share of the pictures and is to see all of them."""
        for name in self.promising(record):
            trial = Trial(Candidate(name), 1.0)
            if not record.head_of(name) and self._may(trial, record, left_s):
                return trial
        return None

    def _new(self, record: Record, left_s: float) -> Trial | None:
        finalists = self.finalists(record)
        if not finalists:
            return None
        trained = {one.candidate.backbone for one in record.trials if not one.candidate.is_head}
        wait = [name for name in finalists if name not in trained and self._trainings(name)]
        for share in (1.0,) if wait else (OF_REST, 1.0):

            def may(one: Candidate, most_s: float = share * left_s) -> bool:
                trial = self.first(one)
                least = trial if one.is_head else Trial(one, CUT * trial.effort)
                return self._is_quick_enough(one) and self._may(least, record, most_s)

            found = self.propose(self.space.of(finalists), record, may, self._takes)
            if found is not None:
                return self.first(found)
        return None

    def first(self, candidate: Candidate) -> Trial:
        """Return the trial that a candidate begins with; a head is solved for at once."""
        if candidate.is_head:
            return Trial(candidate, 1.0)
        rungs = [Trial(candidate, effort) for effort in EFFORTS]
        most_s = CHEAP * self.seconds(rungs[0])
        return [rungs[0], *(one for one in rungs[1:] if self.seconds(one) <= most_s)][-1]

    def _is_quick_enough(self, candidate: Candidate) -> bool:
        """Say whether its whole training may be waited for; with fewer epochs only where not with all."""
        if self.whole_s(candidate) > self.longest_s:
            return False
        return (
            candidate.epochs == 1 or self.whole_s(replace(candidate, epochs=1.0)) > self.longest_s
        )

    def _takes(self, candidate: Candidate) -> float:
        return self.whole_s(candidate) / self.longest_s

    def _may(self, trial: Trial, record: Record, left_s: float) -> bool:
        return not record.has_failed(trial.candidate) and self.seconds(trial) <= left_s
