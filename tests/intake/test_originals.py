"""A sample of what was uploaded, byte for byte, within its room."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tl_core.base.settings import current
from tl_core.datasets import manifest
from tl_core.datasets.splits import Split
from tl_core.intake import importing, originals
from tl_core.modalities import kept as files
from tl_core.modalities import registry
from tl_core.modalities.picture.greys import Greys

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


def kept(dataset: manifest.Dataset) -> dict[str, Path]:
    pairs = zip(dataset.names.tolist(), dataset.hashes.tolist(), strict=True)
    found = {
        name: originals.found(digest, registry.USUAL, dataset.read_by) for name, digest in pairs
    }
    return {name: one.path for name, one in found.items() if one}


def test_pictures_are_kept_byte_for_byte(home: Path, mixed: Path) -> None:
    importing.ingest(mixed, SET)
    dataset = manifest.load(SET)
    assert set(kept(dataset)) == set(dataset.names.tolist())
    for name, path in kept(dataset).items():
        assert path.read_bytes() == (mixed / name).read_bytes()


def test_rare_kinds_come_first_where_room_is_short(
    home: Path, mixed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAFT_ORIGINALS_BYTES", "50000")
    importing.ingest(mixed, SET, split=Split(test=0.5))
    dataset = manifest.load(SET)
    found = kept(dataset)
    assert 0 < sum(path.stat().st_size for path in found.values()) <= 50000
    tests = dataset.names.tolist()
    assert {Path(name).suffix for name in found} == {".jpg", ".png", ".tiff"}
    common = {name for name in tests if name.endswith(".jpg")}
    rare = set(tests) - common
    assert len(rare & set(found)) / len(rare) > len(common & set(found)) / len(common)
    assert len(found) < len(tests)


def test_none_are_kept_where_nobody_wants_them(
    home: Path, mixed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAFT_ORIGINALS_BYTES", "0")
    importing.ingest(mixed, SET)
    assert not kept(manifest.load(SET))


def test_a_person_may_choose_to_keep_none(home: Path, mixed: Path) -> None:
    originals.choose(False)
    importing.ingest(mixed, SET)
    assert not kept(manifest.load(SET))
    originals.choose(True)
    importing.ingest(mixed, "b" * 24)
    assert kept(manifest.load("b" * 24))


def test_an_original_goes_with_its_picture(home: Path, mixed: Path) -> None:
    importing.ingest(mixed, SET)
    dataset = manifest.load(SET)
    there = list(kept(dataset).values())
    files.collect(dataset.hashes)
    assert all(path.is_file() for path in there)
    files.collect([])
    assert not any(path.exists() for path in there)


def test_a_deep_grey_read_by_another_scale_is_no_original(home: Path, mixed: Path) -> None:
    importing.ingest(mixed, SET, split=Split(test=0.5))
    dataset = manifest.load(SET)
    rows = [i for i, name in enumerate(dataset.names) if name in kept(dataset)]
    other = Greys(whole=(0, 12345))
    found = [
        row for row in rows if originals.found(str(dataset.hashes[row]), registry.USUAL, other)
    ]
    assert found and all(not dataset.names[row].endswith(".tiff") for row in found)
    assert any(dataset.names[row].endswith(".tiff") for row in rows)


def test_photos_that_came_whole_beside_smaller_ones_are_no_pictures_of_their_own(
    home: Path, mixed: Path
) -> None:
    for file in sorted((mixed / "one").glob("*.jpg")):
        whole = mixed / originals.WHOLE / "one" / file.name
        whole.parent.mkdir(parents=True, exist_ok=True)
        Image.open(file).resize((500, 400)).save(whole)
    importing.ingest(mixed, SET, split=Split(test=0.5))
    dataset = manifest.load(SET)
    assert (dataset.classes, len(dataset)) == (("one", "two"), 40)
    assert originals.TOLD in dataset.notes
    found = {
        name: originals.found(digest, registry.USUAL, dataset.read_by)
        for name, digest in zip(dataset.names.tolist(), dataset.hashes.tolist(), strict=True)
    }
    larger = {name for name, one in found.items() if one and one.was_larger}
    assert larger and all(name.startswith("one/") and name.endswith(".jpg") for name in larger)
    for name in larger:
        assert found[name].path.read_bytes() == (mixed / originals.WHOLE / name).read_bytes()


def test_a_photo_that_came_whole_and_cannot_be_opened_is_not_kept(home: Path, mixed: Path) -> None:
    """Every export would be held against it, and fail for good."""
    files = sorted((mixed / "one").glob("*.jpg"))[:2]
    for file, content in zip(files, (files[0].read_bytes(), b"\xff\xd8\xff no photo"), strict=True):
        whole = mixed / originals.WHOLE / "one" / file.name
        whole.parent.mkdir(parents=True, exist_ok=True)
        whole.write_bytes(content)
    before = set(current().pictures_dir.glob("??/*"))
    importing.ingest(mixed, SET)
    dataset = manifest.load(SET)
    found = {
        name: originals.found(digest, registry.USUAL, dataset.read_by)
        for name, digest in zip(dataset.names.tolist(), dataset.hashes.tolist(), strict=True)
    }
    larger = {name for name, one in found.items() if one and one.was_larger}
    assert larger == {f"one/{files[0].name}"}
    assert len(dataset) == 40
    stored = {path.name.split(".")[0] for path in set(current().pictures_dir.glob("??/*")) - before}
    assert stored == set(dataset.hashes.tolist())
