"""Answers that a person gave to single pictures become rows of a data set of the same task."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tl_core.base.errors import UserError
from tl_core.datasets.splits import UNSET
from tl_core.intake import known_answers
from tl_core.intake.known_answers import KnownAnswer
from tl_core.intake.listing import Listing

LISTING = Listing(pictures=[(name, Path(name)) for name in ("a.png", "b.png", "c.png")])


def test_a_class_that_stands_keeps_its_number_and_a_new_one_comes_last(made_dataset):
    base = made_dataset()
    answers = {
        "a.png": KnownAnswer(classes=(base.classes[1],)),
        "c.png": KnownAnswer(classes=("  a  new\none ",)),
    }
    found = known_answers.candidates(LISTING, base, answers)
    assert found.classes == (*base.classes, "a new one") and not found.targets
    assert [(one.name, one.label) for one in found.files] == [
        ("a.png", 1),
        ("c.png", len(base.classes)),
    ]
    assert all(one.part == UNSET for one in found.files)


def test_several_labels_or_none_at_all_may_be_right(made_dataset):
    plain = made_dataset()
    base = replace(plain, shows=np.zeros((len(plain), len(plain.classes)), bool))
    answers = {
        "a.png": KnownAnswer(classes=(base.classes[1], base.classes[0])),
        "b.png": KnownAnswer(),
    }
    found = known_answers.candidates(LISTING, base, answers)
    shows = found.answers(found.files)["shows"]
    assert found.shows_several and np.flatnonzero(shows[0]).tolist() == [0, 1]
    assert not shows[1].any()


def test_numbers_come_in_the_order_of_the_data_set(made_dataset):
    base = made_dataset(values=True)
    answers = {"a.png": KnownAnswer(numbers={base.targets[0]: 2.5})}
    found = known_answers.candidates(LISTING, base, answers)
    assert found.targets == base.targets
    assert found.answers(found.files)["values"].tolist() == [[2.5]]


@pytest.mark.parametrize("classes", [(), ("  ",), ("one", "two")])
def test_a_picture_of_one_class_needs_just_one(made_dataset, classes):
    with pytest.raises(UserError) as caught:
        known_answers.checked(KnownAnswer(classes=classes), made_dataset())
    assert caught.value.code == "class-name"


@pytest.mark.parametrize("numbers", [{}, {"price": float("nan")}, {"other": 3.0}])
def test_a_number_that_is_missing_or_none_is_refused(made_dataset, numbers):
    with pytest.raises(UserError) as caught:
        known_answers.checked(KnownAnswer(numbers=numbers), made_dataset(values=True))
    assert caught.value.code == "answer-number"
