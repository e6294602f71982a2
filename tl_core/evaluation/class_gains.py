"""What some more pictures of each class would bring, told by what it costs to take some away.

Taking away from one class at a time would need several trainings a class. Here each training
takes away from half of the classes, so that every training tells of every class, and the halves
are chosen so that what one class costs does not count for another (Plackett and Burman's design,
and the same with all signs turned). Each effect is a mean over trainings for each test picture, so
that what chance of test pictures explains is known, too.

From what a loss of pictures costs follows what a gain brings by the law that the whole curve
follows: further out each picture brings less.

Reference:
    Plackett & Burman 1946, The design of optimum multifactorial experiments.
    Box, Hunter & Hunter 2005, Statistics for Experimenters, chapter 6 (foldover).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tl_core.encoding.encode import StoppedError
from tl_core.evaluation.accuracy_by_amount import Parts
from tl_core.measures import intervals
from tl_core.measures.power_law import COVERAGE
from tl_core.tasks.task import Goal, exact_head

MORE = 20
"""Pictures of a class that a person may collect in an hour."""
TRAININGS = 32
"""At least so many: what chance of draws leaves unsure is then less than what that of test pictures does."""
MOST_CLASSES = 63
"""More would need more than 128 trainings."""
LUCK = 0.75
"""Of the variance of one training: what the luck of two leaves unsure that share most of their pictures.

With a half, 40 of 48 intervals held what happened, 9 of the 12 of sets that it was not chosen on; with this 43, and 10."""
FEWEST_IN_CLASS = 4
"""Of fewer none can be taken away that a class could be without."""


@dataclass(frozen=True, slots=True)
class ClassGain:
    """What `MORE` pictures of one class would bring: in the mean, and to one training.

    Attributes:
        label: the class.
        learnt: how many pictures of it are learnt from.
        gain: of the accuracy on all test pictures, or of a label's own average precision, in shares, in the mean.
        low, high: between these it lies 8 times in 10 for one training, with its luck.
        is_sure: whether the mean is above 0 beyond what chance explains among so many classes.
        recall_gain: of the share of the class's own test pictures that are right; None without any.
        is_tied: whether it cannot be told apart from the class with the highest gain.
    """

    label: int
    learnt: int
    gain: float
    low: float
    high: float
    recall_gain: float | None
    is_sure: bool
    is_tied: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose gains are asked for, and how they are found.

    Attributes:
        goal: which class, or which labels, each example has.
        features: float32 (n, d).
        parts: who is learnt from and judges.
        together: (n,), equal for examples that are taken away together.
        l2: strength of the head.
        exponent: of the law by which errors fall.
        groups: int (n,), equal for test pictures that are right or wrong together; None where none are.
        seed: the same seed gives the same draws.
        on_progress: told the trainings that are done.
        should_stop: asked before each.
    """

    goal: Goal
    features: np.ndarray
    parts: Parts
    together: np.ndarray
    l2: float
    exponent: float
    groups: np.ndarray | None
    seed: int
    on_progress: Callable[[int], None]
    should_stop: Callable[[], bool]


def of_classes(asked: Asked, labels: np.ndarray) -> list[ClassGain]:
    """Return the gain of every class that has pictures enough, the highest first.

    Args:
        asked: of examples that have one class each.
        labels: int (n,), the class of each example.

    Raises:
        StoppedError: the person asked for it.
    """
    goal, features, parts = asked.goal, asked.features, asked.parts
    counts = np.bincount(labels[parts.learnt], minlength=int(labels.max()) + 1)
    classes = np.flatnonzero(counts >= FEWEST_IN_CLASS)
    random = np.random.default_rng([asked.seed, 6])
    signs, right = design(len(classes), random), []
    for number, stays in enumerate(signs > 0, start=1):
        if asked.should_stop():
            raise StoppedError
        learnt = _without(parts.learnt, labels, asked.together, classes[~stays], counts, random)
        head = exact_head(goal, features, learnt, parts.choosing[:0], asked.l2)
        answered = head.of(features, parts.judged).argmax(axis=1)
        right.append((answered == goal.answers(parts.judged)).astype(np.float64))
        asked.on_progress(number)
    judged = None if asked.groups is None else asked.groups[parts.judged]
    truth = labels[parts.judged]
    return _gains(classes, counts, signs, np.array(right), truth, asked.exponent, judged)


def trainings(classes: int) -> int:
    """Return how many trainings tell of so many classes."""
    both_signs = 2 * _columns(classes)
    return both_signs * max(1, TRAININGS // both_signs)


def design(classes: int, random: np.random.Generator) -> np.ndarray:
    """Return which classes keep all their pictures in each training, 1, or lose some, -1: (trainings, classes).

    Any two columns agree as often as they differ, and each has as many of both.
    """
    from scipy.linalg import hadamard

    table = hadamard(_columns(classes))
    repeats = trainings(classes) // (2 * len(table))
    blocks = []
    for _ in range(repeats):
        columns = 1 + random.permutation(len(table) - 1)[:classes]
        blocks += [table[:, columns], -table[:, columns]]
    return np.concatenate(blocks).astype(np.float64)


def _columns(classes: int) -> int:
    """Return the power of two above the number of classes, at least 4."""
    return max(4, 2 ** classes.bit_length())


def taken(count: int) -> int:
    """Return how many of a class's pictures are taken away: as many as are to come, at most half."""
    return min(MORE, count // 2)


def further(count: int, exponent: float) -> float:
    """Return what `MORE` further pictures bring, in what taking away `taken` of them costs."""
    now, less, more = (float(n) ** -exponent for n in (count, count - taken(count), count + MORE))
    return (now - more) / (less - now)


def _without(
    learnt: np.ndarray,
    labels: np.ndarray,
    together: np.ndarray,
    classes: np.ndarray,
    counts: np.ndarray,
    random: np.random.Generator,
) -> np.ndarray:
    """Return what is learnt from without some pictures of some classes, whole groups of them."""
    gone = np.zeros(len(learnt), bool)
    for label in classes:
        members = np.flatnonzero(labels[learnt] == label)
        most, left = taken(int(counts[label])), len(members)
        names, place = np.unique(together[learnt[members]].astype(str), return_inverse=True)
        for group in random.permutation(len(names)):
            inside = members[place == group]
            if len(members) - left >= most or left - len(inside) < 1:
                break
            gone[inside] = True
            left -= len(inside)
    return learnt[~gone]


def _gains(
    classes: np.ndarray,
    counts: np.ndarray,
    signs: np.ndarray,
    right: np.ndarray,
    truth: np.ndarray,
    exponent: float,
    groups: np.ndarray | None,
) -> list[ClassGain]:
    """Return the gains from a design and its outcome.

    Args:
        classes: int (k,).
        counts: int, pictures learnt from by class.
        signs: (trainings, k), -1 where a class lost pictures, else 1.
        right: (trainings, judged), 1 where a test picture was right, else 0.
        truth: int (judged,).
        exponent: see `Asked`.
        groups: (judged,) or None.
    """
    # Half the difference between with and without is what a sign tells.
    effects = 2 * signs.T @ right / len(signs)
    means = right.mean(axis=1)
    left = means - means.mean() - signs @ effects.mean(axis=1) / 2
    freedom = len(signs) - 1 - len(classes)
    of_training = float(left @ left) / freedom
    drawn = 4 * of_training / len(signs)
    factors = np.array([further(int(counts[label]), exponent) for label in classes])
    each, noise = effects * factors[:, None], drawn * factors**2
    gains = each.mean(axis=1)
    units = intervals.group_count(groups, right.shape[1])
    reach, beyond_chance = (
        # Of many classes one looks good by chance: to be sure, each has to be surer (Bonferroni).
        intervals.student_quantile(1 - (1 - COVERAGE) / among, min(units, freedom + 1))
        for among in (1, len(classes))
    )
    order = np.argsort(-gains, kind="stable")
    found = []
    for place in order:
        in_mean = _variance(each[place], groups) + noise[place]
        far = reach * math.sqrt(in_mean + LUCK * of_training)
        first = order[0]
        apart = _variance(each[first] - each[place], groups) + noise[first] + noise[place]
        own = truth == classes[place]
        found.append(
            ClassGain(
                label=int(classes[place]),
                learnt=int(counts[classes[place]]),
                gain=float(gains[place]),
                low=float(gains[place] - far),
                high=float(gains[place] + far),
                recall_gain=float(each[place][own].mean()) if own.any() else None,
                is_sure=bool(gains[place] > beyond_chance * math.sqrt(in_mean)),
                is_tied=bool(gains[first] - gains[place] <= reach * math.sqrt(apart)),
            )
        )
    return found


def _variance(values: np.ndarray, groups: np.ndarray | None) -> float:
    """Return the variance of the mean of what each test picture tells."""
    sizes, sums = intervals.totals(values, groups)
    return intervals.mean_and_error(sizes, sums)[1] ** 2 if len(sizes) > 1 else math.inf
