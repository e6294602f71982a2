"""The bundled sample pictures: many, varied, the same for the same seed."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tl_core.data import samples
from tl_core.data.still_life import FRUITS
from tl_core.data.surfaces import Noise


def test_enough_classes_and_pictures_are_promised() -> None:
    assert len(samples.CLASSES) >= 5
    assert samples.EACH >= 100


def test_files_are_made_by_class_and_by_seed(tmp_path: Path) -> None:
    contents = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        samples.make(tmp_path / name, seed, each=1)
        files = sorted((tmp_path / name).rglob("*.jpg"))
        assert [file.parent.name for file in files] == list(samples.CLASSES)
        contents.append([file.read_bytes() for file in files])
    assert contents[0] == contents[1]
    assert contents[0] != contents[2]


@pytest.mark.parametrize("fruit", FRUITS, ids=lambda fruit: fruit.name)
def test_pictures_are_varied_and_never_blank(fruit: object) -> None:
    noise = Noise(np.random.default_rng(0))
    seen = []
    for number in range(4):
        data = samples.photograph(fruit, np.random.default_rng([9, number]), noise)  # type: ignore[arg-type]
        picture = np.asarray(Image.open(io.BytesIO(data)))
        assert picture.shape == (samples.SIZE_PX, samples.SIZE_PX, 3)
        assert picture.std() > 8
        seen.append(picture)
    assert len({picture.tobytes() for picture in seen}) == 4
