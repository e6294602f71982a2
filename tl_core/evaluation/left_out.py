"""How well a model's detector tells what was never taught: each class in turn, as if it had not been, and others.

A detector is fitted without one class, and a head solved for without it, so that neither knows it. Then
its pictures are strangers, and the test pictures of the other classes are known. The backbone is the
model's own: where stages of it learnt, they have learnt from that class, too, and only its test pictures
are asked about.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tl_core.base.errors import UserError
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION
from tl_core.measures import intervals, ranking_curves, temperature, unknowns
from tl_core.measures.unknowns import CHOICES, Detector
from tl_core.tasks.closed_form import fit_softmax, softmax
from tl_core.training.unknown_pictures import MOST_LEARNT

MOST_CLASSES = 6
FEWEST_CLASSES = 3
"""Fewer leave one, or none, to tell apart without the one that is left out."""


@dataclass(frozen=True, slots=True)
class Told:
    """How well strangers were told from known test pictures.

    Attributes:
        name: of the class that was left out, or of where the strangers are from.
        known: how many known pictures were asked about.
        strangers: how many strangers.
        area: how often a stranger is stranger than a known picture, 0.5 by chance.
        low, high: its interval of 95 %.
        refused: for each of `CHOICES` the share of strangers that is refused, with `low` and `high`.
    """

    name: str
    known: int
    strangers: int
    area: float
    low: float
    high: float
    refused: tuple[dict[str, float], ...]

    def told(self) -> dict[str, Any]:
        """Return all of it as JSON can hold it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a split, every array in one order.

    Attributes:
        features: float (n, d), as the model sees them.
        labels: int (n,).
        groups: int (n,), equal for pictures that belong together in the whole data set; None where none do.
    """

    features: np.ndarray
    labels: np.ndarray
    groups: np.ndarray | None = None

    def only(self, chosen: np.ndarray) -> "Part":
        """Return the pictures where `chosen`, bool (n,), is true."""
        groups = None if self.groups is None else self.groups[chosen]
        return Part(self.features[chosen], self.labels[chosen], groups)


Parts = dict[int, Part]


def chosen(labels: np.ndarray, most: int = MOST_CLASSES) -> tuple[int, ...]:
    """Return the classes to be left out, those with most pictures where there are many; none of too few.

    Args:
        labels: int (n,), of the test pictures.
        most: classes at most.
    """
    counts = np.bincount(labels) if len(labels) else np.zeros(0, int)
    order = [at for at in np.argsort(-counts, kind="stable").tolist() if counts[at]]
    return tuple(sorted(order[:most])) if len(order) >= FEWEST_CLASSES else ()


def each(
    parts: Parts,
    names: Sequence[str],
    *,
    has_learnt: bool,
    on_class: Callable[[int, int], object] = lambda done, total: None,
) -> list[Told]:
    """Return what was found for each class that is left out; one whose rest is too little is missing.

    Args:
        parts: of a model that gives one class to each picture.
        names: of the classes.
        has_learnt: whether stages of the backbone learnt, so that only test pictures are new to it.
        on_class: told how many of how many classes are done.
    """
    classes, found = chosen(parts[TEST].labels), []
    for done, left in enumerate(classes):
        on_class(done, len(classes))
        try:
            found.append(_without(parts, left, names[left], has_learnt))
        except UserError:  # too few pictures are left to fit anything on
            continue
    return found


def _without(parts: Parts, left: int, name: str, has_learnt: bool) -> Told:
    learnt, judged, tested = (
        parts[part].only(parts[part].labels != left) for part in (TRAIN, VALIDATION, TEST)
    )
    spread = unknowns.spread(learnt.labels, MOST_LEARNT)
    learnt = Part(learnt.features[spread], learnt.labels[spread])
    doubts = _doubts(learnt, judged)
    detector = unknowns.fit(
        learnt.features,
        learnt.labels,
        doubts(learnt.features),
        judged.features,
        doubts(judged.features),
    )
    asked = (TEST,) if has_learnt else (TRAIN, VALIDATION, TEST)
    strangers = _joined([parts[part].only(parts[part].labels == left) for part in asked])
    return compared(
        name,
        detector,
        detector.score(tested.features, doubts(tested.features)),
        detector.score(strangers.features, doubts(strangers.features)),
        None
        if tested.groups is None or strangers.groups is None
        else np.concatenate([tested.groups, strangers.groups]),
    )


def _joined(parts: Sequence[Part]) -> Part:
    groups = [part.groups for part in parts]
    known = [each for each in groups if each is not None]
    return Part(
        np.concatenate([part.features for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate(known) if len(known) == len(groups) else None,
    )


def _doubts(learnt: Part, judged: Part) -> Callable[[np.ndarray], np.ndarray]:
    """Return how undecided a head is that was solved for on these pictures alone."""
    names, labels = np.unique(learnt.labels, return_inverse=True)
    if len(names) < 2:
        return lambda features: np.zeros(len(features))
    place = np.searchsorted(names, judged.labels).clip(max=len(names) - 1)
    is_known = names[place] == judged.labels
    held, truth = judged.features[is_known], place[is_known]
    validation = (held, truth) if len(held) else None
    head = fit_softmax(learnt.features, labels, len(names), validation=validation)
    divisor = temperature.of_classes(truth, softmax(head(held))) if len(held) else 1.0
    return lambda features: unknowns.doubt(temperature.tempered(softmax(head(features)), divisor))


def compared(
    name: str,
    detector: Detector,
    known: np.ndarray,
    strangers: np.ndarray,
    groups: np.ndarray | None = None,
) -> Told:
    """Return how well scores tell strangers, and which share of them is refused.

    Args:
        name: of the strangers.
        detector: that gave the scores.
        known: float (n,), of test pictures that it knows.
        strangers: float (m,), of what it does not.
        groups: int (n + m,), equal for pictures that belong together; None where none do.

    Raises:
        UserError: "detector-few" where nothing is there to be compared.
    """
    if not len(known) or not len(strangers):
        raise UserError(
            "detector-few",
            "There are too few pictures to compare what is known with what is not.",
            "Add more pictures and train again.",
        )
    is_strange = np.arange(len(known) + len(strangers)) >= len(known)
    scores = np.concatenate([known, strangers])
    # Features that are no numbers are as strange as can be.
    scores = np.nan_to_num(scores, nan=np.inf)
    area = ranking_curves.ranking(is_strange, scores, groups).auroc()
    own, shares = None if groups is None else groups[len(known) :], detector.share(strangers)
    return Told(
        name,
        len(known),
        len(strangers),
        area.value,
        area.interval.low,
        area.interval.high,
        tuple(_refused(detector.refuses(shares, careful), careful, own) for careful in CHOICES),
    )


def _refused(refused: np.ndarray, careful: float, groups: np.ndarray | None) -> dict[str, float]:
    told = intervals.share(refused, groups).interval
    share = float(refused.mean())
    return {"careful": careful, "share": share, "low": told.low, "high": told.high}
