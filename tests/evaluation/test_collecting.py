"""What more pictures would bring, for every task, and what is refused or left out in words."""

from dataclasses import replace

import numpy as np
import pytest

from tests.evaluation.test_accuracy_by_amount import clouds
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets import manifest
from tl_core.evaluation import collecting

PARTS = (0, 0, 0, 0, 1, 2)


def dataset_of(labels, **more):
    count = len(labels)
    return manifest.Dataset(
        **{
            "id": "0" * 24,
            "name": "made",
            "classes": tuple(f"class {k}" for k in range(int(labels.max()) + 1)),
            "targets": (),
            "hashes": np.array([f"{index:064x}" for index in range(count)]),
            "names": np.array([f"{index}.png" for index in range(count)], dtype=object),
            "labels": labels.astype(np.int32),
            "splits": np.array(PARTS)[np.arange(count) // 3 % len(PARTS)].astype(np.int8),
        }
        | more
    )


def tell(dataset, features, most_work=1e9, **more):
    plan = collecting.planned(dataset, most_work)
    asked = {"on_progress": lambda done: None, "should_stop": lambda: False} | more
    return plan, collecting.tell(dataset, TrainConfig(), features, plan, **asked)


@pytest.fixture(scope="module")
def classes():
    """Pictures of three classes that overlap, with what is told of them."""
    features, labels = clouds(each=80, spread=4.0)
    dataset = dataset_of(labels)
    done = []
    plan, found = tell(dataset, features, on_progress=done.append)
    return dataset, plan, found, done


def test_curve_and_gain_of_each_class_are_told(classes):
    dataset, plan, found, done = classes
    (curve,) = found.curves
    assert curve.amounts[-1] == found.used == found.learnt == (dataset.splits == 0).sum()
    assert curve.errors[0] > curve.errors[-1] and curve.doubled is not None
    low, middle, high = curve.doubled
    assert 0 <= low <= middle <= high and middle <= curve.now + 0.05
    assert curve.ahead[-1] == collecting.AHEAD * found.learnt
    assert {gain.label for gain in found.classes} == {0, 1, 2} and found.no_classes == ""
    assert done == sorted(done) and done[-1] == pytest.approx(plan.work, rel=0.1)


def test_a_small_test_part_is_helped_by_cross_validation(classes):
    found = classes[2]
    assert found.judged < collecting.TINY_TEST and found.folds is not None
    assert len(found.folds["scores"]) == collecting.FOLDS  # pyright: ignore[reportArgumentType]


def test_all_of_it_comes_back_from_json(classes):
    found = classes[2]
    told = found.model_dump_json()
    assert collecting.Collected.model_validate_json(told) == found


def test_in_percent_a_high_error_is_a_low_score(classes):
    curve = classes[2].curves[0]
    shown = collecting.in_percent(curve)
    assert shown.errors[0] == pytest.approx(100 * (1 - curve.errors[0]))
    assert shown.low <= shown.middle <= shown.high and shown.lowest[0] <= shown.highest[0]
    assert all(each >= 0 for each in [*shown.above, *shown.below])
    assert shown.powers[0] < np.log10(shown.marks[0]) and shown.marks == sorted(shown.marks)


def test_numbers_have_a_curve_each_in_their_own_unit():
    features, labels = clouds(each=60)
    values = np.column_stack([features[:, 0] * 100 + 500, features[:, 1]])
    numbers = dataset_of(labels * 0, classes=(), targets=("price", "rooms"), values=values)
    _, found = tell(numbers, features)
    price, rooms = found.curves
    assert price.errors[0] > price.errors[-1] and price.errors[0] > 20 * rooms.errors[0]
    assert price.doubled is not None and not found.classes and found.no_classes == "task"


def test_several_labels_are_told_by_their_mean_precision():
    features, labels = clouds(each=60)
    shows = np.column_stack([labels == 0, labels > 0, features[:, 0] > 0])
    several = dataset_of(labels, shows=shows, classes=("a", "b", "c"))
    _, found = tell(several, features)
    assert 0 <= found.curves[0].now < found.curves[0].errors[0] <= 1
    assert found.gain_of == "average_precision" and found.no_classes == ""
    assert {gain.label for gain in found.classes} == {0, 1, 2}


def refused(dataset, most_work=1e9):
    with pytest.raises(UserError) as caught:
        collecting.planned(dataset, most_work)
    return caught.value.code


def test_what_cannot_be_told_is_refused_in_words():
    _, labels = clouds(each=40)
    dataset = dataset_of(labels)
    assert refused(replace(dataset, splits=np.where(dataset.splits == 2, 0, dataset.splits))) == (
        "no-test-part"
    )
    assert refused(dataset_of(np.repeat([0, 1], 9))) == "too-few-to-draw"
    assert refused(dataset_of(labels * 0)) == "one-class"


def test_a_thousand_classes_are_bounded_and_said():
    dataset = dataset_of(np.arange(18000) % 1000, splits=np.array(PARTS * 3000, np.int8))
    plan = collecting.planned(dataset, 1.0)
    assert plan.no_classes == "many" and plan.trainings == 0
    assert plan.amounts.shares[-1] < 1 and plan.work <= 1.2
