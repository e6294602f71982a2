"""Which epoch's weights a training keeps, judged by the validation part alone. Imports no Keras.

A training that starts from the exact head starts from something good: another epoch takes its place
only when it is better beyond doubt. Of the epochs that trained, the best is the one whose merit, a
mixture of accuracy and loss smoothed over neighbours, is highest: a single picture decides nothing.
Where the rate falls to nothing the last one is, since its weights have come to rest.

Measured on 484 trainings of five picture sets and three networks that fell to nothing, in points of test
accuracy against the exact head (`tests/benchmarks/recipes` tells how): the last epoch brings +2.9 with
all pictures and +0.1 with 20 of a class, the one that validation likes best +2.6 and -1.0. Replaced only
beyond doubt, the exact head gives +2.1 and +0.3, and instead of 10 and 26 in 100 trainings 1 and 3 lose
more than two points.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tl_core.tasks.objective import Objective

LEAST_MORE_RIGHT = (2, 0.01)
"""So many more examples right than the exact head has, but no less than this share of all, leave
little doubt where the loss is no worse."""
PLAINLY_MORE_RIGHT = (4, 0.015)
"""So many leave little doubt whatever the loss: training makes a network surer of its mistakes, too,
which a temperature mends."""
LOSS_MARGIN = 0.05
"""A mean loss that is higher by up to this, in nats, is no worse."""
DOUBT = 0.05
"""The chance, at most, that an epoch which is no better would look as much better as this one."""
LOSS_SHARE = 0.25
"""What a loss higher by 1 takes from an epoch's merit, where all examples right count 1."""
SLIGHTLY = 1e-4
"""A merit that is higher by less than this is the same."""
KEEP = 0.5
"""Each epoch counts so much in the smoothed merit, compared with the one after it."""

START, TRAINED = "c.start", "c.trained"
"""What a checkpoint calls the outputs for the validation part of epoch 0, and of the best that trained."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What one epoch's weights answer for the validation part.

    Attributes:
        epoch: its number; 0 is the start.
        outputs: float32 (n, outputs), raw.
        accuracy: what `Objective.score` begins with.
        losses: float64 (n,), of each example.
        right: bool (n,), which examples are right; None where nothing is right or wrong.
    """

    epoch: int
    outputs: np.ndarray
    accuracy: float
    losses: np.ndarray
    right: np.ndarray | None

    @staticmethod
    def of(epoch: int, outputs: np.ndarray, objective: Objective, answers: np.ndarray) -> "Judged":
        """Return what raw outputs, float32 (n, outputs), are worth beside the true answers."""
        return Judged(
            epoch,
            outputs,
            objective.score(outputs, answers)[0],
            objective.losses(outputs, answers),
            objective.right(outputs, answers),
        )

    @property
    def merit(self) -> float:
        """What epochs that trained are compared by, before it is smoothed; nothing without examples."""
        if not len(self.losses):
            return -math.inf
        return self.accuracy - LOSS_SHARE * float(self.losses.mean())

    def beats(self, other: "Judged") -> bool:
        """Say whether these weights are better than `other` beyond doubt.

        They must not be less accurate, and either have a few more right without a worse loss, or
        plainly more, or pass a paired test at `DOUBT`: the exact sign test on examples that only one
        of both has right, or Student's t test on the losses.

        Reference:
            Dietterich 1998, Approximate statistical tests for comparing supervised classification
            learning algorithms. Neural Computation 10.
        """
        if self.accuracy < other.accuracy:
            return False
        fallen = other.losses - self.losses
        if self.right is not None and other.right is not None:
            won = int(np.sum(self.right & ~other.right))
            lost = int(np.sum(other.right & ~self.right))
            few, many = (
                max(least, math.ceil(share * len(self.right)))
                for least, share in (LEAST_MORE_RIGHT, PLAINLY_MORE_RIGHT)
            )
            if won - lost >= many or (won - lost >= few and fallen.mean() >= -LOSS_MARGIN):
                return True
            if sign_test(won, lost) <= DOUBT:
                return True
        return t_test(fallen) <= DOUBT


@dataclass(slots=True)
class ChoiceOfEpoch:
    """Takes in one epoch after another and says whose weights to keep.

    Attributes:
        objective: how answers are judged.
        answers: those of the validation part; without any the latest weights are kept.
        from_exact_head: whether epoch 0 is the exact head, which only doubtless gains replace.
        comes_to_rest: whether the rate falls to nothing, so that later weights go before earlier ones.
        start: epoch 0; None for a training begun by a version that did not keep it.
        trained: the best of all others yet; where nothing good was at the start, it begins as that.
        is_better: whether `trained` takes the place of the start.
        merit: the highest of those that trained, smoothed.
        improved_in: the last epoch that did better than all others that trained.
    """

    objective: Objective
    answers: np.ndarray
    from_exact_head: bool = False
    comes_to_rest: bool = False
    start: Judged | None = None
    trained: Judged | None = None
    is_better: bool = False
    merit: float = -math.inf
    improved_in: int = 0
    _mean: float = field(default=0.0, init=False)
    _weight: float = field(default=0.0, init=False)

    def take(self, epoch: int, outputs: np.ndarray) -> bool:
        """Take in what an epoch answers; return whether its weights are the ones to keep now.

        Args:
            epoch: its number, each later than the one before.
            outputs: float32 (n, outputs), raw, for the validation part.
        """
        judged = self._judged(epoch, outputs)
        if epoch == 0:
            self.start = judged
            if not self.from_exact_head:
                self._lead(judged, True, judged.merit)
            return True
        if not len(self.answers):
            self._lead(judged, True, judged.merit)
            return True
        merit = self._smoothed(judged.merit)
        is_better = not self.from_exact_head or self.start is None or judged.beats(self.start)
        if self.trained is None or self._leads(is_better, merit):
            self._lead(judged, is_better, merit)
        elif self.comes_to_rest:
            self.trained, self.is_better = judged, is_better
        else:
            return False
        return is_better

    @property
    def kept(self) -> Judged | None:
        """The epoch whose weights are to be kept; None before anything was judged."""
        return self.trained if self.is_better else self.start

    def state(self) -> dict[str, Any]:
        """Return the numbers as JSON can hold them."""
        return {
            "trained": self.trained.epoch if self.trained else None,
            "is_better": self.is_better,
            "merit": self.merit if math.isfinite(self.merit) else None,
            "improved_in": self.improved_in,
            "smoothed": [self._mean, self._weight],
        }

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what a checkpoint holds beside `state`, by name."""
        held = {START: self.start, TRAINED: self.trained}
        return {name: judged.outputs for name, judged in held.items() if judged is not None}

    def restore(self, state: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        """Take back what `state` and `arrays` returned."""
        if START in arrays:
            self.start = self._judged(0, arrays[START])
        if TRAINED in arrays:
            self.trained = self._judged(state["trained"], arrays[TRAINED])
        self.is_better = state["is_better"]
        self.merit = -math.inf if state["merit"] is None else state["merit"]
        self._mean, self._weight = state["smoothed"]
        self.improved_in = state.get("improved_in", self.trained.epoch if self.trained else 0)

    def restore_from(self, epoch: int, outputs: np.ndarray) -> None:
        """Go on with a training of an earlier version, whose best epoch answers this."""
        judged = self._judged(epoch, outputs)
        if epoch == 0:
            self.take(0, outputs)
        else:
            self._lead(judged, True, judged.merit)

    def _judged(self, epoch: int, outputs: np.ndarray) -> Judged:
        return Judged.of(epoch, outputs, self.objective, self.answers)

    def _leads(self, is_better: bool, merit: float) -> bool:
        """Say whether an epoch is to be preferred to the best of those before; doubtless gains go first."""
        return is_better > self.is_better or (
            is_better == self.is_better and merit > self.merit + SLIGHTLY
        )

    def _lead(self, judged: Judged, is_better: bool, merit: float) -> None:
        self.trained, self.is_better, self.merit = judged, is_better, merit
        self.improved_in = judged.epoch

    def _smoothed(self, merit: float) -> float:
        """Return the mean of all merits yet; the later, the more each counts."""
        self._mean = KEEP * self._mean + (1 - KEEP) * merit
        self._weight = KEEP * self._weight + 1 - KEEP
        return self._mean / self._weight


def sign_test(won: int, lost: int) -> float:
    """Return the chance of winning so often or more where winning and losing are as likely.

    Reference:
        McNemar 1947, Note on the sampling error of the difference between correlated proportions
        or percentages. Psychometrika 12; here exact and one-sided.
    """
    count = won + lost
    return sum(math.comb(count, wins) for wins in range(won, count + 1)) / 2**count


def t_test(differences: np.ndarray) -> float:
    """Return the chance of a mean so high or higher where the true one is 0, one-sided.

    Args:
        differences: float (n,), of pairs; fewer than two prove nothing.
    """
    from scipy.special import stdtr  # spares whoever only asks for a sign test

    count = len(differences)
    mean = float(differences.mean()) if count else 0.0
    if count < 2 or mean <= 0:
        return 1.0
    error = float(differences.std(ddof=1)) / math.sqrt(count)
    return float(stdtr(count - 1, -mean / error)) if error else 0.0
