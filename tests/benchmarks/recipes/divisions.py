"""Divides the pictures of a set into training, validation and test part, class by class."""

import zlib
from typing import NamedTuple

import numpy as np

VALIDATION_SHARE, TEST_SHARE = 0.15, 0.2
MOST_TESTED, MOST_TESTED_OF_FEW = 640, 400
"""Test pictures at most; where few are learnt from, all others are left for testing."""


class Parts(NamedTuple):
    """Places of pictures, int (n,) each."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def divide(labels: np.ndarray, set_name: str, per_class: int, division: int) -> Parts:
    """Return the parts of one division, which depends on nothing but what is given.

    Args:
        labels: int (n,), the class of each picture of the set.
        set_name: decides, with the number, who goes where.
        per_class: how many of each class are learnt from, a fifth of them for validation; 0 divides
            all pictures.
        division: its number.
    """
    random = np.random.default_rng([zlib.crc32(set_name.encode()), division, per_class])
    train, validation, test = [], [], []
    for label in np.unique(labels):
        order = random.permutation(np.flatnonzero(labels == label))
        if per_class:
            tested, learnt = order[per_class:], order[:per_class]
            judged = max(1, per_class // 5)
        else:
            count = round(TEST_SHARE * len(order))
            tested, learnt = order[:count], order[count:]
            judged = round(VALIDATION_SHARE * len(order))
        validation.append(learnt[:judged])
        train.append(learnt[judged:])
        test.append(tested)
    most = MOST_TESTED_OF_FEW if per_class else MOST_TESTED
    shuffled = random.permutation(np.concatenate(test))[:most]
    return Parts(np.concatenate(train), np.concatenate(validation), shuffled)
