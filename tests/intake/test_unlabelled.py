"""Pictures without a class: which are kept to be answered, and that nothing learns from them."""

import secrets
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import made_picture
from tl_core.base.errors import UserError
from tl_core.datasets import manifest
from tl_core.intake import arrival, importing, unlabelled
from tl_core.modalities.picture import pictures


def made(root: Path, *names: str) -> Path:
    for number, name in enumerate(names):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shown = made_picture(number % 8, np.random.default_rng(number))
        Image.fromarray(shown).save(path)
    return root


def spread(folder: str, count: int = 4) -> list[str]:
    return [f"{folder}/{number}.png" for number in range(count)]


def taken(source: Path, **how) -> tuple[manifest.Dataset, unlabelled.Unlabelled]:
    identifier = secrets.token_hex(12)
    importing.ingest(source, identifier, **how)
    return manifest.load(identifier), unlabelled.load(identifier)


@pytest.mark.parametrize(
    "folder",
    ["test", "Testing", "test1", "test_images", "unlabeled", "unlabelled/deep", "val", "Test Set"],
)
@pytest.mark.parametrize("outer", ["", "data/"])
def test_a_part_without_classes_is_kept_to_be_answered(
    home: Path, tmp_path: Path, folder: str, outer: str
) -> None:
    classes = [*spread(f"{outer}train/a"), *spread(f"{outer}train/b")]
    root = made(tmp_path / "in", *classes, *spread(f"{outer}{folder}", 3))
    dataset, waiting = taken(root)
    assert dataset.classes == ("a", "b")
    assert len(dataset) == 8
    assert sorted(waiting.names) == spread(f"{outer}{folder}", 3)
    assert all(pictures.picture_path(digest).exists() for digest in waiting.hashes)
    assert manifest.set_aside(dataset.id) == []
    assert (dataset.counts().sum(axis=0) > 0).all()


def test_given_parts_stay_where_a_third_has_no_classes(home: Path, tmp_path: Path) -> None:
    names = [name for part in ("train", "val") for c in "ab" for name in spread(f"{part}/{c}")]
    dataset, waiting = taken(made(tmp_path / "in", *names, *spread("test", 5)))
    assert len(waiting) == 5
    assert dataset.given is not None
    assert set(dataset.splits[[str(n).startswith("val/") for n in dataset.names]]) == {1}


def test_a_class_called_test_stays_a_class(home: Path, tmp_path: Path) -> None:
    dataset, waiting = taken(made(tmp_path / "in", *spread("test"), *spread("control")))
    assert dataset.classes == ("control", "test")
    assert len(waiting) == 0


def test_a_labelled_test_part_stays_one(home: Path, tmp_path: Path) -> None:
    names = [name for part in ("train", "test") for c in "ab" for name in spread(f"{part}/{c}")]
    dataset, waiting = taken(made(tmp_path / "in", *names))
    assert len(dataset) == 16
    assert len(waiting) == 0


def test_a_loose_picture_beside_the_classes_is_told_as_before(home: Path, tmp_path: Path) -> None:
    root = made(tmp_path / "in", *spread("x/a"), *spread("x/b"), "x/loose.png")
    dataset, waiting = taken(root)
    assert len(waiting) == 0
    assert [entry.code for entry in manifest.set_aside(dataset.id)] == ["picture-loose"]


def test_what_a_table_does_not_name_in_a_test_folder_is_kept(home: Path, tmp_path: Path) -> None:
    root = made(tmp_path / "in", *spread("train", 8), *spread("test", 3), "train/more.png")
    lines = [f"train/{number}.png,{'ab'[number % 2]}" for number in range(8)]
    table = tmp_path / "labels.csv"
    table.write_text("\n".join(["file,label", *lines]))
    dataset, waiting = taken(root, targets=table)
    assert sorted(waiting.names) == spread("test", 3)
    assert [entry.name for entry in manifest.set_aside(dataset.id)] == ["train/more.png"]


def test_what_cannot_be_opened_is_set_aside_by_name(home: Path, tmp_path: Path) -> None:
    root = made(tmp_path / "in", *spread("train/a"), *spread("train/b"), *spread("test", 2))
    (root / "test" / "0.png").write_bytes(b"no picture")
    dataset, waiting = taken(root)
    assert waiting.names.tolist() == ["test/1.png"]
    assert [entry.name for entry in manifest.set_aside(dataset.id)] == ["test/0.png"]


def test_pictures_added_later_keep_what_is_to_be_answered(home: Path, tmp_path: Path) -> None:
    first, _ = taken(
        made(tmp_path / "one", *spread("train/a"), *spread("train/b"), *spread("test", 2))
    )
    more = made(tmp_path / "two", *(name.replace(".png", "x.png") for name in spread("a", 12)))
    both, waiting = taken(more, addition=arrival.Addition(first.id, ""))
    assert len(both) > len(first)
    assert sorted(waiting.names) == spread("test", 2)


def test_nothing_can_be_trained_on_unlabelled_pictures_alone(home: Path, tmp_path: Path) -> None:
    dataset, _ = taken(made(tmp_path / "in", *spread("unlabelled")))
    with pytest.raises(UserError) as caught:
        manifest.require_trainable(dataset)
    assert caught.value.code == "one-class"


def test_a_damaged_list_says_which_file_it_is(home: Path, tmp_path: Path) -> None:
    root = made(tmp_path / "in", *spread("train/a"), *spread("train/b"), *spread("test", 3))
    dataset, _ = taken(root)
    file = manifest.folder(dataset.id) / unlabelled.FILE
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(UserError) as caught:
        unlabelled.load(dataset.id)
    assert caught.value.code == "unlabelled-damaged"
    assert str(file) in caught.value.message
