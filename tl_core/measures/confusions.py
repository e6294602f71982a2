"""Which classes are taken for each other, from a confusion matrix: row the truth, column the answer."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Pair:
    """Two classes that are taken for each other.

    Attributes:
        first, second: the classes; `first` is mistaken at least as often as `second`.
        taken: how often `first` was taken for `second`.
        back: how often `second` was taken for `first`.
    """

    first: int
    second: int
    taken: int
    back: int


def hardest_pairs(confusion: np.ndarray, most: int) -> list[Pair]:
    """Return up to `most` pairs with the most mistakes in both directions together, the worst first.

    Args:
        confusion: int (classes, classes).
        most: how many pairs.
    """
    wrong = _mistakes(confusion)
    both = np.triu(wrong + wrong.T)
    rows, columns = np.nonzero(both)
    order = np.argsort(-both[rows, columns], kind="stable")[:most]
    found = []
    for one, other in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        first, second = (one, other) if wrong[one, other] >= wrong[other, one] else (other, one)
        found.append(Pair(first, second, int(wrong[first, second]), int(wrong[second, first])))
    return found


def most_confused(confusion: np.ndarray, most: int) -> list[int]:
    """Return up to `most` classes that most mistakes are about, in the order of their numbers.

    A mistake is about two classes: the true one and the one that was answered.
    """
    wrong = _mistakes(confusion)
    about = wrong.sum(axis=0) + wrong.sum(axis=1)
    order = np.argsort(-about, kind="stable")[:most]
    return sorted(int(index) for index in order if about[index])


def kinds_of_mistakes(confusion: np.ndarray) -> list[tuple[int, int]]:
    """Return every (truth, answer) that happened and is wrong, the commonest first."""
    wrong = _mistakes(confusion)
    rows, columns = np.nonzero(wrong)
    order = np.argsort(-wrong[rows, columns], kind="stable")
    return list(zip(rows[order].tolist(), columns[order].tolist(), strict=True))


def _mistakes(confusion: np.ndarray) -> np.ndarray:
    return confusion * ~np.eye(len(confusion), dtype=bool)
