"""What refusing brings: the share of known examples that are answered, and how many of these are right."""

import numpy as np

from tl_core.measures import intervals

REFUSED = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5)
"""Shares of the examples that are refused, the strangest first."""


def curve(
    shares: np.ndarray, right: np.ndarray, groups: np.ndarray | None = None
) -> list[dict[str, float]]:
    """Return accuracy with its interval where the strangest examples are refused; nothing without any.

    Args:
        shares: float (n,), the share of known examples that are at least as strange.
        right: bool (n,), whether the answers are right.
        groups: (n,), equal for examples that belong together; None where none do.

    Reference:
        El-Yaniv & Wiener 2010, On the foundations of noise-free selective classification.
    """
    order = np.argsort(-shares, kind="stable")
    points = []
    for refused in REFUSED:
        answered = len(order) - round(refused * len(order))
        if not answered or (points and points[-1]["answered"] == answered):
            continue
        kept = order[:answered]
        interval = intervals.share(right[kept], None if groups is None else groups[kept]).interval
        points.append(
            {
                "refused": refused,
                "answered": answered,
                "accuracy": float(right[kept].mean()),
                "low": interval.low,
                "high": interval.high,
            }
        )
    return points
