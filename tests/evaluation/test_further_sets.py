"""What is learnt from beside a data set is gathered by role; what cannot help is refused with what to do."""

import dataclasses

import numpy as np
import pytest

from tests.made import DATASET
from tests.methods.made import OTHER
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets import manifest
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION
from tl_core.evaluation import further_sets
from tl_core.intake import unlabelled
from tl_core.tasks import registry as tasks

CONFIG = TrainConfig()


@pytest.fixture
def target(made_dataset):
    return named(made_dataset(classes=3, each=24), ("ash", "birch", "cedar"))


def named(dataset, classes, **more):
    changed = dataclasses.replace(dataset, classes=classes, **more)
    manifest.save(changed)
    return changed


def refused(dataset, inputs, renamed=None):
    with pytest.raises(UserError) as error:
        further_sets.gathered(dataset, CONFIG, inputs, renamed or {})
    return error.value.code


def test_classes_are_matched_by_name_and_as_a_person_says(target, made_dataset):
    named(made_dataset(classes=4, each=8, identifier=OTHER, seed=5), ("Ash", "oak", "fir", "cedar"))
    found = further_sets.gathered(target, CONFIG, {"source": OTHER}, {"oak": "birch"})
    assert found.classes == {"Ash": "ash", "oak": "birch", "fir": "", "cedar": "cedar"}
    source = found.examples["source"]
    assert len(source) == 24 and set(np.array(source.names)[source.answers]) == set(target.classes)
    assert found.roles == {"source"}


def test_pictures_that_it_is_judged_by_are_left_out(target, made_dataset):
    other = made_dataset(classes=3, each=12, identifier=OTHER, seed=5)
    judged = target.hashes[target.splits != TRAIN][:4]
    hashes = other.hashes.copy()
    hashes[:4] = judged
    named(other, target.classes, hashes=hashes)
    found = further_sets.gathered(target, CONFIG, {"source": OTHER}, {})
    assert found.left_out == {"source": 4}
    assert not set(found.examples["source"].hashes) & set(judged)
    fewer = found.without("source", np.arange(32) < 5)
    assert fewer.left_out == {"source": 9} and len(fewer.examples["source"]) == 27
    with pytest.raises(UserError) as error:
        found.without("source", np.arange(32) < 30)
    assert error.value.code == "source-copies"


def test_what_cannot_help_is_refused(target, made_dataset):
    assert refused(target, {}) == "side-by-side-nothing"
    assert refused(target, {"source": DATASET}) == "source-same"
    strange = made_dataset(classes=3, each=6, identifier=OTHER, seed=5)
    named(strange, ("x", "y", "z"))
    assert refused(target, {"source": OTHER}) == "source-classes"
    assert refused(target, {"source": OTHER}, {"x": "ash"}) == "source-few"
    named(strange, target.classes)
    assert refused(target, {"source": OTHER}, dict.fromkeys(target.classes, "")) == (
        "source-classes-unused"
    )
    assert refused(target, {"unlabelled": OTHER}) == "side-by-side-nothing"
    numbers = made_dataset(each=6, identifier="5" * 24, values=True, seed=4)
    assert refused(target, {"source": numbers.id}) == "source-task"


def test_numbers_and_several_labels_are_refused_as_no_answer_is_right_as_a_whole(
    target, made_dataset
):
    numbers = made_dataset(each=24, identifier="5" * 24, values=True, seed=4)
    others = made_dataset(classes=3, each=12, identifier=OTHER, seed=6)
    shows = np.eye(3, dtype=bool)[target.labels]
    several = dataclasses.replace(target, labels=np.zeros_like(target.labels), shows=shows)
    manifest.save(several)
    for dataset in (numbers, several):
        for named in ({}, {"source": DATASET}, {"unlabelled": others.id}):
            with pytest.raises(UserError) as error:
                further_sets.gathered(dataset, CONFIG, named, {}, or_nothing=True)
            assert error.value.code == "side-by-side-task"
            assert str(tasks.of(dataset).sort) in error.value.message


def test_three_pictures_without_a_class_and_a_target_that_judges_nothing_are_refused(
    target, made_dataset
):
    few = made_dataset(classes=1, each=3, identifier=OTHER, seed=6)
    assert refused(target, {"unlabelled": few.id}) == "target-few"
    unlabelled.save(DATASET, unlabelled.Unlabelled(few.hashes, np.array(["a", "b", "c"], object)))
    assert refused(target, {"unlabelled": DATASET}) == "target-few"
    parts = np.where(target.splits == TEST, VALIDATION, target.splits).astype(np.int8)
    assert refused(named(target, target.classes, splits=parts), {}) == "side-by-side-few"
    alone = dataclasses.replace(target, labels=np.zeros_like(target.labels))
    assert refused(alone, {}) == "side-by-side-few"
