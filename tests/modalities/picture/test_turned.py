"""Mirrored and turned copies: found, named, and not seen where there are none."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from tests.quality.planting import CHANGES, TURNS, changed, prints_of, scene
from tl_core.modalities import symmetries
from tl_core.modalities.picture import near_copies, turned


def scenes(count, seed=0):
    random = np.random.default_rng(seed)
    return [scene(random) for _ in range(count)]


@pytest.mark.parametrize("number", range(symmetries.COUNT))
def test_every_symmetry_of_a_thumbnail_is_that_of_the_picture(number):
    picture = scenes(1)[0]
    way = TURNS.get(number)
    laid = picture.transpose(way) if way is not None else picture
    before, after = prints_of([picture])["grey"], prints_of([laid])["grey"]
    apart = symmetries.applied(before, number).astype(int) - after
    assert np.abs(apart).mean() < 1


@pytest.mark.parametrize("number", TURNS)
def test_a_copy_is_found_and_named_whichever_way_it_lies(number):
    random = np.random.default_rng(3)
    originals = scenes(10)
    copies = [
        changed(picture.transpose(TURNS[number]), CHANGES[row % 5], random)
        for row, picture in enumerate(originals)
    ]
    found = near_copies.related(prints_of(originals + copies))
    assert found.near == []
    assert found.turned.tolist() == [[row, row + 10, number] for row in range(10)]


def test_pictures_that_are_no_copies_are_not_turned_into_any():
    assert len(near_copies.pairs_of_turned(prints_of(scenes(80, seed=1)))) == 0


def test_all_ways_round_of_one_picture_form_one_group_and_each_is_told_from_the_first():
    picture = scenes(1)[0]
    ways = [picture, *(picture.transpose(way) for way in TURNS.values())]
    found = near_copies.related(prints_of(ways + scenes(6, seed=8)))
    assert symmetries.seen_from_first(found.turned) == dict(enumerate([0, *TURNS]))


def test_turns_are_told_from_the_first_through_others():
    quarter, mirror = 5, 1
    chain = np.array([[2, 4, quarter], [4, 6, quarter], [1, 6, mirror]])
    seen = symmetries.seen_from_first(chain)
    assert seen[1] == symmetries.SAME and seen[6] == mirror
    # Turned to the right and mirrored is mirrored and turned to the left.
    assert symmetries.WORDS[seen[4]] in (
        "mirrored and turned by 90°",
        "mirrored and turned by 270°",
    )


def symmetric(seed):
    """A picture that is its own mirror: half of a scene, and that half again."""
    half = np.asarray(scene(np.random.default_rng(seed)))[:, :80]
    return Image.fromarray(np.concatenate([half, half[:, ::-1]], axis=1))


def test_things_that_are_symmetric_in_themselves_are_no_copies_of_one_another():
    pictures = [symmetric(seed) for seed in range(20)]
    assert len(near_copies.pairs_of_turned(prints_of(pictures))) == 0


def test_a_copy_of_a_symmetric_picture_is_called_a_copy_and_not_a_mirrored_one():
    random = np.random.default_rng(0)
    picture = symmetric(0)
    found = near_copies.related(prints_of([picture, changed(picture, "saved again", random)]))
    assert [group.tolist() for group in found.near] == [[0, 1]] and len(found.turned) == 0


def test_nearly_blank_pictures_are_no_turned_copies_of_one_another():
    random = np.random.default_rng(0)
    pictures = []
    for _ in range(12):  # paper, a little darker towards an edge, with grain
        light = np.linspace(200, random.uniform(215, 245), 160)[None, :, None]
        paper = light + random.normal(0, 3, (120, 160, 3))
        pictures.append(Image.fromarray(np.clip(paper, 0, 255).astype(np.uint8)))
        pictures[-1] = pictures[-1].transpose(TURNS[1 + len(pictures) % 7])
    assert len(turned.candidates(prints_of(pictures)["grey"])) == 0


def test_round_things_on_white_are_no_copies_of_one_another():
    random = np.random.default_rng(2)
    pictures = []
    for _ in range(30):
        picture = Image.new("RGB", (160, 160), (250, 250, 250))
        radius, shade = random.uniform(20, 70), int(random.integers(20, 200))
        box = (80 - radius, 80 - radius, 80 + radius, 80 + radius)
        ImageDraw.Draw(picture).ellipse(box, fill=(shade, shade, shade))
        pictures.append(picture.filter(ImageFilter.GaussianBlur(1)))
    assert len(near_copies.pairs_of_turned(prints_of(pictures))) == 0
