"""How far one split can be believed: a naive split's claim beside ours, and cross-validation.

Both solve for the exact linear head again, on features that are there already: seconds, not
trainings. They say what the data allow, not how good the fine-tuned model is.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from tl_core.datasets import division, splits
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION
from tl_core.methods.method import ExactHead
from tl_core.tasks import registry
from tl_core.tasks.closed_form import Linear
from tl_core.tasks.task import Goal, exact_head

CHOOSING = 5
"""One part in so many of those learnt from chooses the strength."""


def naive_claim(
    dataset: Dataset, goal: Goal, features: np.ndarray, solve: ExactHead = exact_head
) -> dict[str, Any] | None:
    """Return what a split that ignores copies and groups would have claimed.

    Args:
        dataset: with its naive split.
        goal: what is to be answered.
        features: float32 (n, d), a row for every picture of the data set.
        solve: for the head.

    Returns:
        `score` of the exact head on the naive test part and `leaked`, the pictures that it would
        have been judged by although a copy was learnt from; None where nothing would have leaked.
    """
    # Older versions kept the number of the version that was divided.
    would_leak = dataset.moved if dataset.split is None else len(division.leaked(dataset))
    if dataset.naive is None or not would_leak:
        return None
    score = _score(goal, features, dataset.naive, solve)
    return None if score is None else {"score": score, "leaked": would_leak}


def cross_validated(
    dataset: Dataset,
    goal: Goal,
    features: np.ndarray,
    count: int,
    seed: int,
    solve: ExactHead = exact_head,
) -> dict[str, Any]:
    """Return the exact head's score on each of `count` folds, every picture judged once.

    But those whose class nobody looked at: they are learnt from alone. Each fold is the test part once, and all others are learnt from. The strength is chosen within
    these, on a share of them; then the head is solved for again on all. Copies and groups share a
    fold.

    Args:
        dataset: its pictures.
        goal: what is to be answered.
        features: float32 (n, d), a row for every picture of the data set.
        count: folds, at least 2.
        seed: the same seed gives the same folds.
        solve: for the head.

    Returns:
        `scores`, one for each fold that could be judged, their `mean`, and `spread`, their
        standard deviation; empty when there are not two groups to be divided.

    Reference:
        Kohavi 1995, A study of cross-validation and bootstrap for accuracy estimation. IJCAI.
    """
    scores = []
    for judged, outputs in out_of_fold(dataset, goal, features, count, seed, solve):
        score = goal.headline(goal.summary(judged, goal.told(outputs)))
        if score is not None:
            scores.append(score)
    if not scores:
        return {}
    return {
        "scores": scores,
        "mean": float(np.mean(scores)),
        "spread": float(np.std(scores, ddof=1)) if len(scores) > 1 else 0.0,
    }


def out_of_fold(
    dataset: Dataset,
    goal: Goal,
    features: np.ndarray,
    count: int,
    seed: int,
    solve: ExactHead = exact_head,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield for each fold the pictures that it judges and what a head told of them that had not seen them.

    Args:
        dataset, goal, features, count, seed, solve: as for `cross_validated`.

    Yields:
        Indices, int (m,), and raw outputs, float32 (m, outputs). Folds that judge nothing, or leave
        nothing to learn from, are left out.
    """
    strata = registry.of(dataset).strata(dataset)
    together = division.together(dataset, dataset.split or splits.Split.model_validate({}))
    fold = splits.folds(strata, together, count, seed)
    may_judge = np.ones(len(dataset), bool) if dataset.unseen is None else ~dataset.unseen
    for tested in range(count):
        learnt = np.flatnonzero(fold != tested)
        judged = np.flatnonzero((fold == tested) & may_judge)
        if not len(learnt) or not len(judged):
            continue
        inner = splits.folds(strata[learnt], together[learnt], CHOOSING, seed) == 0
        l2 = None
        if inner.any() and not inner.all():
            l2 = solve(goal, features, learnt[~inner], learnt[inner]).l2
        head = solve(goal, features, learnt, judged[:0], l2)
        yield judged, head.of(features, judged)


def _score(
    goal: Goal, features: np.ndarray, parts: np.ndarray, solve: ExactHead = exact_head
) -> float | None:
    """Return the headline of the exact head on the test part; None where a part is empty."""
    rows = {part: np.flatnonzero(parts == part) for part in (TRAIN, VALIDATION, TEST)}
    if not len(rows[TRAIN]) or not len(rows[TEST]):
        return None
    head = solve(goal, features, rows[TRAIN], rows[VALIDATION])
    return _judged(goal, features, head, rows[TEST])


def _judged(goal: Goal, features: np.ndarray, head: Linear, rows: np.ndarray) -> float | None:
    """Return the headline of a head on some pictures."""
    return goal.headline(goal.summary(rows, goal.told(head.of(features, rows))))
