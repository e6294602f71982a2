"""Which classes are taken for each other."""

import numpy as np

from tl_core.measures import confusions
from tl_core.measures.confusions import Pair

MATRIX = np.array(
    [
        [9, 1, 0, 0],
        [3, 5, 2, 0],
        [0, 1, 8, 0],
        [0, 0, 0, 4],
    ]
)


def test_the_hardest_pairs_count_both_directions_and_name_the_commoner_first():
    assert confusions.hardest_pairs(MATRIX, 3) == [Pair(1, 0, 3, 1), Pair(1, 2, 2, 1)]
    assert confusions.hardest_pairs(MATRIX, 1) == [Pair(1, 0, 3, 1)]


def test_the_most_confused_classes_stand_in_their_own_order_and_those_never_mistaken_stay_out():
    assert confusions.most_confused(MATRIX, 2) == [0, 1]
    assert confusions.most_confused(MATRIX, 9) == [0, 1, 2]
    assert confusions.most_confused(np.diag([2, 3]), 9) == []


def test_every_kind_of_mistake_is_told_the_commonest_first():
    assert confusions.kinds_of_mistakes(MATRIX) == [(1, 0), (1, 2), (0, 1), (2, 1)]


def test_nothing_was_mistaken_where_all_is_right_or_nothing_was_judged():
    for matrix in (np.diag([2, 3]), np.zeros((3, 3), int), np.zeros((1, 1), int)):
        assert confusions.hardest_pairs(matrix, 3) == [] == confusions.kinds_of_mistakes(matrix)
