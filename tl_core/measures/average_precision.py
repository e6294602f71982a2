"""How well one label is ranked: average precision, and what each picture adds to it.

scikit-learn's average precision takes equal scores as one step, which flatters a model that gives
everything the same; and it does not say what a single picture adds, from which follows how certain
the number is. Without ties `tests/measures/test_against_libraries.py` finds them equal.
"""

import numpy as np

AT_ONCE = 2**20
"""Numbers that are worked out together, for memory's sake."""


def average_precision(truth: np.ndarray, scores: np.ndarray) -> float | None:
    """Return the mean of the precision at every true picture, ranked by score; None without any.

    Args:
        truth: bool (n,).
        scores: float (n,).

    Reference:
        Zhu 2004, Recall, precision and average precision.
    """
    if not truth.any():
        return None
    true = truth[_order(truth, scores)].astype(np.float64)
    precision = np.cumsum(true) / np.arange(1, len(true) + 1)
    return float((true * precision).sum() / true.sum())


def moves(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return by how much each picture, counted a little more, would move the average precision, float (n,).

    They sum to 0. The sum of their squares is the variance of the average precision (the
    infinitesimal jackknife); pictures that belong together are added up first.

    Args:
        truth: bool (n,), some are true.
        scores: float (n,).

    Reference:
        Jaeckel 1972, The infinitesimal jackknife. Bell Laboratories memorandum MM 72-1215-11.
    """
    order = _order(truth, scores)
    true = truth[order].astype(np.float64)
    places = np.arange(1, len(true) + 1)
    precision = np.cumsum(true) / places
    mean = (true * precision).sum() / true.sum()
    # A picture changes the precision at itself and at every true one behind it.
    share, lost = (
        np.cumsum((true * each / places)[::-1])[::-1] for each in (np.ones(len(true)), precision)
    )
    found = np.empty(len(true))
    found[order] = (true * (precision - mean + share) - lost) / true.sum()
    return found


def without_each(truth: np.ndarray, scores: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Return the average precision without each group of pictures, float (groups,), NaN where no true one is left.

    Args:
        truth: bool (n,).
        scores: float (n,).
        place: int (n,), the group of each picture, from 0.
    """
    order, count = _order(truth, scores), int(place.max()) + 1
    true, own = truth[order].astype(np.float64), place[order]
    found, block = np.empty(count), max(1, AT_ONCE // len(true))
    for start in range(0, count, block):
        groups = np.arange(start, min(start + block, count))
        stays = (own != groups[:, None]).astype(np.float64)
        hits = stays * true
        precision = np.cumsum(hits, axis=1) / np.maximum(np.cumsum(stays, axis=1), 1)
        with np.errstate(invalid="ignore"):
            found[groups] = (hits * precision).sum(axis=1) / hits.sum(axis=1)
    return found


def _order(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return the order by score; of equal scores the false come first: no order among them may flatter."""
    return np.lexsort((truth, -scores.astype(np.float64)))
