"""Where answers with numbers are off: in which direction, and how widely, for low and high answers."""

from dataclasses import dataclass

import numpy as np

PICTURES_EACH = 15
"""Fewer tell nothing of a spread."""
MOST_RANGES = 8
WITHIN = (0.1, 0.9)
"""Between these shares of the errors lies the band that is told: eight of ten."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How far off the answers of one range are, in the number's own unit.

    Attributes:
        first: the lowest answer.
        last: the highest.
        middle: of the errors, answer minus truth: above 0 where most are too high.
        low: below this lies one error of ten.
        high: above this lies one of ten.
        count: pictures.
    """

    first: float
    last: float
    middle: float
    low: float
    high: float
    count: int


def by_answer(predicted: np.ndarray, errors: np.ndarray) -> tuple[Spread, ...]:
    """Return the spread of errors for ranges of answers, the lowest first; nothing where there are too few.

    Ranges have as many pictures each. They are ordered by the answer, which is known of new pictures;
    ordered by the truth, the highest would always look as if they were answered too low.

    Args:
        predicted: float (n,), the answers.
        errors: float (n,), answer minus truth.
    """
    count = min(MOST_RANGES, len(predicted) // PICTURES_EACH)
    if count < 2 or not (np.isfinite(predicted).all() and np.isfinite(errors).all()):
        return ()
    order = np.argsort(predicted, kind="stable")
    return tuple(_spread(predicted[rows], errors[rows]) for rows in np.array_split(order, count))


def _spread(predicted: np.ndarray, errors: np.ndarray) -> Spread:
    low, middle, high = np.quantile(errors, (WITHIN[0], 0.5, WITHIN[1])).tolist()
    return Spread(float(predicted[0]), float(predicted[-1]), middle, low, high, len(errors))
