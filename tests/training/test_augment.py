import hashlib

import numpy as np
import pytest

from tl_core.config import TrainConfig
from tl_core.training.augment import change, change_all, view_id

HASH, OTHER = "ab" * 32, "cd" * 32
PICTURE = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
STRONG = TrainConfig(flip=True, rotate=30, zoom=0.3, crop=0.2)


def some_hash(number):
    return hashlib.sha256(bytes([number])).hexdigest()


def test_the_same_view_of_the_same_picture_is_the_same_and_any_other_is_not():
    first = change(PICTURE, STRONG, HASH, 1)
    assert first.shape == PICTURE.shape and first.dtype == np.uint8
    assert np.array_equal(first, change(PICTURE, STRONG, HASH, 1))
    assert not np.array_equal(first, change(PICTURE, STRONG, HASH, 2))
    assert not np.array_equal(first, change(PICTURE, STRONG, OTHER, 1))
    assert not np.array_equal(
        first, change(PICTURE, STRONG.model_copy(update={"seed": 1}), HASH, 1)
    )


def test_view_zero_is_the_picture_itself():
    assert change(PICTURE, STRONG, HASH, 0) is PICTURE
    assert view_id(STRONG, 0) == bytes(16)


def test_a_view_is_named_by_what_changes_it():
    assert view_id(STRONG, 1) != view_id(STRONG, 2)
    assert view_id(STRONG, 1) != view_id(STRONG.model_copy(update={"zoom": 0.1}), 1)
    assert view_id(STRONG, 1) == view_id(STRONG.model_copy(update={"epochs": 99}), 1)


def test_flip_alone_mirrors_about_half_of_the_pictures_and_leaves_the_rest_exact():
    config = TrainConfig(flip=True)
    kinds = []
    for number in range(40):
        changed = change(PICTURE, config, some_hash(number), 1)
        mirrored = np.array_equal(changed, PICTURE[:, ::-1])
        assert mirrored or np.array_equal(changed, PICTURE)
        kinds.append(mirrored)
    assert 8 < sum(kinds) < 32


def test_crop_keeps_to_the_inside_of_the_picture():
    ramp = np.broadcast_to(np.arange(32, dtype=np.uint8)[None, :, None] * 4 + 60, (32, 32, 3))
    for number in range(20):
        changed = change(np.ascontiguousarray(ramp), TrainConfig(crop=0.5), some_hash(number), 1)
        assert changed.min() >= ramp.min() and changed.max() <= ramp.max()
        assert np.ptp(changed) < np.ptp(ramp)


@pytest.mark.parametrize("settings", [{"rotate": 180}, {"zoom": 0.9}, {"rotate": 45, "zoom": 0.5}])
def test_nothing_black_is_uncovered(settings):
    bright = np.full((32, 32, 3), 200, np.uint8)
    for number in range(20):
        assert change(bright, TrainConfig(**settings), some_hash(number), 1).min() > 150


def test_many_at_once_equal_one_by_one():
    pictures = np.stack([PICTURE, PICTURE[::-1]])
    together = change_all(pictures, STRONG, [HASH, OTHER], [1, 0], threads=2)
    assert np.array_equal(together[0], change(PICTURE, STRONG, HASH, 1))
    assert np.array_equal(together[1], pictures[1])
