"""What each freeze depth would bring on this data set, said before Start, and which one is worth its time.

The knowledge lies in `gains`, the arithmetic in `expected_gain`. Imports no TensorFlow.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tl_core.backbones import stages
from tl_core.base.figures import MINUS
from tl_core.base.said import Said, counted
from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TEST, TRAIN
from tl_core.methods import registry as methods
from tl_core.pricing import expected_gain, gains
from tl_core.pricing.gains import Case, Gain
from tl_core.tasks import registry as tasks

EARNS = 0.5
"""Points that a depth must be expected to bring beyond what the head alone does."""
NEARLY = 0.25
"""A quicker depth that is expected to bring so few points less than the best goes before it."""
LONGEST_S = 1200.0
"""The longest time that the Train page offers; nobody is sent to wait longer."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What one freeze depth is expected to bring, in points of accuracy against the exact head.

    Attributes:
        low, high: 8 times in 10 it brings as much, on data sets that nobody had seen.
        mean: what to expect.
        sets: how many other data sets this rests on.
        own: how many trainings of this very data set.
    """

    low: float
    mean: float
    high: float
    sets: int
    own: int

    @property
    def in_short(self) -> Said:
        """The interval in words: "+1 to +4 points"."""
        return between(self.low, self.high)

    @property
    def from_what(self) -> Said:
        """What the interval rests on."""
        others = counted(
            "trainings of {count} other data set", "trainings of {count} other data sets", self.sets
        )
        if not self.own:
            return others
        return counted(
            "{others} and {count} of this one",
            "{others} and {count} of this one",
            self.own,
            others=others,
        )


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A freeze depth, and why it and no other.

    Attributes:
        trainable_stages: 0 where no depth earns its time.
        why: in a sentence.
    """

    trainable_stages: int
    why: Said


def is_given(dataset: Dataset, config: TrainConfig) -> bool:
    """Say whether gains in points of accuracy mean anything here.

    Each picture has one class, and the training goes on from the exact head of a pretrained network.
    """
    method = methods.of(config)
    begins_exactly = config.course.start == "closed_form" and not config.head.hidden_units
    has_additions = (
        method.needs or method.needs_stages or method.head_beside or method.keeps != "best"
    )
    is_fine_tuning = method.exact_head is not None and method.is_pretrained and not has_additions
    return tasks.of(dataset).one_class_each and begins_exactly and is_fine_tuning


def of_depths(
    dataset: Dataset,
    config: TrainConfig,
    family: str,
    known: tuple[Gain, ...] | None = None,
    exact: float | None = None,
) -> tuple[Advice, ...]:
    """Return what each freeze depth would bring, from the head alone on; nothing where nobody can say.

    Args:
        dataset: what is learnt from.
        config: only the backbone is read, and whether advice is given.
        family: id of the first version of the data set.
        known: what trainings brought; the study and this machine's own when None.
        exact: accuracy of the exact head on validation pictures; as earlier trainings of this data
            set found it when None.

    Raises:
        UserError: "backbone" or "method".
    """
    known = gains.known() if known is None else known
    if not known or not is_given(dataset, config) or not _is_learnable(dataset):
        return ()
    depths = range(len(stages.of(config.network.backbone)) + 1)
    cases = [case(dataset, config.but(trainable_stages=depth), family) for depth in depths]
    own = [gain for gain in known if gain.case.set == family and gain.judged_on == "validation"]
    exact = _exact_accuracy(own, config.network.backbone) if exact is None else exact
    expected = expected_gain.expect(cases, known, exact)
    sets = {gain.case.set for gain in known if gain.judged_on == "test"} - {family}
    return tuple(
        Advice(each.low, each.mean, each.high, len(sets), len(own)) for each in expected or ()
    )


def case(dataset: Dataset, config: TrainConfig, family: str, part: int = TEST) -> Case:
    """Return how a training is described; `part` is what it is judged by."""
    learnt = dataset.counts()[:, TRAIN]
    return Case(
        set=family,
        pictures=int(np.sum(dataset.splits == TRAIN)),
        classes=len(learnt),
        per_class=float(np.median(learnt)),
        backbone=config.network.backbone,
        stages=config.network.trainable_stages,
        total_stages=len(stages.of(config.network.backbone)),
        judged=int(np.sum(dataset.splits == part)),
    )


def recommended_depth(advised: Sequence[Advice], seconds: Sequence[float]) -> Recommendation | None:
    """Return the freeze depth that earns its time; None where nothing is known.

    A depth earns it that is expected to bring half a point more than the head alone, in twenty minutes
    or less: what it may lose is little, since the exact head is kept where training does not beat it.
    Of those that are expected to bring the most, or a quarter of a point less, the quickest is taken.
    Where none earns it, the head alone is.

    Args:
        advised: what each depth would bring, from 0 on.
        seconds: what each takes.
    """
    if not advised:
        return None
    earning = [
        depth
        for depth in range(1, len(advised))
        if advised[depth].mean >= advised[0].mean + EARNS and seconds[depth] <= LONGEST_S
    ]
    if not earning:
        why = Said("No depth is expected to bring more than the exact solution, for what it takes.")
        return Recommendation(0, why)
    most = max(advised[depth].mean for depth in earning)
    nearly = [depth for depth in earning if advised[depth].mean >= most - NEARLY]
    chosen = min(nearly, key=lambda depth: seconds[depth])
    points = advised[chosen].in_short
    if advised[chosen].low >= 0:
        why = counted(
            "Training the last stage is expected to bring {points}, the most for its time.",
            "Training the last {count} stages is expected to bring {points}, the most for its time.",
            chosen,
            points=points,
        )
    else:
        why = counted(
            "Training the last stage is expected to bring the most for its time in the mean, but is no sure thing: {points}. Where it does not help, the exact solution is kept.",
            "Training the last {count} stages is expected to bring the most for its time in the mean, but is no sure thing: {points}. Where it does not help, the exact solution is kept.",
            chosen,
            points=points,
        )
    return Recommendation(chosen, why)


def between(low: float, high: float) -> Said:
    """Return an interval of gains in words, as exactly as it can bear: "+1 to +4 points"."""
    first, last = (_signed(end, high - low) for end in (low, high))
    if first == last:
        return Said("{points} points", points=first)
    return Said("{low} to {high} points", low=first, high=last)


def _is_learnable(dataset: Dataset) -> bool:
    """Say whether there is something to tell apart, to learn from and to be judged by."""
    counts = dataset.counts()
    has_parts = np.median(counts[:, TRAIN]) > 0 and np.sum(counts[:, TEST]) > 0
    return bool(len(counts) > 1 and has_parts)


def _exact_accuracy(own: Sequence[Gain], backbone: str) -> float | None:
    """Return the accuracy of the exact head that earlier trainings of this data set found."""
    found = [gain.exact_accuracy for gain in own if gain.case.backbone == backbone]
    return float(np.mean(found)) if found else None


def _signed(points: float, width: float) -> str:
    """Return "+1.5", "0" or "−2", with a decimal where the interval can bear one."""
    rounded = round(points, 0 if width >= 2 else 1)
    if rounded == 0:
        return "0"
    digits = f"{abs(rounded):.1f}" if width < 2 else f"{abs(rounded):.0f}"
    return ("+" if rounded > 0 else MINUS) + digits
