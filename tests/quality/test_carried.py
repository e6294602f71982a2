"""What a report still says after an edit: settled things go, the rest names the new rows."""

from dataclasses import replace

import numpy as np
import pytest

from tests.quality.planting import blurred
from tests.quality.test_report import ID, clouds, saved, scenes
from tl_core.datasets import edits, manifest
from tl_core.datasets.edits import DeleteClass, Exclude, Merge, Relabel, Rename
from tl_core.quality import report

NEW = "cd" * 12


def edited(dataset, change):
    made, _ = edits.apply(dataset, change, NEW)
    manifest.save(made, [])
    return made, edits.trace(dataset, change)


def carried(found, dataset, change):
    made, trace = edited(dataset, change)
    return report.carried(found, made, trace), made


@pytest.fixture
def troubled(home):
    """24 pictures: 3 and 10 are copies of 2, 9 is blurred, labels 5 and 12 are wrong."""
    images = scenes(24)
    images[3], images[10] = images[2], images[2]
    images[9] = blurred(images[9], 0.06)
    labels = [0] * 12 + [1] * 12
    truth = np.array(labels)
    labels[5], labels[12] = 1, 0
    labels[10] = 0
    dataset = saved(images, labels)
    found = report.inspect(dataset, clouds(truth), backbone="starter")
    assert {"duplicate", "mislabelled", "blurred"} <= {each.kind for each in found.findings}
    return dataset, found


def test_what_one_remedy_does_not_touch_stays_and_names_the_new_rows(troubled):
    dataset, found = troubled
    before = found.of("mislabelled")
    remedy = found.of("duplicate").remedy
    told, made = carried(found, dataset, Exclude(rows=remedy.rows))
    assert told.dataset == NEW and told.pictures == len(made) == 22
    assert told.of("duplicate") is None
    after = told.of("mislabelled")
    assert {made.names[each.row] for each in after.pictures} == {
        dataset.names[each.row] for each in before.pictures
    }
    assert after.remedy.edit == "relabel" and len(after.remedy.labels) == len(after.pictures)
    assert after.values["count"] == len(after.pictures)
    assert made.names[told.of("blurred").pictures[0].row] == "cat/9.png"


def test_labels_that_were_changed_are_settled(troubled):
    dataset, found = troubled
    doubted = found.of("mislabelled").pictures
    first = doubted[0]
    told, _ = carried(found, dataset, Relabel(rows=(first.row,), labels=(first.suggested,)))
    left = told.of("mislabelled")
    assert [each.row for each in left.pictures] == [each.row for each in doubted[1:]]
    assert told.of("duplicate").groups == found.of("duplicate").groups


def test_of_copies_what_is_left_is_counted_anew(troubled):
    dataset, found = troubled
    (group,) = found.of("duplicate").groups
    told, _ = carried(found, dataset, Exclude(rows=group[1:2]))
    assert told.of("duplicate").values["count"] == 1
    assert len(told.of("duplicate").remedy.rows) == 1


def test_doubts_between_classes_that_are_one_now_are_gone(troubled):
    dataset, found = troubled
    told, _ = carried(found, dataset, Merge(labels=(1,), into=0))
    assert told.of("mislabelled") is None
    assert told.of("blurred") is not None


def test_a_class_that_is_gone_takes_its_findings_along(troubled):
    dataset, found = troubled
    told, made = carried(found, dataset, DeleteClass(label=0))
    assert told.of("blurred") is None and told.of("mislabelled") is None
    assert made.classes == ("dog",)


def test_carried_leaks_and_copies_equal_those_of_a_fresh_look(home):
    images = scenes(12)
    images[3], images[7] = images[1], images[4]
    dataset = saved(images, [0, 1] * 6)
    found = report.inspect(dataset)
    made, trace = edited(dataset, Exclude(rows=(0, 8)))
    fresh = report.inspect(made)
    told = report.carried(found, made, trace)
    assert told.groups == fresh.groups
    for kind in ("duplicate", "near_duplicate", "two_classes", "leak"):
        assert told.of(kind) == fresh.of(kind)


def test_a_copied_folder_is_told_and_can_be_merged(home):
    images = scenes(10)
    labels = [0] * 6 + [1] * 4 + [2] * 5
    dataset = saved([*images, *images[:5]], labels, classes=("cat", "dog", "cat copy"))
    found = report.inspect(dataset)
    same = found.of("same_classes")
    assert same.text == "“cat copy” looks like a copy of “cat”: 5 of 5 are the same"
    assert same.remedy.edit == "merge" and same.remedy.labels == (2, 0)
    assert found.findings[0].kind in ("duplicate", "same_classes")
    told, made = carried(found, dataset, Merge(labels=(2,), into=0))
    assert told.of("same_classes") is None and told.of("two_classes") is None
    assert len(told.of("duplicate").remedy.rows) == 5, "now one of each can be kept"
    assert made.classes == ("cat", "dog")


def test_one_or_two_pictures_under_two_classes_are_no_copied_folder(home):
    images = scenes(10)
    dataset = saved([*images, *images[:2]], [0] * 5 + [1] * 5 + [1] * 2)
    found = report.inspect(dataset)
    assert found.of("same_classes") is None and found.of("two_classes") is not None


@pytest.mark.parametrize(
    "change",
    [
        Exclude(rows=(1, 4)),
        DeleteClass(label=0),
        Merge(labels=(0,), into=2),
        Merge(labels=(2, 1), into=0),
        Rename(label=1, name="hen"),
        Relabel(rows=(0,), labels=(2,)),
    ],
)
def test_a_trace_says_where_rows_and_classes_went(home, change):
    dataset = saved(scenes(6), [0, 1, 2, 0, 1, 2], classes=("cat", "dog", "cow"))
    dataset = replace(dataset, id=ID)
    made, trace = edited(dataset, change)
    for row, now in enumerate(trace.rows):
        assert now < 0 or made.names[now] == dataset.names[row]
    assert sorted(trace.rows[trace.rows >= 0]) == list(range(len(made)))
    if not isinstance(change, Relabel):
        stays = trace.rows >= 0
        now = made.labels[trace.rows[stays]]
        assert (trace.classes[dataset.labels[stays]] == now).all()
