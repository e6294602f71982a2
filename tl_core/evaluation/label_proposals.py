"""Propose a class for pictures that have none, from features and from the classes that there are.

Two ways of looking speak, the exact head and the labels of the nearest pictures. Where both say the
same, and were right on labelled pictures that they did not know, a proposal is sure. So the
evidence beside the proposals is measured on the very pictures that they learn from, each judged
without itself and without its copies.

Measured on all other pictures of a set (litter of 6 classes with features of the starter, mean of 5
draws; 10 hand signs with those of EfficientNet-Lite0, mean of 3; `tests/benchmarks/test_label_proposals.py`
prints more):

    labelled pictures a class           litter 5     10     20   signs 5     10
    all proposals: right                    0.50   0.60   0.65      0.65   0.76
    sure: share of all                      0.01   0.05   0.14      0.05   0.35
    sure: right                             0.94   0.96   0.94      0.96   0.97

With few labels probabilities are held back, so that little is sure rather than wrong.

Imports nothing but NumPy and SciPy.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from tl_core.base.errors import UserError
from tl_core.base.said import counted
from tl_core.datasets import splits
from tl_core.evaluation import neighbours
from tl_core.measures import temperature, unknowns
from tl_core.tasks import closed_form
from tl_core.tasks.closed_form import fit_softmax, softmax, softmax_heads

Doubt = Literal["sure", "fair", "ask", "strange"]
DOUBTS: tuple[Doubt, ...] = get_args(Doubt)
"""How far a proposal may be believed; "strange" is like nothing that has a class."""
SURE, FAIR, ASK, STRANGE = range(len(DOUBTS))
SURE_FROM, FAIR_FROM = 0.9, 0.6
"""Probabilities from which a proposal that both ways agree on is sure, or fair."""
NEIGHBOURS = 5
AT_ONCE = 1024
"""Pictures whose neighbours are looked for together."""
VOTE_FLOOR = 0.1
"""What a class counts that no neighbour has: the head may be right alone."""
SHARPNESS = 12.0
"""By how much the cosine of a neighbour counts: one that is 0.1 more alike counts three times."""
FOLDS, FOLDS_OF_FEW, FEW = 5, 10, 200
"""Into so many folds labelled pictures are cut; where they are few, into more, so that fewer miss."""
MOST_LEARNT = 3000
"""Labelled pictures that proposals learn from, each class in its share; more say little that is new."""
STRANGE_SHARE = 0.02
"""Share of labelled pictures that are taken to be strange."""
PATH = (1.0, 0.1, 0.01, 0.001)


@dataclass(frozen=True, slots=True, eq=False)
class Proposals:
    """What pictures without a class may be.

    Attributes:
        labels: int (n,), the class proposed for each.
        probabilities: float64 (n, classes), rows that sum to 1.
        doubts: int (n,), index into `DOUBTS`.
        checked: bool (m,), for labelled pictures that would have been sure without their own label:
            whether the proposal was right.
        checked_groups: int (m,), equal for those that belong together.
        fairly_checked: bool (k,), the same for those that would have been fair.
        fairly_checked_groups: int (k,).
    """

    labels: np.ndarray
    probabilities: np.ndarray
    doubts: np.ndarray
    checked: np.ndarray
    checked_groups: np.ndarray
    fairly_checked: np.ndarray
    fairly_checked_groups: np.ndarray


def propose(
    known: np.ndarray,
    labels: np.ndarray,
    classes: int,
    asked: np.ndarray,
    groups: np.ndarray | None = None,
) -> Proposals:
    """Return what pictures without a class may be.

    Args:
        known: float (n, d), features of labelled pictures.
        labels: int (n,), 0 to classes - 1; a class without pictures is never proposed.
        classes: number of classes.
        asked: float (m, d), features of pictures without a class.
        groups: int (n,), equal for labelled pictures that belong together; None where none do.

    Raises:
        UserError: "propose-few" with fewer than two classes that have pictures, or where no class
            has two; "features-not-finite".

    Reference:
        Pise & Kulkarni 2008, A survey of semi-supervised learning methods (self-training on sure
        answers); Blum & Mitchell 1998, Combining labeled and unlabeled data with co-training.
    """
    groups = np.arange(len(labels)) if groups is None else groups
    require_enough(labels, groups)
    if not (np.isfinite(known).all() and np.isfinite(asked).all()):
        raise closed_form.not_finite()
    chosen = closed_form.spread(labels, MOST_LEARNT)
    known, labels, groups = known[chosen].astype(np.float32), labels[chosen], groups[chosen]
    present, numbers = np.unique(labels, return_inverse=True)
    held = _held_out(known, numbers, len(present), groups)
    head = fit_softmax(known, numbers, len(present), (held.strength,))
    seen = _seen(softmax(head(asked)), _votes(known, numbers, len(present), asked))
    found = _judged(seen, held.divisor)
    detector = _detector(known, numbers, held)
    if detector is not None:
        strange = detector.share(detector.score(asked, unknowns.doubt(found.probabilities)))
        found.doubts[detector.refuses(strange)] = STRANGE
    right = held.judged.labels == numbers
    sure, fair = held.judged.doubts == SURE, held.judged.doubts == FAIR
    wide = np.zeros((len(asked), classes))
    wide[:, present] = found.probabilities
    return Proposals(
        labels=present[found.labels],
        probabilities=wide,
        doubts=found.doubts,
        checked=right[sure],
        checked_groups=groups[sure],
        fairly_checked=right[fair],
        fairly_checked_groups=groups[fair],
    )


def require_enough(labels: np.ndarray, groups: np.ndarray) -> None:
    """Refuse labels that nothing can be proposed from.

    Args:
        labels: int (n,), of labelled pictures that may be learnt from.
        groups: (n,), equal for those that belong together.

    Raises:
        UserError: "propose-few".
    """
    classes = np.unique(labels)
    if len(classes) < 2:
        raise UserError(
            "propose-few",
            counted(
                "Only {count} class has pictures to learn from, so nothing can be told apart.",
                "{count} classes have pictures to learn from, so nothing can be told apart.",
                len(classes),
            ),
            "Bring a few pictures of at least two classes, and add these again.",
        )
    each = [len(np.unique(groups[labels == label])) for label in classes]
    if max(each) < 2:
        raise UserError(
            "propose-few",
            "No class has two pictures that were taken independently, so nobody can say how good "
            "proposals would be.",
            "Give some pictures a class by hand: two or more for each class, not copies of one.",
        )


def worth_asking(found: Proposals) -> np.ndarray:
    """Return the rows that a person is to be asked about, one by one: those that nothing else decides."""
    return np.flatnonzero(found.doubts == ASK)


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """What pictures are said to be: classes (n,), probabilities (n, classes), doubts (n,)."""

    labels: np.ndarray
    probabilities: np.ndarray
    doubts: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """What labelled pictures were said to be by others alone, and what was chosen by that.

    Attributes:
        strength: of the head.
        divisor: by which answers are as sure as they are right.
        judged: every labelled picture, without itself.
    """

    strength: float
    divisor: float
    judged: _Judged


def _held_out(known: np.ndarray, labels: np.ndarray, classes: int, groups: np.ndarray) -> _Held:
    count = min(FOLDS_OF_FEW if len(labels) <= FEW else FOLDS, len(np.unique(groups)))
    fold = splits.folds(labels.astype(np.int32), groups.astype(str), count, 0)
    rows = np.arange(len(labels))
    votes = np.zeros((len(labels), classes))
    tried = {strength: np.zeros((len(labels), classes)) for strength in PATH}
    for out in range(count):
        left, asked = fold != out, fold == out
        if not left.any() or not asked.any():
            continue
        votes[asked] = _votes(known[left], labels[left], classes, known[asked])
        for head in softmax_heads(known[left], labels[left], classes, PATH):
            tried[head.l2][asked] = softmax(head(known[asked]))

    def loss(strength: float) -> float:
        given = tried[strength][rows, labels]
        return float(-np.log(np.maximum(given, temperature.SMALLEST)).mean())

    strength = min(PATH, key=loss)
    seen = _seen(tried[strength], votes)
    both = seen.agree
    divisor = temperature.of_classes(labels[both], seen.mixed[both], len(np.unique(groups[both])))
    return _Held(strength, divisor, _judged(seen, divisor))


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What both ways say together, float (n, classes), and whether they agree, bool (n,).

    Where they agree one bears the other out, so their probabilities are multiplied; where they do not,
    neither is to be believed, and the mean of both leaves it open between them.
    """

    mixed: np.ndarray
    agree: np.ndarray


def _seen(answers: np.ndarray, votes: np.ndarray) -> _Seen:
    agree = answers.argmax(axis=1) == votes.argmax(axis=1)
    borne_out = answers * (votes + VOTE_FLOOR)
    borne_out /= borne_out.sum(axis=1, keepdims=True)
    return _Seen(np.where(agree[:, None], borne_out, (answers + votes) / 2), agree)


def _judged(seen: _Seen, divisor: float) -> _Judged:
    agree = seen.agree[:, None]
    told = np.where(agree, temperature.tempered(seen.mixed, divisor), seen.mixed)
    best = told.max(axis=1)
    doubts = np.full(len(told), ASK)
    doubts[seen.agree & (best >= FAIR_FROM)] = FAIR
    doubts[seen.agree & (best >= SURE_FROM)] = SURE
    return _Judged(told.argmax(axis=1), told, doubts)


def _votes(known: np.ndarray, labels: np.ndarray, classes: int, asked: np.ndarray) -> np.ndarray:
    """Return what the nearest labelled pictures say, float64 (n, classes), rows that sum to 1."""
    votes = np.zeros((len(asked), classes))
    for start in range(0, len(asked), AT_ONCE):
        near = neighbours.nearest(known, asked[start : start + AT_ONCE], NEIGHBOURS)
        weights = np.exp(SHARPNESS * (near.likeness - near.likeness[:, :1]))
        rows = start + np.arange(len(weights))
        for place in range(weights.shape[1]):
            np.add.at(votes, (rows, labels[near.places[:, place]]), weights[:, place])
    return votes / votes.sum(axis=1, keepdims=True)


def _detector(known: np.ndarray, labels: np.ndarray, held: _Held) -> unknowns.Detector | None:
    """Return what tells pictures like nothing that has a class; None where too few are known."""
    doubts = unknowns.doubt(held.judged.probabilities)
    try:
        found = unknowns.fit(known, labels, doubts, known[:0], doubts[:0])
    except UserError:
        return None
    return found.taking(STRANGE_SHARE)
