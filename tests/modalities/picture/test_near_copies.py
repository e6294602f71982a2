import numpy as np
import pytest
from PIL import Image

from tests.quality.planting import CHANGES, Planted, changed, prints_of, scene
from tl_core.base import joining
from tl_core.modalities.picture import fingerprints, near_copies
from tl_core.quality import copies


def scenes(count, seed=0):
    random = np.random.default_rng(seed)
    return [scene(random) for _ in range(count)]


def test_exact_copies_are_found_wherever_they_stand_and_nothing_else_is():
    hashes = np.array(["b", "a", "c", "a", "b", "a", "d"])
    assert [group.tolist() for group in copies.exact(hashes)] == [[0, 4], [1, 3, 5]]


def test_no_pictures_have_no_copies():
    assert copies.exact(np.array([], dtype="<U64")) == []
    assert near_copies.near(np.zeros(0, fingerprints.Fingerprint)) == []
    assert near_copies.near(prints_of(scenes(1))) == []


@pytest.mark.parametrize("change", CHANGES)
def test_a_picture_and_its_changed_copy_belong_together(change):
    random = np.random.default_rng(3)
    originals = scenes(12)
    copies = [changed(picture, change, random) for picture in originals]
    groups = near_copies.near(prints_of(originals + copies))
    assert [group.tolist() for group in groups] == [[row, row + 12] for row in range(12)]


def test_different_scenes_are_not_taken_for_copies():
    assert near_copies.near(prints_of(scenes(60, seed=1))) == []


def test_planted_copies_in_a_made_set_are_all_found_and_nothing_else():
    planted = Planted.among(scenes(80, seed=2), copies=40)
    found = near_copies.pairs_of_near(prints_of(planted.pictures))
    assert set(map(tuple, found.tolist())) == planted.pairs()


def test_copies_of_copies_form_one_group():
    random = np.random.default_rng(0)
    first = scenes(1)[0]
    second = changed(first, "resized", random)
    third = changed(second, "saved again", random)
    groups = near_copies.near(prints_of([first, *scenes(5, seed=9), second, third]))
    assert [group.tolist() for group in groups] == [[0, 6, 7]]


def test_the_same_shape_in_another_colour_is_another_picture():
    grey = np.asarray(scenes(1)[0].convert("L"), dtype=np.float32) * 0.15 + 110
    # Equally light, pixel by pixel: 0.299 · 40 = 0.114 · 105.
    orange, blue = (
        Image.fromarray(np.stack([grey + r, grey, grey + b], axis=2).astype(np.uint8))
        for r, b in ((40, -105), (-40, 105))
    )
    assert near_copies.near(prints_of([orange, blue])) == []
    assert len(near_copies.near(prints_of([orange, orange.resize((80, 60))]))) == 1


def test_a_crop_of_a_finely_patterned_picture_is_found():
    random = np.random.default_rng(6)
    for _ in range(8):
        squares = Image.fromarray(random.integers(0, 256, (40, 40, 3), dtype=np.uint8))
        picture = squares.resize((160, 120), Image.Resampling.BICUBIC)
        groups = near_copies.near(prints_of([picture, changed(picture, "cropped", random)]))
        assert [group.tolist() for group in groups] == [[0, 1]]


def test_a_moved_thing_on_a_plain_background_is_another_picture():
    pictures = []
    for left in (40, 58):
        picture = scene(np.random.default_rng(4))
        picture.paste((250, 250, 250), (0, 0, 160, 120))
        picture.paste((30, 30, 30), (10, 10, 30, 110))
        picture.paste((30, 30, 30), (left + 30, 40, left + 50, 60))
        pictures.append(picture)
    assert near_copies.near(prints_of(pictures)) == []


def test_rows_with_the_same_stored_picture_are_looked_at_once():
    prints = prints_of(scenes(2) + scenes(1))
    prints["hash"][2] = prints["hash"][0]
    assert near_copies.near(prints) == []


def test_plain_pictures_are_no_copies_of_one_another():
    plain = [Image.new("RGB", (60, 60), (shade, shade, shade)) for shade in (0, 10, 200)]
    assert near_copies.near(prints_of(plain)) == []


def test_neighbours_do_not_depend_on_how_the_work_is_cut_into_blocks(monkeypatch):
    vectors = np.random.default_rng(0).normal(size=(70, 5)).astype(np.float32)
    whole = near_copies.neighbours(vectors, 4, 0.2)
    monkeypatch.setattr(near_copies, "BLOCK", 16)
    assert np.array_equal(near_copies.neighbours(vectors, 4, 0.2), whole)
    assert (whole[:, 0] < whole[:, 1]).all()


def test_chains_of_pairs_become_one_group():
    pairs = np.array([[4, 2], [7, 9], [2, 1], [9, 4]])
    assert [group.tolist() for group in joining.connected(pairs)] == [[1, 2, 4, 7, 9]]
