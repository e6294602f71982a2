"""Pictures without a class get one: they go to training, and what nobody looked at never judges."""

from dataclasses import replace

import numpy as np
import pytest

from tests.datasets.test_adding import base, made
from tl_core.base.errors import UserError
from tl_core.datasets import division, edits, labelling, manifest
from tl_core.datasets.edits import NewClass, Relabel, SplitAgain
from tl_core.datasets.labelling import GiveClasses
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION, Split
from tl_core.tasks import registry

NEW_ID = "f" * 24


def giving(labels: list[int], seen: bool = False, **more) -> GiveClasses:
    """Return the change that gives pictures 100, 101, … these classes, copies of nothing."""
    count = len(labels)
    fields = {
        "hashes": tuple(f"{100 + row:064x}" for row in range(count)),
        "names": tuple(f"new/{row}.png" for row in range(count)),
        "labels": tuple(labels),
        "seen": (seen,) * count,
        "facts": dict.fromkeys(("width", "height"), (8,) * count),
        "twins": tuple(range(8 + count)),
    }
    return GiveClasses(**(fields | more))


def test_all_go_to_training_and_the_other_parts_stay_as_they_were():
    before = base()
    after, told = edits.apply(before, giving([0, 1, 1]), NEW_ID)
    assert after.id == NEW_ID
    assert after.splits[:8].tolist() == before.splits.tolist()
    assert after.splits[8:].tolist() == [TRAIN] * 3
    assert after.labels[8:].tolist() == [0, 1, 1]
    assert after.names[8:].tolist() == ["new/0.png", "new/1.png", "new/2.png"]
    assert all(len(values) == 11 for values in after.facts.values())
    assert after.given is None
    assert "3 pictures" in told


def test_a_copy_of_a_judging_picture_waits_until_a_person_looked_at_it():
    copies = (*range(8), 3, 9)  # the first new one is a copy of row 3, which is in the test
    unseen = giving([0, 1], twins=copies)
    going = labelling.destined(base(), unseen)
    assert going.parts.tolist() == [TEST, TRAIN]
    assert going.waits.tolist() == [True, False]
    with pytest.raises(UserError) as caught:
        edits.apply(base(), unseen, NEW_ID)
    assert caught.value.code == "class-unseen"
    after, _ = edits.apply(base(), giving([0, 1], seen=True, twins=copies), NEW_ID)
    assert after.splits[8:].tolist() == [TEST, TRAIN]  # with its copy: no leak
    assert after.unseen is None


def test_a_group_that_names_tell_keeps_together_as_well():
    names = np.array([f"clip{row}_1.png" for row in range(8)], dtype=object)
    grouped = base(names=names, split=Split.model_validate({"groups": "number"}))
    going = labelling.destined(grouped, giving([0, 0], names=("clip2_7.png", "other_1.png")))
    assert going.parts.tolist() == [VALIDATION, TRAIN]


def test_what_nobody_looked_at_never_judges_not_even_after_dividing_anew():
    after, _ = edits.apply(base(), giving([0, 1] * 20), NEW_ID)
    assert after.unseen is not None
    assert after.unseen.tolist() == [False] * 8 + [True] * 40
    for seed in range(5):
        split = Split.model_validate({"validation": 0.25, "test": 0.25, "seed": seed})
        again, _ = edits.apply(after, SplitAgain(split=split), NEW_ID)
        assert (again.splits[8:] == TRAIN).all()
        # The shares are those of the pictures that may judge: they do not all go.
        assert np.bincount(again.splits[:8], minlength=3).tolist() == [4, 2, 2]


def test_a_copy_of_one_that_nobody_looked_at_is_only_learnt_from_after_dividing_anew():
    after, _ = edits.apply(base(), giving([0], twins=(*range(8), 0)), NEW_ID)
    halves = Split.model_validate({"validation": 0.45, "test": 0.45})
    again = division.divide(after, halves)
    assert again.splits[0] == TRAIN
    assert again.splits[8] == TRAIN
    assert (again.splits != TRAIN).any()


def test_a_picture_that_is_looked_at_later_may_judge_again():
    after, _ = edits.apply(base(), giving([0, 1]), NEW_ID)
    looked, _ = edits.apply(after, Relabel(rows=(8,), labels=(1,)), NEW_ID)
    assert looked.unseen is not None
    assert looked.unseen[8:].tolist() == [False, True]
    both, _ = edits.apply(looked, NewClass(rows=(9,), name="spoon"), NEW_ID)
    assert both.unseen is None


def test_a_new_class_is_made_of_them():
    after, _ = edits.apply(base(), giving([2, 0], new_classes=("  fork ",)), NEW_ID)
    assert after.classes == ("cup", "plate", "fork")
    assert after.labels[8:].tolist() == [2, 0]
    with pytest.raises(UserError) as caught:
        edits.apply(base(), giving([2], new_classes=("cup",)), NEW_ID)
    assert caught.value.code == "class-name"


def test_a_picture_that_is_there_already_is_not_taken_twice():
    again = giving([0, 1], hashes=(f"{0:064x}", f"{101:064x}"), twins=(*range(8), 0, 9))
    after, _ = edits.apply(base(), again, NEW_ID)
    assert len(after) == 9
    assert after.labels[8] == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (GiveClasses(), "edit-rows"),
        (giving([7]), "edit-class"),
        (giving([0], twins=(0, 1)), "edit-rows"),
        (giving([0], facts={"width": (8,)}), "edit-rows"),
        (giving([0, 1], names=("a",)), "edit-rows"),
    ],
)
def test_what_does_not_fit_is_refused(change, code):
    with pytest.raises(UserError) as caught:
        edits.apply(base(), change, NEW_ID)
    assert caught.value.code == code


def test_numbers_are_refused():
    numbers = made(0, [0] * 4, (), targets=("size",), values=np.ones((4, 1)))
    assert not registry.of(numbers).one_class_each
    with pytest.raises(UserError):
        edits.apply(numbers, giving([0], twins=tuple(range(5))), NEW_ID)


def test_pictures_of_no_class_are_set_aside_and_told():
    none = GiveClasses(none_hashes=("e" * 64,), none_names=("x.png",))
    after, told = edits.apply(base(), none, NEW_ID)
    assert len(after) == 8
    assert "aside" in told
    assert [entry.code for entry in none.put_aside()] == [labelling.NONE_OF_THESE]
    assert none.settled() == {("e" * 64, "x.png")}


def test_it_is_kept_which_ones_nobody_looked_at(home):
    after, _ = edits.apply(base(), giving([0, 1]), NEW_ID)
    manifest.save(after)
    read = manifest.load(NEW_ID)
    assert read.unseen is not None
    assert read.unseen.tolist() == [False] * 8 + [True] * 2
    manifest.save(replace(base(), id=NEW_ID))
    assert manifest.load(NEW_ID).unseen is None
