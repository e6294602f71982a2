"""A picture of one data set that was made from a picture of another is found."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from tl_core.base import settings
from tl_core.modalities import registry
from tl_core.modalities.picture import pictures
from tl_core.quality import across_sets


def scene(seed):
    """Return a picture with structure of several sizes, as photos have it."""
    random = np.random.default_rng(seed)
    coarse, fine = (
        np.asarray(
            Image.fromarray(random.integers(0, 255, (cells, cells, 3)).astype(np.uint8)).resize(
                (192, 160), Image.Resampling.BICUBIC
            ),
            float,
        )
        for cells in (5, 17)
    )
    return Image.fromarray((0.6 * coarse + 0.4 * fine).astype(np.uint8))


@pytest.fixture
def stored(home):
    return lambda picture: pictures.store(picture, settings.current().pictures_dir, 1024)[0]


def test_the_same_a_smaller_a_mirrored_and_a_lighter_one_are_copies_and_another_is_not(stored):
    own = np.array([stored(scene(seed)) for seed in range(4)])
    first = scene(0)
    others = [
        first,
        first.resize((96, 80)),
        ImageOps.mirror(scene(1)),
        scene(2).point(lambda value: min(255, int(1.1 * value))),
        scene(9),
    ]
    hashes = np.array([stored(picture) for picture in others])
    found = across_sets.copied(hashes, own, registry.USUAL, lambda done, total: None)
    assert found.tolist() == [True, True, True, True, False]


def test_copies_among_the_others_alone_are_none_of_ours(stored):
    own, others = np.array([stored(scene(1))]), np.array([stored(scene(5)), stored(scene(5))])
    found = across_sets.copied(others, own, registry.USUAL, lambda done, total: None)
    assert not found.any()
