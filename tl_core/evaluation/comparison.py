"""Whether one model is better than another: a paired test on the test pictures that both were judged by.

What counts is a picture's content: runs on different versions of a data set are compared on the test
pictures that they have in common. Each picture is its own control, so that far smaller differences can be
told than by two intervals side by side.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tl_core.base.errors import UserError
from tl_core.datasets import goals, manifest
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TRAIN
from tl_core.measures import paired
from tl_core.measures.intervals import Interval
from tl_core.models import persist
from tl_core.tasks import registry
from tl_core.tasks.comparing import ByExample
from tl_core.tasks.task import Rules, Task
from tl_core.training import results

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class TestAnswers:
    """What a run's model answered for its test pictures.

    Attributes:
        task: what was asked.
        outputs: names of what it answers with.
        rules: of the model.
        pictures: hashes, (n,).
        names: file names, (n,).
        truth: (n, ...), as `Task.true_in` gives it.
        answers: (n, outputs).
        groups: by hash, for pictures that belong together.
        learnt: hashes of the pictures that it learnt from.
    """

    task: Task
    outputs: tuple[str, ...]
    rules: Rules
    pictures: np.ndarray
    names: np.ndarray
    truth: np.ndarray
    answers: np.ndarray
    groups: dict[str, int]
    learnt: frozenset[str]

    def at(self, rows: np.ndarray) -> Sequence[ByExample]:
        """Return the measures of some of the pictures, example by example."""
        return self.task.by_example(self.truth[rows], self.answers[rows], self.outputs, self.rules)

    def truths(self, rows: np.ndarray) -> list[Hashable]:
        """Return what is said of some of the pictures."""
        return self.task.truth_names(self.truth[rows], self.outputs)

    def fields(self, row: int) -> dict[str, Any]:
        """Return one answer as the fields of a `Prediction`."""
        return self.task.answer(self.outputs, self.answers[row], self.rules)


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure of two models on the same pictures.

    Attributes:
        key, title, is_share, higher_is_better: see `ByExample`.
        first: of the one model.
        second: of the other.
        interval: of `second` less `first`; None where the pictures are too few, or all of one group.
        probability: that chance alone parts the two so far (McNemar's exact test); None where another
            method told the interval.
        verdict: 1 where the second is better beyond doubt, -1 where the first is, else 0.
    """

    key: str
    title: str
    is_share: bool
    higher_is_better: bool
    first: float
    second: float
    interval: Interval | None
    probability: float | None
    verdict: int

    @property
    def gain(self) -> float:
        """Return `second` less `first`."""
        return self.second - self.first


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on the pictures that both were judged by.

    Attributes:
        differences: the headline's first.
        rows: of these pictures in the first run's answers and in the second's, int (n, 2).
        counts: how many test pictures each of the two has.
        learnt: pictures left out because one of the two had learnt from them.
        disputed: pictures left out because the two data sets say different things of them.
        groups: in how many groups the pictures come; as many as pictures where none belong together.
        comparisons: how many are made side by side; all their intervals hold together.
        both: pictures that both have right; None where answers are numbers.
        neither: likewise that none has right.
        won: places in `rows` where the second did better than the first, the clearest first.
        lost: where it did worse.
    """

    differences: tuple[Difference, ...]
    rows: np.ndarray
    counts: tuple[int, int]
    learnt: int
    disputed: int
    groups: int
    comparisons: int
    both: int | None
    neither: int | None
    won: np.ndarray
    lost: np.ndarray

    @property
    def headline(self) -> Difference:
        return self.differences[0]


def answers_of(folder: Path, dataset_id: str) -> TestAnswers:
    """Return what a run's model answered for its test pictures.

    Args:
        folder: the run's.
        dataset_id: what it learnt from; where that is gone, nothing is known of what it learnt from
            and of what belongs together.

    Raises:
        UserError: "nothing-judged" where it was judged on no test picture.
    """
    dataset = _dataset(dataset_id)
    described = _description(folder)
    table = results.read_predictions(folder)
    if not table or not (described or dataset):
        raise UserError(
            "nothing-judged",
            "This run was judged on no test pictures.",
            "Divide its pictures so that some are kept for the test, and train again.",
        )
    if described:
        task, outputs = registry.get(described.task), described.classes
    else:
        assert dataset is not None
        task = registry.of(dataset)
        outputs = task.outputs(dataset)
    columns = [table[f"{task.answer_prefix}{k}"].to_numpy() for k in range(len(outputs))]
    return TestAnswers(
        task,
        outputs,
        described.rules if described else Rules(),
        np.array(table["picture"].to_pylist()),
        np.array(table["name"].to_pylist(), object),
        task.true_in(lambda name: table[name].to_numpy(), len(outputs)),
        np.stack(columns, axis=1),
        _groups(dataset),
        frozenset(dataset.hashes[dataset.splits == TRAIN].astype(str).tolist())
        if dataset
        else frozenset(),
    )


def _dataset(dataset_id: str) -> Dataset | None:
    try:
        return manifest.load(dataset_id)
    except UserError:  # it was removed since
        return None


def _description(folder: Path) -> persist.Description | None:
    try:
        return persist.describe(folder / results.MODEL_DIR)
    except UserError:  # the model is gone; its answers are still there
        return None


def _groups(dataset: Dataset | None) -> dict[str, int]:
    """Return the group of each picture by its hash, nothing where none belong together."""
    groups = goals.belonging(dataset) if dataset else None
    if dataset is None or groups is None:
        return {}
    return dict(zip(dataset.hashes.astype(str).tolist(), groups.tolist(), strict=True))


def compare(
    first: TestAnswers,
    second: TestAnswers,
    comparisons: int = 1,
    *,
    confidence: float = CONFIDENCE,
) -> Comparison:
    """Hold the second model against the first.

    Args:
        first: what one run answered.
        second: what the other answered.
        comparisons: how many are made side by side. Each interval is made so wide that all of them hold
            the truth together in 95 of 100 cases (Bonferroni).
        confidence: in place of these 95.

    Raises:
        UserError: "not-comparable" where they answer different questions, or were judged by no common
            picture.
    """
    if first.task.kind != second.task.kind:
        raise UserError(
            "not-comparable",
            "These two runs learn different things: one {first}, the other {second}.",
            "Compare runs that learn the same.",
            first=first.task.sort,
            second=second.task.sort,
        )
    rows, learnt, disputed = _common(first, second)
    if not len(rows):
        raise UserError(
            "not-comparable",
            "These two runs were judged by no picture in common, so nothing can be concluded.",
            "Train both on the same version of the data set.",
        )
    groups = _together(first, second, first.pictures[rows[:, 0]])
    measured = _in_pairs(first.at(rows[:, 0]), second.at(rows[:, 1]))
    confidence = 1 - (1 - confidence) / comparisons
    ahead = _ahead(*measured[0])
    is_right = _right(*measured[0])
    return Comparison(
        tuple(_difference(one, other, groups, confidence) for one, other in measured),
        rows,
        (len(first.pictures), len(second.pictures)),
        learnt,
        disputed,
        len(rows) if groups is None else len(np.unique(groups)),
        comparisons,
        int(np.sum(is_right[0] & is_right[1])) if is_right else None,
        int(np.sum(~is_right[0] & ~is_right[1])) if is_right else None,
        _sorted(ahead),
        _sorted(-ahead),
    )


def _common(first: TestAnswers, second: TestAnswers) -> tuple[np.ndarray, int, int]:
    """Return the rows of common test pictures, and how many were left out as learnt or disputed."""
    place = {picture: row for row, picture in enumerate(second.pictures.tolist())}
    met: dict[str, tuple[int, int]] = {}
    for row, picture in enumerate(first.pictures.tolist()):
        if picture in place:
            met.setdefault(picture, (row, place[picture]))
    learnt = [picture for picture in met if picture in first.learnt or picture in second.learnt]
    for picture in learnt:
        del met[picture]
    rows = np.array(list(met.values()), np.int64).reshape(-1, 2)
    same = np.array(
        [
            one == other
            for one, other in zip(first.truths(rows[:, 0]), second.truths(rows[:, 1]), strict=True)
        ],
        bool,
    )
    return rows[same], len(learnt), int((~same).sum())


def _together(first: TestAnswers, second: TestAnswers, pictures: np.ndarray) -> np.ndarray | None:
    """Return the group of each picture, as either data set knows it; None where none belong together."""
    known = first.groups or second.groups
    if not known:
        return None
    groups = np.array([known.get(picture, -1 - row) for row, picture in enumerate(pictures)])
    return None if len(np.unique(groups)) == len(groups) else groups


def _in_pairs(
    first: Sequence[ByExample], second: Sequence[ByExample]
) -> list[tuple[ByExample, ByExample]]:
    """Return the measures that both have.

    Raises:
        UserError: "not-comparable" where there is none, or an answer is no number.
    """
    others = {each.key: each for each in second}
    pairs = [(each, others[each.key]) for each in first if each.key in others]
    if not pairs:
        raise UserError(
            "not-comparable",
            "These two runs answer with different numbers, so nothing can be compared.",
            "Compare runs that learn the same.",
        )
    if not all(np.isfinite(each.values).all() for pair in pairs for each in pair):
        raise UserError(
            "not-comparable",
            "One of these two runs has answers that are no numbers, so nothing can be compared.",
            "Train it again with a lower learning rate.",
        )
    return pairs


def _right(first: ByExample, second: ByExample) -> tuple[np.ndarray, np.ndarray] | None:
    """Return which pictures each has right, None where a picture is not simply right or wrong."""
    if not first.is_share or not np.isin((first.values, second.values), (0.0, 1.0)).all():
        return None
    return first.values > 0.5, second.values > 0.5


def _ahead(first: ByExample, second: ByExample) -> np.ndarray:
    """Return by how much the second does better on each picture."""
    apart = second.values - first.values
    return apart if first.higher_is_better else -apart


def _sorted(ahead: np.ndarray) -> np.ndarray:
    order = np.argsort(-ahead, kind="stable")
    return order[ahead[order] > 0]


def _difference(
    first: ByExample, second: ByExample, groups: np.ndarray | None, confidence: float
) -> Difference:
    apart = second.values - first.values
    probability = None
    is_counted = first.is_share and bool(np.isin(apart, (-1.0, 0.0, 1.0)).all())
    if is_counted and groups is None:
        better, worse = second.values > 0.5, first.values > 0.5
        probability = paired.mcnemar(better, worse)
        interval = _at_one(
            paired.share_difference(better, worse, confidence), probability < 1 - confidence
        )
    else:
        interval = paired.mean_difference(apart, groups, confidence)
    sure = interval is not None and (interval.low > 0 or interval.high < 0)
    sign = 0 if interval is None or not sure else (1 if interval.low > 0 else -1)
    return Difference(
        first.key,
        first.title,
        first.is_share,
        first.higher_is_better,
        float(first.values.mean()),
        float(second.values.mean()),
        interval,
        probability,
        sign if first.higher_is_better else -sign,
    )


def _at_one(interval: Interval, is_told: bool) -> Interval:
    """Return an interval that reaches to 0 where the exact test tells no difference.

    Near the edge of what can be told the two may part; they must not contradict each other.
    """
    return interval if is_told else Interval(min(interval.low, 0.0), max(interval.high, 0.0))
