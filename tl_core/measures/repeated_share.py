"""How far a share can be trusted that is the mean over repeats: each learnt from other pictures, all judged by the same.

Chosen by simulation, as those of `intervals`: Wilson on the number of groups held the truth 99 to 100 times in a
hundred, and was twice as wide as this one where ten pictures make a group.
"""

import math

import numpy as np

from tl_core.measures import intervals
from tl_core.measures.intervals import Interval


def interval(
    right: np.ndarray, groups: np.ndarray | None = None, confidence: float = 0.95
) -> Interval:
    """Return the interval of the share that is right, of other pictures and after learning from others.

    The variance over the pictures judged by, alike within their groups, and that over what is learnt from
    add up; each is as uncertain as the groups, or the repeats, are few. What a repeat differs by because
    of single pictures is in the first already and is taken from the second.

    Args:
        right: bool (repeats, n).
        groups: (n,), equal for pictures that belong together; None where none do.
        confidence: between 0 and 1.

    Returns:
        That of `intervals.share` for a single repeat.

    Reference:
        Zou & Donner 2008, Construction of confidence limits about effect measures: a general approach.
        Owen 2007, The pigeonhole bootstrap. arXiv:0712.1111.
    """
    repeats, count = right.shape
    if repeats < 2:
        return intervals.share(right[0], groups, confidence).interval
    often, each = right.mean(axis=0), right.mean(axis=1)
    mean, many = float(often.mean()), intervals.group_count(groups, count)
    alike, over_pictures = intervals.variance_of_mean(often, groups)
    alone = right - often - each[:, None] + mean
    noise = float((alone**2).sum()) / max(1, (count - 1) * (repeats - 1)) / (count * repeats)
    over_repeats = max(0.0, float(each.var(ddof=1)) / repeats - noise)
    variance = over_pictures + over_repeats
    if variance <= 0:  # all alike; the next group may still be otherwise
        return intervals.wilson(mean * many, many, confidence)
    squares = (
        intervals.quantile_of_groups(confidence, many, alike) ** 2 * over_pictures
        + intervals.student_quantile(confidence, repeats) ** 2 * over_repeats
    )
    trials = mean * (1 - mean) / variance
    return intervals.score_interval_of(mean, trials, math.sqrt(squares / variance))
