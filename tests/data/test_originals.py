"""A sample of what was uploaded, byte for byte: of the pictures that are judged, within its room."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tl_core.data import datasets, intake, originals, pictures
from tl_core.data.greys import Greys
from tl_core.data.splits import TEST, Split

SET = "a" * 24


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Forty pictures of two classes: JPEGs, and some of each rarer kind in every class."""
    generator = np.random.default_rng(4)
    for label in ("one", "two"):
        (tmp_path / "in" / label).mkdir(parents=True)
        for number in range(20):
            pixels = generator.integers(0, 256, (40, 50, 4), dtype=np.uint8)
            stem = tmp_path / "in" / label / f"{number:02}"
            if number % 5 == 0:
                Image.fromarray(pixels).save(stem.with_suffix(".png"))
            elif number % 5 == 1:
                deep = pixels[..., 0].astype(np.uint16) * 9
                Image.fromarray(deep).save(stem.with_suffix(".tiff"))
            else:
                Image.fromarray(pixels[..., :3]).save(stem.with_suffix(".jpg"))
    return tmp_path / "in"


def kept(dataset: datasets.Dataset) -> dict[str, Path]:
    pairs = zip(dataset.names.tolist(), dataset.hashes.tolist(), strict=True)
    found = {name: originals.found(digest, dataset.greys) for name, digest in pairs}
    return {name: path for name, path in found.items() if path}


def test_test_pictures_are_kept_byte_for_byte(home: Path, mixed: Path) -> None:
    intake.ingest(mixed, SET)
    dataset = datasets.load(SET)
    tests = set(dataset.names[dataset.splits == TEST].tolist())
    assert tests and set(kept(dataset)) == tests
    for name, path in kept(dataset).items():
        assert path.read_bytes() == (mixed / name).read_bytes()


def test_rare_kinds_come_first_where_room_is_short(
    home: Path, mixed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAFT_ORIGINALS_BYTES", "50000")
    intake.ingest(mixed, SET, split=Split(test=0.5))
    dataset = datasets.load(SET)
    found = kept(dataset)
    assert 0 < sum(path.stat().st_size for path in found.values()) <= 50000
    tests = dataset.names[dataset.splits == TEST].tolist()
    assert {Path(name).suffix for name in found} == {".jpg", ".png", ".tiff"}
    common = {name for name in tests if name.endswith(".jpg")}
    rare = set(tests) - common
    assert len(rare & set(found)) / len(rare) > len(common & set(found)) / len(common)
    assert len(found) < len(tests)


def test_none_are_kept_where_nobody_wants_them(
    home: Path, mixed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAFT_ORIGINALS_BYTES", "0")
    intake.ingest(mixed, SET)
    assert not kept(datasets.load(SET))


def test_an_original_goes_with_its_picture(home: Path, mixed: Path) -> None:
    intake.ingest(mixed, SET)
    dataset = datasets.load(SET)
    there = list(kept(dataset).values())
    pictures.collect(dataset.hashes)
    assert all(path.is_file() for path in there)
    pictures.collect([])
    assert not any(path.exists() for path in there)


def test_a_deep_grey_read_by_another_scale_is_no_original(home: Path, mixed: Path) -> None:
    intake.ingest(mixed, SET, split=Split(test=0.5))
    dataset = datasets.load(SET)
    rows = [i for i, name in enumerate(dataset.names) if name in kept(dataset)]
    other = Greys(whole=(0, 12345))
    found = [row for row in rows if originals.found(str(dataset.hashes[row]), other)]
    assert found and all(not dataset.names[row].endswith(".tiff") for row in found)
    assert any(dataset.names[row].endswith(".tiff") for row in rows)
