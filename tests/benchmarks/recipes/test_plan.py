"""Cells come once each, and divisions share no picture."""

import numpy as np
import pytest

from tests.benchmarks.recipes import plan
from tests.benchmarks.recipes.divisions import divide

LABELS = np.repeat(np.arange(3), (50, 40, 30))


def test_every_cell_comes_once_and_names_a_recipe_that_there_is():
    cells = list(plan.cells(["photo", "sketch"], 17, 2))
    assert len(set(cells)) == len(cells)
    assert {cell.recipe for cell in cells} == set(plan.RECIPES)
    assert {cell.stages for cell in cells} == {0, 1, 3, 6, 8, 17}


def test_each_division_of_a_set_begins_with_its_exact_head():
    seen = set()
    for cell in plan.cells(["photo", "sketch"], 17, 2):
        place = (cell.set, cell.per_class, cell.division)
        assert place in seen or cell.recipe == plan.EXACT
        seen.add(place)


@pytest.mark.parametrize("per_class", [plan.ALL, plan.FEW])
@pytest.mark.parametrize("stages", [0, 1, 3, 6, 8, 17])
def test_what_is_recommended_is_compared_too(stages, per_class):
    found = {
        cell.recipe
        for cell in plan.cells(["photo"], 17, 1)
        if (cell.stages, cell.per_class) == (stages, per_class)
    }
    assert plan.recommended(stages, per_class) in found


@pytest.mark.parametrize("per_class", [plan.ALL, plan.FEW])
def test_the_parts_of_a_division_share_no_picture(per_class):
    parts = divide(LABELS, "photo", per_class, 0)
    together = np.concatenate(parts)
    assert len(np.unique(together)) == len(together) == len(LABELS)
    assert all(set(LABELS[part]) == {0, 1, 2} for part in parts)


def test_of_few_pictures_a_fifth_validates():
    parts = divide(LABELS, "photo", 20, 0)
    assert np.bincount(LABELS[parts.train]).tolist() == [16, 16, 16]
    assert np.bincount(LABELS[parts.validation]).tolist() == [4, 4, 4]


def test_a_division_is_always_the_same_and_another_one_differs():
    first, again, other = (divide(LABELS, "photo", 0, number) for number in (0, 0, 1))
    assert np.array_equal(first.test, again.test)
    assert not np.array_equal(first.test, other.test)
