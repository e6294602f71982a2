"""A picture of one data set that was made from a picture of another is found."""

import numpy as np
import pytest
from PIL import ImageOps

from tests.made import stored as kept
from tests.modalities import rows_of_numbers
from tests.quality.planting import scene_of
from tl_core.datasets import across_sets
from tl_core.modalities import registry
from tl_core.modalities.picture import fingerprints

pytestmark = pytest.mark.usefixtures("home")


def copied(others, own):
    return across_sets.copied(np.array(others), np.array(own), registry.USUAL, print).tolist()


def stored(picture):
    return kept(np.asarray(picture))[0]


def test_the_same_a_smaller_a_mirrored_a_turned_and_a_lighter_one_are_copies_and_another_is_not():
    own = [stored(scene_of(seed)) for seed in range(5)]
    others = [
        scene_of(0),
        scene_of(0).resize((80, 60)),
        ImageOps.mirror(scene_of(1)),
        scene_of(2).point(lambda value: min(255, int(1.1 * value))),
        scene_of(3).rotate(90, expand=True),
        scene_of(4).crop((5, 3, 157, 118)),
        scene_of(9),
    ]
    assert copied(map_stored(others), own) == [True] * 6 + [False]


def map_stored(some):
    return [stored(picture) for picture in some]


def test_a_copy_of_a_copy_is_found_through_it():
    once, twice = (scene_of(1).point(lambda value, gain=gain: gain * value) for gain in (0.8, 0.64))
    own, others = [stored(scene_of(1))], map_stored([twice, scene_of(7)])
    assert copied(others, own) == [False, False], "so much darker is another picture"
    assert copied([*others, stored(once)], own) == [True, False, True]


def test_copies_among_the_others_alone_are_none_of_ours():
    own, others = [stored(scene_of(1))], map_stored([scene_of(5), scene_of(5).resize((80, 60))])
    assert copied(others, own) == [False, False]


def test_many_copies_of_one_picture_are_all_found():
    own = map_stored(map(scene_of, range(3)))
    sizes = [(160 - 3 * step, 120 - 2 * step) for step in range(1, 31)]
    others = map_stored([scene_of(1).resize(size) for size in sizes] + [scene_of(8), scene_of(9)])
    assert copied(others, own) == [True] * 30 + [False] * 2


def test_nothing_is_a_copy_where_one_of_the_two_is_empty():
    own = [stored(scene_of(1))]
    assert copied(np.array([], "<U64"), own) == []
    assert copied(own, np.array([], "<U64")) == [False]


def test_of_what_has_no_fingerprints_only_the_same_is_a_copy(monkeypatch):
    monkeypatch.setattr(fingerprints, "of", None)  # calling it would fail
    own, others = np.array(["a" * 64, "b" * 64]), np.array(["b" * 64, "c" * 64])
    found = across_sets.copied(others, own, rows_of_numbers.MODALITY, print)
    assert found.tolist() == [True, False]
