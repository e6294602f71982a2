import hashlib

import numpy as np
import pytest

from tl_core.config import TrainConfig
from tl_core.config.effects import view_key
from tl_core.modalities.picture.augment import change, change_all

HASH, OTHER = "ab" * 32, "cd" * 32
PICTURE = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
STRONG = TrainConfig(flip=True, rotate=30, zoom=0.3, crop=0.2)
CHANGES = {
    "flip": True,
    "rotate": 30,
    "zoom": 0.3,
    "crop": 0.2,
    "shift": 0.3,
    "brightness": 0.5,
    "contrast": 0.5,
    "saturation": 0.8,
    "hue": 60,
}


def some_hash(number):
    return hashlib.sha256(bytes([number])).hexdigest()


def test_the_same_view_of_the_same_picture_is_the_same_and_any_other_is_not():
    first = change(PICTURE, STRONG, HASH, 1)
    assert first.shape == PICTURE.shape and first.dtype == np.uint8
    assert np.array_equal(first, change(PICTURE, STRONG, HASH, 1))
    assert not np.array_equal(first, change(PICTURE, STRONG, HASH, 2))
    assert not np.array_equal(first, change(PICTURE, STRONG, OTHER, 1))
    assert not np.array_equal(first, change(PICTURE, STRONG.but(seed=1), HASH, 1))


def test_view_zero_is_the_picture_itself():
    assert change(PICTURE, STRONG, HASH, 0) is PICTURE
    assert view_key(STRONG, 0) == bytes(16)


def test_a_view_is_named_by_what_changes_it():
    assert view_key(STRONG, 1) != view_key(STRONG, 2)
    assert view_key(STRONG, 1) != view_key(STRONG.but(zoom=0.1), 1)
    assert view_key(STRONG, 1) == view_key(STRONG.but(epochs=99), 1)


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


@pytest.mark.parametrize(
    "settings", [{"rotate": 180}, {"zoom": 0.9}, {"shift": 0.5}, {"rotate": 45, "zoom": 0.5}]
)
def test_nothing_black_is_uncovered(settings):
    bright = np.full((32, 32, 3), 200, np.uint8)
    for number in range(20):
        assert change(bright, TrainConfig(**settings), some_hash(number), 1).min() > 150


def test_many_at_once_equal_one_by_one():
    pictures = np.stack([PICTURE, PICTURE[::-1]])
    together = change_all(pictures, STRONG, [HASH, OTHER], [1, 0], threads=2)
    assert np.array_equal(together[0], change(PICTURE, STRONG, HASH, 1))
    assert np.array_equal(together[1], pictures[1])


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_has_an_effect_of_its_own_and_another_name(name):
    config = TrainConfig(**{name: CHANGES[name]})
    changed = [change(PICTURE, config, some_hash(number), 1) for number in range(8)]
    assert any(not np.array_equal(one, PICTURE) for one in changed)
    names = {view_key(TrainConfig(**{one: CHANGES[one]}), 1) for one in CHANGES}
    assert len(names) == len(CHANGES) and view_key(TrainConfig(), 1) not in names


def test_copies_kept_before_there_were_colours_are_still_known_and_the_same():
    assert view_key(STRONG, 3).hex() == "93beee95e13e3ad0983eb625c4a8bb9d"
    kept = hashlib.sha256(change(PICTURE, STRONG, HASH, 3).tobytes()).hexdigest()
    assert kept == "1a2b29af0272db8fdb5ee2b4b922ecaba47e32f5edff149815afa3f9fa45e17a"


def test_switching_a_colour_on_leaves_the_movement_alike():
    moved = change(PICTURE, TrainConfig(shift=0.2), HASH, 1)
    both = change(PICTURE, TrainConfig(shift=0.2, brightness=1e-9), HASH, 1)
    assert np.array_equal(moved, both)


def test_a_shift_moves_by_no_more_than_it_says():
    spot = np.zeros((40, 40, 3), np.uint8)
    spot[18:22, 18:22] = 255
    for number in range(20):
        rows, columns = np.nonzero(
            change(spot, TrainConfig(shift=0.2), some_hash(number), 1)[..., 0]
        )
        assert abs(rows.mean() - 19.5) <= 8.5 and abs(columns.mean() - 19.5) <= 8.5
        assert rows.size >= 16


def test_brightness_scales_contrast_keeps_the_mean_and_colour_keeps_the_lightness():
    muted = (PICTURE // 4 + 96).astype(np.uint8)
    lightness = np.array([0.299, 0.587, 0.114])
    for number in range(10):
        one = some_hash(number)
        brighter = change(muted, TrainConfig(brightness=0.4), one, 1)
        ratio = brighter.mean() / muted.mean()
        assert 0.6 <= ratio <= 1.4 and np.allclose(brighter, muted * ratio, atol=1.5)
        harsher = change(muted, TrainConfig(contrast=0.9), one, 1)
        assert (harsher @ lightness).mean() == pytest.approx((muted @ lightness).mean(), abs=1)
        turned = change(muted, TrainConfig(hue=90, saturation=0.5), one, 1)
        assert np.allclose(turned @ lightness, muted @ lightness, atol=1.5)


def test_grey_stays_grey_whatever_happens_to_colours():
    grey = np.repeat(PICTURE[..., :1], 3, axis=2)
    changed = change(grey, TrainConfig(hue=180, saturation=1), HASH, 1)
    assert np.abs(changed.astype(int) - grey).max() <= 1
