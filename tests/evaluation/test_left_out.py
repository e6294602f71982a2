"""Each class in turn is left out of a detector and of a head, and its pictures are told from the others."""

import numpy as np
import pytest

from tests.measures.test_unknowns import pictures
from tl_core.base.errors import UserError
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION
from tl_core.evaluation import left_out
from tl_core.evaluation.left_out import Part

NAMES = ("ant", "bee", "cat", "dog")


def parts(classes=4, each=20, tested=12):
    return {
        TRAIN: Part(*pictures(classes, each)),
        VALIDATION: Part(*pictures(classes, 6, seed=1)),
        TEST: Part(*pictures(classes, tested, seed=2)),
    }


def test_classes_that_lie_apart_are_told_with_an_interval_and_refused():
    found = left_out.each(parts(), NAMES, has_learnt=True)
    assert [one.name for one in found] == list(NAMES)
    for one in found:
        assert (one.known, one.strangers) == (36, 12)
        assert one.low < one.area <= one.high and one.area > 0.95
        shares = [row["share"] for row in one.refused]
        assert shares == sorted(shares) and shares[-1] > 0.9


def test_a_class_that_is_like_another_is_not_told():
    """As if one class had two names: without the one, its pictures are those of the other."""
    alike = {}
    for part, each in parts().items():
        features, labels = each.features.copy(), each.labels
        features[labels == 3] = features[labels == 2] + 1e-3
        alike[part] = Part(features, labels)
    ant, _, _, dog = left_out.each(alike, NAMES, has_learnt=True)
    assert dog.area < ant.area - 0.15


def test_where_the_backbone_is_as_it_was_all_pictures_of_the_class_are_new_to_it():
    (first, *_) = left_out.each(parts(), NAMES, has_learnt=False)
    assert first.strangers == 20 + 6 + 12


def test_pictures_that_belong_together_make_the_interval_wider():
    plain = parts()
    tied = {
        part: Part(each.features, each.labels, np.arange(len(each.labels)) // 6 + 1000 * part)
        for part, each in plain.items()
    }
    alone = left_out.each(plain, NAMES, has_learnt=True)[0]
    together = left_out.each(tied, NAMES, has_learnt=True)[0]
    assert together.area == alone.area and together.low < alone.low


@pytest.mark.parametrize(
    ("labels", "classes"), [([], ()), ([0, 0, 1], ()), ([2, 0, 1, 2], (0, 1, 2))]
)
def test_too_few_classes_leave_nothing_to_be_told_apart(labels, classes):
    assert left_out.chosen(np.array(labels, int)) == classes


def test_of_many_classes_those_with_most_pictures_are_left_out():
    labels = np.repeat(np.arange(9), np.arange(9, 0, -1))
    assert left_out.chosen(labels) == (0, 1, 2, 3, 4, 5)


def test_nothing_is_told_of_a_class_whose_rest_is_too_little():
    few = parts(classes=3, each=1)
    few[TRAIN] = Part(few[TRAIN].features, few[TRAIN].labels)
    assert left_out.each(few, NAMES, has_learnt=True) == []


def test_strangers_whose_features_are_no_numbers_are_as_strange_as_can_be():
    detector = left_out.unknowns.fit(*pictures(4, 20), None, pictures(4, 9, seed=1)[0], None)
    told = left_out.compared("x", detector, np.zeros(5), np.full(4, np.nan))
    assert told.area == 1 and told.refused[-1]["share"] == 1
    with pytest.raises(UserError):
        left_out.compared("x", detector, np.zeros(0), np.zeros(3))
