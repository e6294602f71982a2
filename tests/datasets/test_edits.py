"""Edits: what stays, what goes, what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import TypeAdapter

from tl_core.base.errors import UserError
from tl_core.datasets import edits
from tl_core.datasets.edits import (
    DeleteClass,
    Exclude,
    Merge,
    NewClass,
    Relabel,
    Rename,
    SplitAgain,
)
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import Split

NEW = "f" * 24


def made(count: int = 12, **more) -> Dataset:
    return Dataset(
        id="a" * 24,
        name="shapes",
        classes=("round", "square", "star"),
        targets=(),
        hashes=np.array([f"{row:064x}" for row in range(count)]),
        names=np.array([f"{row}.png" for row in range(count)], dtype=object),
        labels=np.arange(count, dtype=np.int32) % 3,
        splits=(np.arange(count) // 3 % 3).astype(np.int8),
        facts={"width": np.full(count, 8, np.int32), "height": np.full(count, 8, np.int32)},
        **more,
    )


def test_a_class_gets_another_name_and_nothing_else_changes():
    before = made()
    after, history = edits.apply(before, Rename(label=1, name="  a   box "), NEW)
    assert (after.id, after.classes) == (NEW, ("round", "a box", "star"))
    assert history == "Renamed “square” to “a box”."
    assert np.array_equal(after.labels, before.labels)
    assert before.classes[1] == "square"


@pytest.mark.parametrize("name", ["", "  ", "star"])
def test_a_name_that_is_empty_or_taken_is_refused(name):
    for edit in (Rename(label=1, name=name), NewClass(rows=(1,), name=name)):
        with pytest.raises(UserError) as refused:
            edits.apply(made(), edit, NEW)
        assert refused.value.code == "class-name"


def test_merged_classes_become_one_and_pictures_keep_their_part():
    before = made()
    after, history = edits.apply(before, Merge(labels=(0, 2), into=2), NEW)
    assert after.classes == ("square", "star")
    assert after.labels.tolist() == [1, 0, 1] * 4
    assert np.array_equal(after.splits, before.splits)
    assert history == "Merged “round” into “star”."


def test_a_deleted_class_takes_its_pictures_along_in_every_column():
    before = made(twins=np.arange(12, dtype=np.int32), naive=np.zeros(12, np.int8))
    after, history = edits.apply(before, DeleteClass(label=0), NEW)
    assert after.classes == ("square", "star")
    assert after.labels.tolist() == [0, 1] * 4
    assert after.names.tolist() == [f"{row}.png" for row in range(12) if row % 3]
    assert after.twins is not None and after.twins.tolist() == [row for row in range(12) if row % 3]
    assert after.naive is not None and len(after.naive) == 8
    assert history == "Left out the class “round” with its 4 pictures."


def test_pictures_move_to_the_class_given_for_each():
    after, history = edits.apply(made(), Relabel(rows=(0, 5), labels=(2, 0)), NEW)
    assert after.labels.tolist() == [2, 1, 2, 0, 1, 0, *[0, 1, 2] * 2]
    assert history == "Moved 2 pictures to 2 other classes."
    _, history = edits.apply(made(), Relabel(rows=(0,), labels=(2,)), NEW)
    assert history == "Moved 1 picture to “star”."


def test_pictures_move_to_a_class_that_is_made_for_them():
    before = made()
    after, history = edits.apply(before, NewClass(rows=(0, 4), name="  a   heart "), NEW)
    assert after.classes == ("round", "square", "star", "a heart")
    assert after.labels.tolist() == [3, 1, 2, 0, 3, 2, *[0, 1, 2] * 2]
    assert np.array_equal(after.splits, before.splits)
    assert history == "Moved 2 pictures to the new class “a heart”."


def test_pictures_left_out_twice_are_left_out_once():
    after, history = edits.apply(made(), Exclude(rows=(3, 0, 3)), NEW)
    assert len(after) == 10
    assert after.names[0] == "1.png"
    assert history == "Left out 2 pictures."


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (Exclude(rows=(12,)), "edit-rows"),
        (Exclude(rows=(-1,)), "edit-rows"),
        (Exclude(rows=tuple(range(12))), "nothing-left"),
        (NewClass(rows=(12,), name="heart"), "edit-rows"),
        (Relabel(rows=(0,), labels=(3,)), "edit-class"),
        (Relabel(rows=(0, 1), labels=(1,)), "edit-rows"),
        (Merge(labels=(1,), into=1), "edit-class"),
        (Rename(label=7, name="x"), "edit-class"),
        (SplitAgain(split=Split.model_validate({}), twins=(1, 2)), "edit-rows"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_way_out(change, code):
    with pytest.raises(UserError) as refused:
        edits.apply(made(), change, NEW)
    assert refused.value.code == code
    assert refused.value.hint


def test_divided_anew_copies_stand_together_and_what_was_torn_is_counted():
    before = made(120)
    twins = tuple((np.arange(120) % 60).tolist())
    after, _ = edits.apply(before, SplitAgain(split=Split.model_validate({}), twins=twins), NEW)
    assert np.array_equal(after.splits[:60], after.splits[60:])
    assert after.naive is not None
    judged = after.naive[:60] != after.naive[60:]
    assert after.torn == judged.sum() > 0
    assert after.moved >= after.torn
    assert after.split == Split.model_validate({})


def test_parts_that_came_with_the_pictures_stay_unless_asked_otherwise():
    given = np.where(np.arange(120) < 40, 2, -1).astype(np.int8)
    before = made(120, given=given)
    split = Split.model_validate({"validation": 0.2, "test": 0.2})
    kept, _ = edits.apply(before, SplitAgain(split=split), NEW)
    assert (kept.splits == 2).sum() == 40 and (kept.splits[:40] == 2).all()
    cut, _ = edits.apply(before, SplitAgain(split=split, keeps_given=False), NEW)
    assert (cut.splits == 2).sum() == 24
    assert cut.given is not None and np.array_equal(cut.given, given)


def test_a_burst_told_by_file_names_stays_in_one_part():
    before = made(120)
    names = np.array([f"clip{row // 6}_{row:03}.png" for row in range(120)], dtype=object)
    before = replace(before, names=names)
    split = Split.model_validate({"groups": "number"})
    after, _ = edits.apply(before, SplitAgain(split=split), NEW)
    for clip in range(20):
        assert len(set(after.splits[clip * 6 : clip * 6 + 6].tolist())) == 1


def test_an_edit_survives_being_written_as_json():
    adapter = TypeAdapter(edits.Edit)
    for change in (Exclude(rows=(1, 2)), Merge(labels=(0,), into=1), Rename(label=0, name="x")):
        assert adapter.validate_json(change.model_dump_json()) == change
