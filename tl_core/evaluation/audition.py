"""Which backbone suits a data set: a cross-validated linear probe on the features of each, held against one another.

Every picture of a sample is answered by heads that have not seen it, one for each way in which the sample
is cut into folds, so that backbones are compared picture by picture: far smaller differences can be told
than by intervals side by side. Several cuts, because one alone decides by luck between backbones that are
about as good: it moves each score by up to two points on a few hundred pictures. The sample holds nothing
of the test part.

Reference:
    Kim 2009, Estimating classification error rate: repeated cross-validation, repeated hold-out and
    bootstrap. Computational Statistics & Data Analysis 53.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets import goals, thinning
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TEST
from tl_core.measures import intervals, paired, transferability
from tl_core.measures.intervals import Interval
from tl_core.tasks import registry
from tl_core.tasks.task import Goal, Task
from tl_core.training import rechecks

MOST_PICTURES = 1000
FEWEST_EACH = 2
FOLDS = 5
REPEATS = 3
"""Ways in which the sample is cut into folds."""
NEIGHBOURS = 5
SEED = 0
CONFIDENCE = 0.95
SMALLEST = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """How well the features of one backbone, or of one depth of it, suit a data set.

    Attributes:
        name: of the backbone, or what else tells one from another.
        score: mean of `values`.
        low, high: its 95 % interval.
        headline: what runs of this task are compared by: accuracy, R² or mean average precision.
        neighbours: the same as `score` for the nearest neighbours.
        log_me, h_score, trans_rate, leep: see `measures.transferability`; None where they mean nothing
            or the backbone brings no head.
        varies: whether the features differ from picture to picture at all.
        width: numbers that describe a picture.
        values: float (REPEATS, pictures), for each cut into folds what each picture counts, in the order of
            the sample; None of what was read.
        surprise: mean negative log likelihood of what is true, in nats, of classes: who is less surprised
            comes first of those with equal scores. None of labels and numbers.
        ms_each: what the frozen part takes for a picture on this machine; None where not measured.
    """

    name: str
    score: float
    low: float
    high: float
    headline: float | None
    neighbours: float
    log_me: float | None
    h_score: float | None
    trans_rate: float | None
    leep: float | None
    varies: bool
    width: int
    values: np.ndarray | None = None
    surprise: float | None = None
    ms_each: float | None = None

    def timed(self, seconds_each: float) -> "Heard":
        """Return the same with what the frozen part takes for a picture."""
        return replace(self, ms_each=1000 * seconds_each)


@dataclass(frozen=True, slots=True)
class Place:
    """One of several in their order.

    Attributes:
        heard: what was found of it.
        behind_low, behind_high: interval of how much better the first is; (0, 0) for the first itself.
        is_tied: whether it cannot be told from the first.
    """

    heard: Heard
    behind_low: float
    behind_high: float
    is_tied: bool


@dataclass(frozen=True, slots=True)
class Audition:
    """All that were heard on one sample, the best first.

    Attributes:
        places: in order.
        task: by name.
        measure: what the headline is called.
        higher_is_better: of scores: they are shares of right answers; else errors, as shares of the
            error of always answering the middle.
        pictures: in the sample.
        of_pictures: that could have been in it.
        outputs: classes, labels or numbers in the sample.
        of_outputs: that the data set has.
        guess: the score of always answering the commonest, or the middle.
    """

    places: tuple[Place, ...]
    task: str
    measure: str
    higher_is_better: bool
    pictures: int
    of_pictures: int
    outputs: int
    of_outputs: int
    guess: float

    @property
    def tied(self) -> tuple[Place, ...]:
        """Return the first and those that cannot be told from it."""
        return tuple(place for place in self.places if place.is_tied)

    def told(self) -> dict[str, Any]:
        """Return everything but what each picture counts, as JSON can hold it."""
        places = [replace(place, heard=replace(place.heard, values=None)) for place in self.places]
        told = asdict(replace(self, places=tuple(places)))
        for place in told["places"]:
            place["heard"].pop("values")
        return told


def read(told: Mapping[str, Any]) -> Audition:
    """Return what `Audition.told` told."""
    places = tuple(Place(**{**place, "heard": Heard(**place["heard"])}) for place in told["places"])
    return Audition(**{**told, "places": places})


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """A sample of a data set, on which backbones are heard one after the other.

    Attributes:
        sample: its pictures, all of them to learn from.
        of_pictures, of_outputs: see `Audition`.
    """

    sample: Dataset
    of_pictures: int
    of_outputs: int

    @property
    def task(self) -> Task:
        return registry.of(self.sample)

    @property
    def goal(self) -> Goal:
        return goals.of(self.sample, np.arange(len(self.sample)), TrainConfig())

    def hear(
        self, name: str, features: np.ndarray, source_probabilities: np.ndarray | None = None
    ) -> Heard:
        """Return how well features suit the data set.

        Args:
            name: of what made them.
            features: float32 (n, d), a row for every picture of the sample.
            source_probabilities: what the backbone's own head answers, float (n, source classes), if
                it has one.

        Raises:
            UserError: "features-not-finite".
        """
        goal, task = self.goal, self.task
        told = [self._out_of_fold(goal, features, seed) for seed in range(REPEATS)]
        values = np.stack([self._values(one) for one in told])
        low, high = _interval(values, goals.belonging(self.sample))
        everyone = np.arange(len(self.sample))
        judged = [goal.headline(goal.summary(everyone, one)) for one in told]
        headlines = [one for one in judged if one is not None]
        of_classes = task.one_class_each
        labels, table = self.sample.labels, self._truth_table()
        return Heard(
            name=name,
            score=float(values.mean()),
            low=low,
            high=high,
            headline=float(np.mean(headlines)) if headlines else None,
            neighbours=float(self._values(self._by_neighbours(features, table)).mean()),
            log_me=transferability.log_me(features, _standardised(table)),
            h_score=transferability.h_score(features, labels) if of_classes else None,
            trans_rate=transferability.trans_rate(features, labels) if of_classes else None,
            leep=None
            if source_probabilities is None or not of_classes
            else transferability.leep(source_probabilities, labels),
            varies=bool(np.ptp(features, axis=0).max(initial=0) > 0),
            width=features.shape[1],
            values=values,
            surprise=self._surprise(np.mean(told, axis=0)) if of_classes else None,
        )

    def ranked(self, heard: Sequence[Heard]) -> Audition:
        """Return all in their order, with who cannot be told from the first.

        The first is held against each other one at a confidence that makes all the intervals hold
        together (Bonferroni).
        """
        sign = 1 if self._is_share() else -1
        ordered = sorted(heard, key=lambda each: (-sign * each.score, each.surprise or 0.0))
        groups = goals.belonging(self.sample)
        confidence = 1 - (1 - CONFIDENCE) / max(1, len(ordered) - 1)
        places = []
        for each in ordered:
            better = Interval(0.0, 0.0)
            if each is not ordered[0]:
                better = _behind(ordered[0], each, groups, confidence, sign)
            places.append(Place(each, better.low, better.high, better.low <= 0))
        return Audition(
            places=tuple(places),
            task=self.task.kind,
            measure=self.task.measure,
            higher_is_better=sign > 0,
            pictures=len(self.sample),
            of_pictures=self.of_pictures,
            outputs=len(self.goal.outputs),
            of_outputs=self.of_outputs,
            guess=float(self._values(self._guess()).mean()),
        )

    def _out_of_fold(self, goal: Goal, features: np.ndarray, seed: int) -> np.ndarray:
        """Return what heads tell that have not seen a picture, float (n, outputs), for one cut into folds."""
        told = np.zeros((len(self.sample), len(goal.outputs)))
        for judged, outputs in rechecks.out_of_fold(self.sample, goal, features, FOLDS, seed):
            told[judged] = goal.told(outputs)
        return told

    def _surprise(self, told: np.ndarray) -> float:
        """Return how unlikely the true classes are by probabilities (n, classes), in nats."""
        given = told[np.arange(len(told)), self._truth()]
        return float(-np.log(np.maximum(given, SMALLEST)).mean())

    def _is_share(self) -> bool:
        return self.task.by_example(
            self._truth(), self._guess(), self.goal.outputs, self.goal.rules
        )[0].is_share

    def _values(self, told: np.ndarray) -> np.ndarray:
        """Return what each picture counts: whether it was answered right, or how large its errors are."""
        truth, names, rules = self._truth(), self.goal.outputs, self.goal.rules
        measures = self.task.by_example(truth, told, names, rules)
        if measures[0].is_share:
            return measures[0].values
        guessed = self.task.by_example(truth, self._guess(), names, rules)
        shares = [
            one.values / max(float(other.values.mean()), SMALLEST)
            for one, other in zip(measures, guessed, strict=True)
        ]
        return np.mean(shares, axis=0)

    def _truth(self) -> np.ndarray:
        return self.task.truth(self.sample, np.arange(len(self.sample)))

    def _truth_table(self) -> np.ndarray:
        """Return what is true as float (n, outputs): ones and zeros for classes, numbers for numbers."""
        truth = self._truth()
        return np.eye(len(self.goal.outputs))[truth] if truth.ndim == 1 else truth.astype(float)

    def _guess(self) -> np.ndarray:
        """Return what always answering the commonest, or the middle, tells, float (n, outputs)."""
        truth = self._truth()
        if truth.ndim == 1:
            row = np.bincount(truth, minlength=len(self.goal.outputs)) / len(truth)
        else:
            row = np.median(truth, axis=0)
        return np.tile(row.astype(float), (len(truth), 1))

    def _neighbours(self) -> int:
        """Return how many are asked: no more than the rarest class has beside the picture itself."""
        if not self.task.one_class_each:
            return NEIGHBOURS
        return int(np.clip(np.bincount(self.sample.labels).min() - 1, 1, NEIGHBOURS))

    def _by_neighbours(self, features: np.ndarray, table: np.ndarray) -> np.ndarray:
        """Return the mean of what the nearest pictures show, the more alike the more it counts.

        Copies of a picture and what belongs to it are no neighbours of it.
        """
        centred = features - features.mean(axis=0, dtype=np.float64)
        lengths = np.linalg.norm(centred, axis=1, keepdims=True)
        unit = centred / np.maximum(lengths, SMALLEST)
        likeness = unit @ unit.T
        groups = goals.belonging(self.sample)
        groups = np.arange(len(unit)) if groups is None else groups
        likeness[groups[:, None] == groups] = -np.inf
        places = np.argsort(-likeness, axis=1, kind="stable")[:, : self._neighbours()]
        near = np.take_along_axis(likeness, places, axis=1)
        weights = np.where(np.isfinite(near), 1 + np.maximum(near, 0) / 100, 0)
        totals = weights.sum(axis=1, keepdims=True)
        told = np.einsum("nk,nkc->nc", weights, table[places]) / np.maximum(totals, SMALLEST)
        return np.where(totals > 0, told, table.mean(axis=0))


def stage(dataset: Dataset, most: int = MOST_PICTURES) -> Stage:
    """Draw the sample on which backbones are heard.

    Args:
        dataset: whole; its test part is never looked at.
        most: pictures.

    Raises:
        UserError: "audition-unlabelled" where nothing is known of the pictures, "audition-classes"
            where there are no two classes to tell apart, "audition-few" where there are too few
            pictures to learn from some and judge by others.
    """
    task = registry.of(dataset)
    if not len(dataset) or not task.outputs(dataset):
        raise UserError(
            "audition-unlabelled",
            "Nobody has said yet what these pictures show.",
            "Sort them into classes, or bring a table with numbers: backbones are compared by how well they tell.",
        )
    sample = thinning.sampled(dataset, most, SEED)
    sample = replace(sample, splits=np.zeros_like(sample.splits))
    if task.one_class_each:
        counts = np.bincount(sample.labels)
        if len(counts) < 2:
            raise UserError(
                "audition-classes",
                "There is only one class with pictures to learn from.",
                "Add pictures of something else: backbones are compared by how well they tell classes apart.",
            )
        if np.sum(counts >= FEWEST_EACH) < 2:
            raise _too_few(len(sample))
    if len(sample) < 2 * FOLDS:
        raise _too_few(len(sample))
    known = int(np.sum(dataset.splits != TEST))
    return Stage(sample, known, len(task.outputs(dataset)))


def _too_few(count: int) -> UserError:
    return UserError(
        "audition-few",
        "There are too few pictures to compare backbones by: {count}, the test part left out.",
        "Add pictures: {each} of every class and {total} in all at least; 20 of every class tell more.",
        count=count,
        each=FEWEST_EACH,
        total=2 * FOLDS,
    )


def _interval(values: np.ndarray, groups: np.ndarray | None) -> tuple[float, float]:
    """Return the interval of a mean: in the mean over cuts, as each judges the same pictures once."""
    if _is_right_or_wrong(values):
        found = [intervals.share(one.astype(bool), groups, CONFIDENCE).interval for one in values]
    else:
        found = [intervals.bootstrap_mean(one, groups, CONFIDENCE) for one in values]
    return float(np.mean([one.low for one in found])), float(np.mean([one.high for one in found]))


def _behind(
    first: Heard, other: Heard, groups: np.ndarray | None, confidence: float, sign: int
) -> Interval:
    """Return the interval of how much better the first of two is on the same pictures, cut alike."""
    one, two = first.values, other.values
    if one is None or two is None:
        raise ValueError(
            "what was read cannot be ranked anew: what each picture counts is not kept"
        )
    apart = sign * (one - two)
    return paired.repeated_difference(apart, groups, confidence) or Interval(-1.0, 1.0)


def _is_right_or_wrong(values: np.ndarray) -> bool:
    return bool(np.isin(values, (0.0, 1.0)).all())


def _standardised(table: np.ndarray) -> np.ndarray:
    """Return numbers with mean 0 and deviation 1; ones and zeros as they are."""
    if np.isin(table, (0.0, 1.0)).all():
        return table
    spread = table.std(axis=0)
    return (table - table.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
