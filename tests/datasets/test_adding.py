"""Pictures added to a data set: what stood stays, kin follows kin, the rest is divided class by class."""

import numpy as np
import pytest

from tl_core.base.errors import UserError
from tl_core.datasets import adding
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TEST, TRAIN, UNSET, VALIDATION, Split

SPLIT = Split.model_validate({"validation": 0.25, "test": 0.25})


def made(first: int, labels: list[int], classes: tuple[str, ...], **more) -> Dataset:
    """Return a data set whose pictures are numbered from `first` on."""
    count = len(labels)
    fields = {
        "id": f"{first:024x}",
        "name": f"set {first}",
        "classes": classes,
        "targets": (),
        "hashes": np.array([f"{first + row:064x}" for row in range(count)]),
        "names": np.array([f"{first + row}.png" for row in range(count)], dtype=object),
        "labels": np.array(labels, np.int32),
        "splits": np.full(count, UNSET, np.int8),
        "facts": {name: np.full(count, 8, np.int32) for name in ("width", "height")},
    }
    return Dataset(**(fields | more))


def base(**more) -> Dataset:
    parts = np.array([TRAIN, TRAIN, VALIDATION, TEST] * 2, np.int8)
    return made(0, [0, 0, 0, 0, 1, 1, 1, 1], ("cup", "plate"), **({"splits": parts} | more))


def test_what_stood_stays_and_what_is_new_is_divided_class_by_class() -> None:
    new = made(100, [0] * 8 + [1] * 8, ("plate", "spoon"))
    both = adding.added(base(), new, SPLIT)
    assert both.id == new.id
    assert both.name == "set 0"
    assert both.classes == ("cup", "plate", "spoon")
    assert both.splits[:8].tolist() == base().splits.tolist()
    assert both.labels[8:].tolist() == [1] * 8 + [2] * 8
    for rows in (slice(8, 16), slice(16, 24)):
        assert np.bincount(both.splits[rows], minlength=3).tolist() == [4, 2, 2]


def test_one_class_is_enough() -> None:
    both = adding.added(base(), made(100, [0] * 4, ("cup",)), SPLIT)
    assert both.classes == ("cup", "plate")
    assert both.counts().sum(axis=1).tolist() == [8, 4]


def test_a_picture_that_is_there_already_is_left_out_and_that_is_said() -> None:
    again = made(2, [0, 0, 0, 0], ("cup",))  # two that stand there, two that stand there as plates
    both = adding.added(base(), again, SPLIT)
    assert len(both) == 10
    assert any("2 pictures" in note for note in both.notes)
    # The same picture under another class follows its copy, so that no part knows it from another.
    assert both.splits[8:].tolist() == both.splits[4:6].tolist()


def test_nothing_new_is_told() -> None:
    with pytest.raises(UserError) as caught:
        adding.added(base(), made(0, [0, 0], ("cup",)), SPLIT)
    assert caught.value.code == "add-nothing"


def test_near_copies_follow_what_they_are_like() -> None:
    def alike(hashes: np.ndarray) -> np.ndarray:
        """Pictures whose numbers end in the same digit are copies."""
        return np.array([int(digest, 16) % 10 for digest in hashes.tolist()])

    new = made(100, [0] * 8, ("cup",))
    both = adding.added(base(), new, SPLIT, alike)
    assert both.splits[8:].tolist() == base().splits.tolist()
    assert both.twins is not None
    assert len(both.twins) == 16


def test_groups_of_equal_name_in_another_upload_are_others() -> None:
    first = base(groups=np.array(["take 1"] * 8, dtype=object), splits=np.zeros(8, np.int8))
    new = made(
        100,
        [0] * 6,
        ("cup",),
        groups=np.array(["take 1"] * 2 + ["2"] * 2 + ["3"] * 2, dtype=object),
    )
    both = adding.added(first, new, SPLIT)
    assert set(both.splits[8:].tolist()) == {TRAIN, VALIDATION, TEST}
    assert both.groups is not None
    assert both.groups[:8].tolist() == ["take 1"] * 8
    for row in (8, 10, 12):
        assert both.splits[row] == both.splits[row + 1]


def test_parts_that_came_with_the_new_pictures_are_kept() -> None:
    given = np.array([TEST, TEST, VALIDATION, TRAIN], np.int8)
    both = adding.added(base(), made(100, [0] * 4, ("cup",), given=given), SPLIT)
    assert both.splits[8:].tolist() == given.tolist()
    assert both.given is not None
    assert both.given.tolist() == [UNSET] * 8 + given.tolist()


def test_numbers_are_added_to_numbers_alone() -> None:
    def priced(first: int, *targets: str) -> Dataset:
        values = np.arange(12 * len(targets), dtype=np.float64).reshape(12, -1)
        return made(
            first, [0] * 12, (), targets=targets, values=values, splits=np.zeros(12, np.int8)
        )

    both = adding.added(priced(0, "price"), priced(100, "price"), SPLIT)
    assert both.values is not None
    assert both.values.shape == (24, 1)
    for other in (priced(100, "area"), made(100, [0] * 4, ("cup",))):
        with pytest.raises(UserError) as caught:
            adding.added(priced(0, "price"), other, SPLIT)
        assert caught.value.code == "add-kind"


def test_what_a_person_put_right_is_learnt_from_whatever_the_shares_are() -> None:
    both = adding.corrected(base(), made(100, [0, 1, 0, 1], ("plate", "spoon")), SPLIT)
    assert both.classes == ("cup", "plate", "spoon") and both.id == f"{100:024x}"
    assert both.splits.tolist() == [*base().splits.tolist(), *[TRAIN] * 4]
    assert both.labels[8:].tolist() == [1, 2, 1, 2]


def test_a_picture_that_stands_already_gets_the_right_answer_where_it_stands() -> None:
    both = adding.corrected(base(), made(3, [0, 1], ("plate", "cup")), SPLIT)
    assert len(both) == 8 and both.splits.tolist() == base().splits.tolist()
    assert both.labels.tolist() == [0, 0, 0, 1, 0, 1, 1, 1]  # a test picture, and one to learn from


def test_a_corrected_picture_follows_its_copy_so_that_nothing_leaks() -> None:
    def alike(hashes: np.ndarray) -> np.ndarray:
        return np.array([3 if int(each, 16) == 100 else int(each, 16) for each in hashes.tolist()])

    both = adding.corrected(base(), made(100, [1, 1], ("cup", "plate")), SPLIT, alike)
    assert both.splits[8:].tolist() == [TEST, TRAIN]


def test_numbers_are_put_right_as_classes_are() -> None:
    def priced(first: int, values: list[float], **more) -> Dataset:
        columns = np.array(values, np.float64)[:, None]
        labels = [0] * len(values)
        return made(first, labels, (), **({"targets": ("price",), "values": columns} | more))

    stood = priced(0, [1, 2, 3], splits=np.array([TRAIN, VALIDATION, TEST], np.int8))
    both = adding.corrected(stood, priced(2, [9, 10]), SPLIT)
    assert both.values is not None and both.values[:, 0].tolist() == [1, 2, 9, 10]
    assert both.splits.tolist() == [TRAIN, VALIDATION, TEST, TRAIN]


def test_what_the_data_say_already_is_no_correction() -> None:
    with pytest.raises(UserError) as caught:
        adding.corrected(base(), made(0, [0], ("cup",)), SPLIT)
    assert caught.value.code == "add-nothing"
