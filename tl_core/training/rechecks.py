"""How far one split can be believed: a naive split's claim beside ours, and cross-validation.

Both solve for the exact linear head again, on features that are there already: seconds, not
trainings. They say what the data allow, not how good the fine-tuned model is.
"""

from typing import Any

import numpy as np

from tl_core.data import edits, splits
from tl_core.data.datasets import Dataset
from tl_core.data.splits import TEST, TRAIN, VALIDATION
from tl_core.training.task import Judge, Task, exact_head


def naive_claim(
    dataset: Dataset, task: Task, judge: Judge, features: np.ndarray
) -> dict[str, Any] | None:
    """Return what a split that ignores copies and groups would have claimed.

    Args:
        dataset: with its naive split.
        task: classes or numbers.
        judge: numbers from answers.
        features: float32 (n, d), a row for every picture of the data set.

    Returns:
        `score` of the exact head on the naive test part and `leaked`, the pictures that it would
        have been judged by although a copy was learnt from; None where nothing would have leaked.
    """
    # Older versions kept the number of the version that was divided.
    would_leak = dataset.moved if dataset.split is None else len(edits.leaked(dataset))
    if dataset.naive is None or not would_leak:
        return None
    score = _score(task, judge, features, dataset.naive)
    return None if score is None else {"score": score, "leaked": would_leak}


def cross_validated(
    dataset: Dataset, task: Task, judge: Judge, features: np.ndarray, count: int, seed: int
) -> dict[str, Any]:
    """Return the exact head's score on each of `count` folds, every picture judged once.

    Each fold is the test part once; the next one chooses the strength, the others are learnt
    from. Copies and groups share a fold.

    Returns:
        `scores`, one for each fold, their `mean`, and `spread`, their standard deviation.

    Reference:
        Kohavi 1995, A study of cross-validation and bootstrap for accuracy estimation. IJCAI.
    """
    strata = dataset.labels if dataset.values is None else splits.strata(dataset.values)
    together = edits.together(dataset, dataset.split or splits.Split.model_validate({}))
    fold = splits.folds(strata, together, count, seed)
    scores = []
    for tested in range(count):
        parts = np.full(len(fold), TRAIN, np.int8)
        parts[fold == (tested + 1) % count] = VALIDATION
        parts[fold == tested] = TEST
        score = _score(task, judge, features, parts)
        if score is not None:
            scores.append(score)
    if not scores:
        return {}
    return {
        "scores": scores,
        "mean": float(np.mean(scores)),
        "spread": float(np.std(scores, ddof=1)) if len(scores) > 1 else 0.0,
    }


def _score(task: Task, judge: Judge, features: np.ndarray, parts: np.ndarray) -> float | None:
    """Return the headline of the exact head on the test part; None where a part is empty."""
    rows = {part: np.flatnonzero(parts == part) for part in (TRAIN, VALIDATION, TEST)}
    if not len(rows[TRAIN]) or not len(rows[TEST]):
        return None
    head = exact_head(task, features, rows[TRAIN], rows[VALIDATION])
    told = task.told(head.of(features, rows[TEST]))
    return task.headline(task.summary(judge, rows[TEST], told))
