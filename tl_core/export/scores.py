"""How good the app and an exported file are on the same pictures whose truth is known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tl_core.measures import intervals
from tl_core.measures.intervals import Interval
from tl_core.tasks.comparing import ByExample
from tl_core.tasks.task import Rules, Task


@dataclass(frozen=True, slots=True)
class Measured:
    """A mean with the ends of its 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Score:
    """One measure of the app's answers and of the file's, on the same pictures.

    Attributes:
        key: what it is called in files.
        title: what people are told that it is.
        is_share: whether it lies between 0 and 1 and is told in percent.
        pictures: on how many it rests.
        app, export: the measure for each.
    """

    key: str
    title: str
    is_share: bool
    pictures: int
    app: Measured
    export: Measured


def compare(
    task: Task,
    truth: np.ndarray,
    told: tuple[np.ndarray, np.ndarray],
    *,
    outputs: Sequence[str],
    rules: Rules,
    groups: np.ndarray | None = None,
) -> tuple[Score, ...]:
    """Measure two tables of answers against the truth, the headline's measure first.

    Args:
        task: what is answered.
        truth: (n, ...), as the task's `true_in` gives it.
        told: what the app and what the file answered, each float (n, outputs).
        outputs: names of what the model answers with.
        rules: of the model.
        groups: (n,), equal for pictures that belong together; None where none do.
    """
    if not len(truth):
        return ()
    app, export = (task.by_example(truth, each, outputs, rules) for each in told)
    return tuple(
        Score(
            ours.key,
            ours.title,
            ours.is_share,
            int(np.isfinite(ours.values).sum()),
            _measured(ours, groups),
            _measured(theirs, groups),
        )
        for ours, theirs in zip(app, export, strict=True)
        if np.isfinite(ours.values).any() and np.isfinite(theirs.values).any()
    )


def _measured(measure: ByExample, groups: np.ndarray | None) -> Measured:
    is_known = np.isfinite(measure.values)
    values = measure.values[is_known]
    belonging = None if groups is None else groups[is_known]
    if not measure.is_share:
        interval = intervals.bootstrap_mean(values, belonging)
    elif np.isin(values, (0, 1)).all():
        interval = intervals.share(values.astype(bool), belonging).interval
    else:  # what is missing to 1 has the long tail that the bootstrap follows
        missing = intervals.bootstrap_mean(1 - values, belonging)
        interval = Interval(max(0.0, 1 - missing.high), 1 - missing.low)
    return Measured(float(values.mean()), interval.low, interval.high)
