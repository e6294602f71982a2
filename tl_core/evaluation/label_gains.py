"""What some more pictures of each label would bring, where pictures show several at once.

The exact head asks of each label alone whether a picture shows it. So what a label would lose without
some of its pictures is found by not counting these for that label, while they go on counting for all
others; and one training tells of all labels. How far that carries to further pictures is told by
the law of the curve, as in `class_gains`.
"""

import math

import numpy as np

from tl_core.encoding.encode import StoppedError
from tl_core.evaluation import class_gains
from tl_core.evaluation.class_gains import LUCK, Asked, ClassGain
from tl_core.measures import intervals
from tl_core.measures.average_precision import average_precision, moves
from tl_core.measures.power_law import COVERAGE
from tl_core.tasks import closed_form, one_against_rest, task

TRAININGS = 17
"""The first counts all pictures, the others leave some away."""
MOST_LABELS = 200
FEWEST_JUDGED = 5
"""Test pictures, or groups of these, that show a label: of fewer its average precision is mostly luck."""


def told_of(learnt: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """Return the labels that have pictures enough to learn from and to be judged by.

    Args:
        learnt: int (labels,), pictures of the training part that show each.
        judged: int (labels,), of the test part.
    """
    return np.flatnonzero((learnt >= class_gains.FEWEST_IN_CLASS) & (judged >= FEWEST_JUDGED))


def of_labels(asked: Asked) -> list[ClassGain]:
    """Return for every label that has pictures enough the gain of its own average precision, the highest first.

    Raises:
        StoppedError: the person asked for it.
    """
    goal, parts = asked.goal, asked.parts
    most = task.most_rows(goal, asked.features)
    learnt = parts.learnt[closed_form.spread(goal.answers(parts.learnt), most)]
    shows, truth = goal.answers(learnt), goal.answers(parts.judged)
    labels = told_of(shows.sum(axis=0), truth.sum(axis=0))
    random = np.random.default_rng([asked.seed, 7])
    units = np.unique(asked.together[learnt].astype(str), return_inverse=True)[1]
    scores = []
    for number in range(TRAININGS):
        if asked.should_stop():
            raise StoppedError
        counted = np.ones_like(shows)
        for label in labels if number else ():
            counted[_left_away(shows[:, label], units, random), label] = False
        head = one_against_rest.fit(
            asked.features[learnt], shows, (asked.l2,), overwrite=True, counted=counted
        )
        scores.append(head.of(asked.features, parts.judged))
        asked.on_progress(number + 1)
    judged = None if asked.groups is None else asked.groups[parts.judged]
    return _gains(labels, shows.sum(axis=0), truth, np.array(scores), asked.exponent, judged)


def _left_away(shows: np.ndarray, units: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return the rows of some pictures that show a label, whole groups of them; one stays at least."""
    members = np.flatnonzero(shows)
    most, gone = class_gains.taken(len(members)), np.zeros(len(members), bool)
    for unit in random.permutation(np.unique(units[members])):
        inside = units[members] == unit
        if gone.sum() >= most or gone.sum() + inside.sum() >= len(members):
            break
        gone |= inside
    return members[gone]


def _gains(
    labels: np.ndarray,
    counts: np.ndarray,
    truth: np.ndarray,
    scores: np.ndarray,
    exponent: float,
    groups: np.ndarray | None,
) -> list[ClassGain]:
    """Return the gains from what was answered.

    Args:
        labels: int (k,).
        counts: int (all labels,), pictures learnt from.
        truth: bool (judged, all labels).
        scores: float (trainings, judged, all labels), the first with all pictures.
        exponent: see `Asked`.
        groups: (judged,) or None.
    """
    if not len(labels):
        return []
    among = (1, len(labels))
    found = []
    for label in labels:
        shown, told = truth[:, label], scores[:, :, label]
        reached = np.array([average_precision(shown, each) for each in told], np.float64)
        moved = np.array([moves(shown, each) for each in told])
        factor = class_gains.further(int(counts[label]), exponent)
        gain = factor * float(reached[0] - reached[1:].mean())
        of_training = float(reached[1:].var(ddof=1))
        _, apart = intervals.totals(factor * (moved[0] - moved[1:].mean(axis=0)), groups)
        of_judged = intervals.variance_of(apart)
        # Where nothing moved the next picture that shows it may still do so.
        units = intervals.group_count(None if groups is None else groups[shown], int(shown.sum()))
        least = (factor / (units * (units + 2))) ** 2
        in_mean = max(of_judged, least) + factor**2 * of_training / (len(told) - 1)
        reach, beyond_chance = (
            intervals.student_quantile(1 - (1 - COVERAGE) / each, min(units, len(told) - 1))
            for each in among
        )
        far = reach * math.sqrt(in_mean + LUCK * of_training)
        found.append(
            (gain, far, in_mean, reach, bool(gain > beyond_chance * math.sqrt(in_mean)), int(label))
        )
    found.sort(key=lambda one: -one[0])
    first, _, first_mean, first_reach, *_ = found[0]
    return [
        ClassGain(
            label=label,
            learnt=int(counts[label]),
            gain=gain,
            low=gain - far,
            high=gain + far,
            recall_gain=None,
            is_sure=is_sure,
            is_tied=place == 0
            or first - gain <= max(first_reach, reach) * math.sqrt(first_mean + in_mean),
        )
        for place, (gain, far, in_mean, reach, is_sure, label) in enumerate(found)
    ]
