"""Which rows a training reads: only training pictures are ever changed."""

import numpy as np
import pytest

from tl_core.config import TrainConfig
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION
from tl_core.encoding.encode import encode
from tl_core.encoding.features import Fresh
from tl_core.encoding.job import resolve
from tl_core.modalities.picture import augment

CHANGED = {"flip": True, "rotate": 40, "hue": 90, "image_size_px": 32}


@pytest.mark.parametrize("views", [0, 2])
def test_validation_and_test_pictures_are_never_changed(made_dataset, monkeypatch, views):
    dataset = made_dataset()
    changed: set[str] = set()
    plain = augment.change

    def noted(picture, config, picture_hash, view):
        if view:
            changed.add(picture_hash)
        return plain(picture, config, picture_hash, view)

    monkeypatch.setattr(augment, "change", noted)
    config = TrainConfig(backbone="mobilenet_025", trainable_stages=14, views=views, **CHANGED)
    job = resolve(dataset, config)
    assert job.trunk is None  # rows are pixels: what is read can be looked at
    rows = job.rows()
    encode(rows, job.wanted(), job.read, lambda pixels: pixels)
    learnt = set(dataset.hashes[dataset.splits == TRAIN])
    for part in (TRAIN, VALIDATION, TEST):
        features = job.features(rows, lambda pixels: pixels, part)
        everyone = np.arange(len(features))
        one, other = features.batch(everyone, 1), features.batch(everyone, 2)
        assert np.array_equal(one, other) == (part != TRAIN)
        assert isinstance(features, Fresh) == (part == TRAIN and views == 0)
    assert changed == learnt
