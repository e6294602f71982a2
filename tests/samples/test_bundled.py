"""The bundled sample pictures: many, varied, the same for the same seed."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tl_core.datasets import manifest
from tl_core.intake import importing
from tl_core.samples import bundled, photographs
from tl_core.samples.fruits import FRUITS
from tl_core.samples.glasses import glass_of_juice
from tl_core.samples.surfaces import Noise

DATASET = "0123456789abcdef0123456789abcdef"


def test_enough_classes_and_pictures_are_promised() -> None:
    fruit = bundled.SETS["samples"]
    assert tuple(each.name for each in FRUITS) == fruit.kinds == bundled.CLASSES
    assert len(fruit.kinds) >= 5
    assert fruit.each >= 100


@pytest.mark.parametrize("which", bundled.SETS)
def test_files_are_made_by_kind_and_by_seed(which: bundled.Bundled, tmp_path: Path) -> None:
    contents = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        bundled.make(tmp_path / name, seed, which=which, each=2)
        files = sorted((tmp_path / name).rglob("*.jpg"))
        assert [file.parent.name for file in files] == sorted(2 * list(bundled.SETS[which].kinds))
        contents.append([file.read_bytes() for file in files])
    assert contents[0] == contents[1]
    assert contents[0] != contents[2]


@pytest.mark.parametrize("which", bundled.SETS)
@pytest.mark.parametrize("kind", range(6))
def test_pictures_are_varied_and_never_blank(which: bundled.Bundled, kind: int) -> None:
    noise = Noise(np.random.default_rng(0))
    seen = []
    for number in range(kind, kind + 24, 6):
        data = photographs.photograph(which, number, np.random.default_rng([9, number]), noise)
        picture = np.asarray(Image.open(io.BytesIO(data)))
        assert picture.shape == (photographs.SIZE_PX, photographs.SIZE_PX, 3)
        assert picture.std() > 8
        seen.append(picture)
    assert len({picture.tobytes() for picture in seen}) == 4


def test_levels_fill_the_scale_evenly() -> None:
    levels = [bundled.level(number) for number in range(bundled.SETS["samples:juice"].each)]
    assert np.histogram(levels, bins=10, range=(0, 100))[0].tolist() == pytest.approx(
        [30] * 10, abs=2
    )
    assert len(set(levels)) > 290


def test_the_glass_is_filled_as_high_as_is_told() -> None:
    """Between an empty and a filled glass of the same seed, only rows below the level differ much."""
    noise = Noise(np.random.default_rng(0))
    heights = []
    for level in (0.0, 25.0, 50.0, 75.0, 100.0):
        empty, filled = (
            glass_of_juice(each, 160, np.random.default_rng(4), noise) for each in (0.0, level)
        )
        changed = np.abs(filled - empty).max(axis=2) > 0.15
        heights.append(int(changed.any(axis=1).sum()))
    assert heights[0] == 0
    steps = np.diff(heights)
    assert steps.min() > 0
    assert steps[1:].max() <= steps[1:].min() + 3


def test_glasses_are_imported_with_their_number(home: Path, tmp_path: Path) -> None:
    bundled.make(tmp_path / "juice", which="samples:juice", each=12)
    with (tmp_path / "juice" / bundled.TABLE).open(encoding="utf-8") as table:
        told = {Path(line["file"]).name: line["percent full"] for line in csv.DictReader(table)}
    importing.ingest(tmp_path / "juice", DATASET)
    imported = manifest.load(DATASET)
    assert imported.targets == ("percent full",)
    assert imported.values is not None
    kept = {
        Path(str(name)).name: float(value)
        for name, value in zip(imported.names, imported.values[:, 0], strict=True)
    }
    assert kept == pytest.approx({name: float(level) for name, level in told.items()})
