"""What more pictures would bring: the curve by amount, what lies ahead of it, and the gain of each class.

All of it is of the exact head on the frozen network, whatever the run trained: it is solved for in
moments, where a fine-tuned network would take a training for every point.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets import division, goals, guard, manifest, splits
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION
from tl_core.encoding.encode import StoppedError
from tl_core.evaluation import accuracy_by_amount, class_gains, label_gains
from tl_core.evaluation.accuracy_by_amount import Amounts, Parts
from tl_core.evaluation.class_gains import Asked, ClassGain
from tl_core.measures import power_law
from tl_core.measures.power_law import Measured, PowerLaw
from tl_core.tasks import registry, task
from tl_core.tasks.task import Goal
from tl_core.training import rechecks

AHEAD = 4
"""The curve is drawn up to so many times the pictures that there are."""
AMOUNTS_DRAWN = 40
ROOM = 0.04
TINY_TEST = 50
"""With fewer test pictures cross-validation on all says more about how good the head is."""
FOLDS = 5
NO_LAW_EXPONENT = power_law.USUAL_EXPONENT

NoClasses = Literal["", "task", "many", "few"]
"""Why no class is told of: there are none, there are too many of them, or of too few pictures."""
GainOf = Literal["accuracy", "average_precision"]
"""Of what the gain of a class is told: of all test pictures that are right, or of how well it itself is ranked."""


class Curve(BaseModel):
    """An error by the number of pictures learnt from; in shares, or in the unit of a number.

    Attributes:
        amounts, errors: what was measured, the mean of all draws.
        lowest, highest: of the draws.
        ahead: amounts at which the law is told; empty where there are too few points for one.
        low, middle, high: what the law expects there, 8 times in 10 between low and high.
        doubled: the same for twice the pictures that there are; None without a law.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    amounts: tuple[int, ...]
    errors: tuple[float, ...]
    lowest: tuple[float, ...]
    highest: tuple[float, ...]
    ahead: tuple[int, ...] = ()
    low: tuple[float, ...] = ()
    middle: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    doubled: tuple[float, float, float] | None = None

    @property
    def above(self) -> list[float]:
        """How far the highest draw lies above the mean, for each amount."""
        return [high - at for high, at in zip(self.highest, self.errors, strict=True)]

    @property
    def below(self) -> list[float]:
        """How far the lowest draw lies below it."""
        return [at - low for at, low in zip(self.errors, self.lowest, strict=True)]

    @property
    def marks(self) -> list[int]:
        """The amounts to mark on an axis: those measured, then twice the present ones and the last ahead."""
        return [*self.amounts, *sorted({self.ahead[-1] // 2, self.ahead[-1]} if self.ahead else ())]

    @property
    def powers(self) -> tuple[float, float]:
        """The powers of ten between which a logarithmic axis shows all of it, with some room."""
        first, last = np.log10([self.marks[0], self.marks[-1]])
        room = ROOM * (last - first)
        return float(first - room), float(last + room)

    @property
    def now(self) -> float:
        """The error with all pictures that were learnt from."""
        return self.errors[-1]


class Collected(BaseModel):
    """All that is told of more pictures.

    Attributes:
        curves: one for each error of the goal.
        learnt: pictures to learn from.
        used: how many of them the largest amount has; fewer where all would take too long.
        judged: test pictures.
        classes: the gain of each, the highest first.
        gain_of: what these gains are of.
        no_classes: why there are none, "" where there are.
        folds: scores of a cross-validation where the test part is tiny; see `training.rechecks`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    curves: tuple[Curve, ...]
    learnt: int
    used: int
    judged: int
    classes: tuple[ClassGain, ...] = ()
    gain_of: GainOf = "accuracy"
    no_classes: NoClasses = ""
    folds: dict[str, float | list[float]] | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """What is to be done for one data set.

    Attributes:
        amounts: what is drawn.
        trainings: for the gain of each class; 0 where that is left out.
        no_classes: why it is.
    """

    amounts: Amounts
    trainings: int
    no_classes: NoClasses

    @property
    def work(self) -> float:
        """What all of it takes, of what it takes to solve for the head with every strength."""
        return self.amounts.work + self.trainings * accuracy_by_amount.FIXED


def in_percent(curve: Curve) -> Curve:
    """Return a curve of shares as what is right, in percent: a high error is a low score."""

    def right(errors: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(100 * (1 - error) for error in errors)

    doubled = curve.doubled and right(curve.doubled[::-1])
    return curve.model_copy(
        update={
            "errors": right(curve.errors),
            "lowest": right(curve.highest),
            "highest": right(curve.lowest),
            "low": right(curve.high),
            "middle": right(curve.middle),
            "high": right(curve.low),
            "doubled": doubled,
        }
    )


def planned(dataset: Dataset, most_work: float) -> Planned:
    """Return what can be done for so much work, in the unit of `Planned.work`.

    Raises:
        UserError: what forbids a training, "no-test-part" or "too-few-to-draw".
    """
    manifest.require_trainable(dataset)
    if not (dataset.splits == TEST).any():
        raise UserError(
            "no-test-part",
            "There are no test pictures, and only they can tell what more pictures would bring.",
            "Divide the pictures anew on the Data page, with a test part.",
        )
    learnt = int((dataset.splits == TRAIN).sum())
    if learnt < accuracy_by_amount.FEWEST_LEARNT:
        raise accuracy_by_amount.too_few(learnt)
    amounts = accuracy_by_amount.within(most_work)
    reason = _no_classes(dataset)
    trainings = 0 if reason else _trainings(dataset)
    if amounts.shares[-1] < 1 or amounts.work + trainings * accuracy_by_amount.FIXED > most_work:
        trainings, reason = 0, reason or "many"
    return Planned(amounts, trainings, reason)


def _no_classes(dataset: Dataset) -> NoClasses:
    task = registry.of(dataset)
    if not task.names_classes:
        return "task"
    most = class_gains.MOST_CLASSES if task.one_class_each else label_gains.MOST_LABELS
    if len(dataset.classes) > most:
        return "many"
    counts = dataset.counts()
    if task.one_class_each:
        return "" if (counts[:, TRAIN] >= class_gains.FEWEST_IN_CLASS).sum() >= 2 else "few"
    return "" if len(label_gains.told_of(counts[:, TRAIN], counts[:, TEST])) else "few"


def _trainings(dataset: Dataset) -> int:
    if registry.of(dataset).one_class_each:
        return class_gains.trainings(len(dataset.classes))
    return label_gains.TRAININGS


def tell(
    dataset: Dataset,
    config: TrainConfig,
    features: np.ndarray,
    plan: Planned,
    on_progress: Callable[[float], None],
    should_stop: Callable[[], bool],
) -> Collected:
    """Return what more pictures would bring.

    Args:
        dataset: its pictures.
        config: settings of the goal and the seed.
        features: float32 (n, d), a row for every picture.
        plan: what is to be done.
        on_progress: told the work done, in the unit of `Planned.work`.
        should_stop: asked before each training.

    Raises:
        StoppedError: `should_stop` asked for it.
        UserError: "too-few-to-draw".
    """
    parts = Parts(*(np.flatnonzero(dataset.splits == part) for part in (TRAIN, VALIDATION, TEST)))
    goal = goals.of(dataset, parts.learnt, config)
    strata = registry.of(dataset).strata(dataset)
    split = dataset.split or splits.Split.model_validate({})
    together = guard.numbered(division.together(dataset, split))
    seed = config.course.seed
    # Of more the head is never solved for, see `exact_head`.
    most = task.most_rows(goal, features) / len(parts.learnt)
    amounts = accuracy_by_amount.at_most(plan.amounts, most)
    measured, l2 = accuracy_by_amount.measure(
        goal, features, parts, strata, together, amounts, seed, on_progress, should_stop
    )
    laws = [power_law.fit(points, _resolution(goal, parts, points)) for points in measured]
    classes: list[ClassGain] = []
    if plan.trainings:
        asked = Asked(
            goal,
            features,
            parts,
            together,
            l2,
            NO_LAW_EXPONENT if laws[0] is None else laws[0].middle_exponent,
            goals.belonging(dataset),
            seed,
            lambda done: on_progress(plan.amounts.work + done * accuracy_by_amount.FIXED),
            should_stop,
        )
        if goal.task.one_class_each:
            classes = class_gains.of_classes(asked, dataset.labels)
        else:
            classes = label_gains.of_labels(asked)
    folds = None
    if len(parts.judged) < TINY_TEST:
        if should_stop():
            raise StoppedError
        folds = rechecks.cross_validated(dataset, goal, features, FOLDS, seed) or None
    return Collected(
        curves=tuple(map(_curve, measured, laws, [len(parts.learnt)] * len(laws))),
        learnt=len(parts.learnt),
        used=measured[0][-1].amount,
        judged=len(parts.judged),
        classes=tuple(classes),
        gain_of="accuracy" if goal.task.one_class_each else "average_precision",
        no_classes=plan.no_classes,
        folds=folds,
    )


def _resolution(goal: Goal, parts: Parts, points: list[Measured]) -> float:
    """Return by how much one test picture changes an error: its share, or twice what it is off by."""
    each = 1.0 if goal.task.names_classes else 2 * float(points[-1].errors.mean())
    return each / len(parts.judged)


def _curve(points: list[Measured], law: PowerLaw | None, learnt: int) -> Curve:
    told = {
        "amounts": tuple(point.amount for point in points),
        "errors": tuple(float(point.errors.mean()) for point in points),
        "lowest": tuple(float(point.errors.min()) for point in points),
        "highest": tuple(float(point.errors.max()) for point in points),
    }
    if law is None:
        return Curve(**told)
    ahead = np.unique(np.geomspace(points[0].amount, AHEAD * learnt, AMOUNTS_DRAWN).round())
    band, doubled = law.at(ahead), law.at([2 * learnt])
    return Curve(
        **told,
        ahead=tuple(int(amount) for amount in ahead),
        low=tuple(band.low.tolist()),
        middle=tuple(band.middle.tolist()),
        high=tuple(band.high.tolist()),
        doubled=(float(doubled.low[0]), float(doubled.middle[0]), float(doubled.high[0])),
    )
