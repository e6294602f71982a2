"""Cutting a data set: stratified, seeded, without leaks."""

import numpy as np
import pytest
from pydantic import ValidationError

from tl_core.datasets.splits import TEST, TRAIN, UNSET, VALIDATION, Split, assign, together
from tl_core.tasks.regress import strata

SHARES = Split().fractions


def labels_of(*counts: int) -> np.ndarray:
    return np.repeat(np.arange(len(counts)), counts).astype(np.int32)


def test_shares_hold_in_every_class() -> None:
    labels = labels_of(200, 40)
    parts = assign(labels, None, SHARES, seed=0)
    for label, total in enumerate((200, 40)):
        counts = np.bincount(parts[labels == label], minlength=3) / total
        assert counts == pytest.approx(SHARES, abs=0.02)


def test_the_seed_decides() -> None:
    labels = labels_of(60, 60)
    assert np.array_equal(assign(labels, None, SHARES, 1), assign(labels, None, SHARES, 1))
    assert not np.array_equal(assign(labels, None, SHARES, 1), assign(labels, None, SHARES, 2))


@pytest.mark.parametrize("count", [3, 4, 5, 7, 20])
def test_a_class_of_three_or_more_is_in_every_part(count: int) -> None:
    parts = assign(labels_of(count, 50), None, SHARES, seed=3)
    assert set(parts[:count].tolist()) == {TRAIN, VALIDATION, TEST}


def test_with_fewer_training_comes_first() -> None:
    assert assign(labels_of(1, 9), None, SHARES, seed=0)[0] == TRAIN
    assert TRAIN in assign(labels_of(2, 9), None, SHARES, seed=0)[:2]


def test_groups_never_straddle_parts() -> None:
    groups = np.array([f"burst {n // 7}" for n in range(210)])
    labels = (np.arange(210) // 70).astype(np.int32)
    parts = assign(labels, groups, SHARES, seed=5)
    for group in set(groups):
        assert len(set(parts[groups == group].tolist())) == 1
    assert np.bincount(parts, minlength=3) / 210 == pytest.approx(SHARES, abs=0.08)


def test_given_parts_are_kept_and_only_the_missing_one_is_cut_from_training() -> None:
    labels = labels_of(50, 50)
    given = np.full(100, TRAIN, np.int8)
    given[::5] = TEST
    parts = assign(labels, None, SHARES, seed=0, given=given)
    assert np.array_equal(parts == TEST, given == TEST)
    assert (parts == VALIDATION).sum() == pytest.approx(80 * 0.15, abs=2)


def test_when_all_parts_are_given_nothing_moves() -> None:
    given = np.array([TRAIN, TRAIN, VALIDATION, TEST] * 5, np.int8)
    assert np.array_equal(assign(labels_of(10, 10), None, SHARES, 0, given), given)


def test_a_copy_of_a_given_test_picture_leaves_training() -> None:
    given = np.array([TRAIN, TEST, TRAIN, TRAIN], np.int8)
    parts = assign(labels_of(4), np.array(["a", "a", "b", "c"]), SHARES, 0, given)
    assert parts[0] == TEST


def test_copies_and_groups_hang_together_through_chains() -> None:
    names = together(np.array(["h1", "h1", "h2", "h3"]), ["", "g", "g", ""])
    assert len(set(names[:3].tolist())) == 1
    assert names[3] != names[0]


def test_numeric_targets_are_cut_across_their_range() -> None:
    values = np.random.default_rng(0).lognormal(size=(100, 1))
    bins = strata(values)
    assert np.bincount(bins).tolist() == [20] * 5
    assert values[bins == 0].max() <= values[bins == 4].min()


def test_a_split_must_leave_something_to_learn_from() -> None:
    with pytest.raises(ValidationError):
        Split(validation=0.5, test=0.5)


def test_no_test_share_means_no_test_pictures() -> None:
    parts = assign(labels_of(30), None, (0.8, 0.2, 0.0), 0)
    assert set(parts.tolist()) == {TRAIN, VALIDATION}
    assert UNSET not in parts


def test_shares_of_ten_pictures_are_as_asked() -> None:
    for seed in range(10):
        parts = assign(np.zeros(10, np.int32), None, (0.7, 0.2, 0.1), seed)
        assert np.bincount(parts).tolist() == [7, 2, 1]


@pytest.mark.parametrize("each", [4, 7, 10, 13])
@pytest.mark.parametrize("wanted", [(0.7, 0.15, 0.15), (0.7, 0.2, 0.1), (0.6, 0.2, 0.2)])
def test_rounding_in_many_small_classes_favours_no_part(each: int, wanted: tuple) -> None:
    labels = np.repeat(np.arange(40), each).astype(np.int32)
    parts = assign(labels, None, wanted, 0)
    counts = np.array([np.bincount(parts[labels == label], minlength=3) for label in range(40)])
    assert (np.abs(counts - np.array(wanted) * each) < 1 + 1e-9).all()
    if each * min(wanted) >= 1:  # else each part gets one of every class
        assert np.abs(counts.sum(axis=0) - np.array(wanted) * each * 40).max() <= 1.5
