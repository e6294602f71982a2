"""Classes and parts, read off folders as people make them."""

import pytest

from tl_core.base.errors import UserError
from tl_core.datasets.splits import TEST, TRAIN, UNSET, VALIDATION
from tl_core.intake import folders, layout


def classes_of(*paths: str, within: tuple[str, ...] = (), others: tuple[str, ...] = ()) -> tuple:
    return folders.read(paths, within, others).classes


def code_of(*paths: str) -> str:
    with pytest.raises(UserError) as caught:
        folders.read(paths)
    return caught.value.code


def test_a_sub_folder_is_a_class() -> None:
    found = folders.read(["cat/1.jpg", "dog/1.jpg", "cat/indoors/2.jpg"])
    assert found.classes == ("cat", "dog")
    assert [place and place.label for place in found.placed] == ["cat", "dog", "cat"]
    assert {place.part for place in found.placed if place} == {UNSET}


def test_extra_outer_folders_are_passed_over() -> None:
    assert classes_of("my set/v2/cat/1.jpg", "my set/v2/dog/1.jpg") == ("cat", "dog")


@pytest.mark.parametrize("name", ["val", "valid", "validation", "Validation"])
def test_train_validation_and_test_folders_are_kept_as_the_split(name: str) -> None:
    found = folders.read(
        [f"set/{part}/{label}/1.jpg" for part in ("train", name, "test") for label in "ab"]
    )
    assert found.classes == ("a", "b")
    parts = [place.part for place in found.placed if place]
    assert parts == [TRAIN, TRAIN, VALIDATION, VALIDATION, TEST, TEST]


def test_classes_may_be_called_test() -> None:
    assert classes_of("control/1.jpg", "test/1.jpg") == ("control", "test")


def test_a_stray_picture_beside_the_classes_is_loose_and_the_rest_is_used() -> None:
    found = folders.read(["set/preview.jpg", "set/cat/1.jpg", "set/dog/1.jpg"])
    assert found.classes == ("cat", "dog")
    assert found.placed[0] is None


def test_an_empty_folder_is_a_class_without_pictures() -> None:
    within = ("set", "set/cat", "set/dog", "set/owl")
    assert classes_of("set/cat/1.jpg", "set/dog/1.jpg", within=within) == ("cat", "dog", "owl")


def test_a_folder_of_notes_is_no_class_but_one_that_the_system_littered_is() -> None:
    within, others = ("cat", "dog", "docs", "owl"), ("docs/a.txt", "owl/Thumbs.db")
    assert classes_of("cat/1.jpg", "dog/1.jpg", within=within, others=others) == (
        "cat",
        "dog",
        "owl",
    )


def test_names_that_look_alike_are_one_class() -> None:
    assert classes_of("cafe\u0301/1.jpg", "caf\u00e9/2.jpg", "tea/1.jpg") == ("café", "tea")


@pytest.mark.parametrize("name", ["<b>bold", "=1+1", "😀", "قطة", "CON", "a.", "a "])
def test_class_names_are_data(name: str) -> None:
    assert name in classes_of(f"{name}/1.jpg", "other/1.jpg")


def test_what_is_missing_is_said() -> None:
    assert code_of() == "no-pictures"
    assert code_of("1.jpg", "2.jpg") == "no-classes"
    assert code_of("cat/1.jpg", "cat/2.jpg") == "one-class"


@pytest.mark.parametrize(
    "path",
    ["__MACOSX/a/._1.jpg", "a/.DS_Store", "a/Thumbs.db", "a/notes.txt", "a/set.zip", ".git/x.png"],
)
def test_junk_is_told_from_pictures(path: str) -> None:
    assert layout.is_junk(path)


@pytest.mark.parametrize("path", ["a/1.JPG", "a/1.heic", "a/drawing.svg", "a/noending"])
def test_what_may_be_a_picture_is_not_junk(path: str) -> None:
    assert not layout.is_junk(path)


def notes_of(*paths: str) -> str:
    return " ".join(folders.read(paths).notes)


def test_a_train_folder_beside_another_is_taken_as_a_class_and_that_is_said() -> None:
    note = notes_of("train/cat/1.jpg", "unlabeled/2.jpg")
    assert "train" in note
    assert "unlabeled" in note
    assert not notes_of("train/cat/1.jpg", "train/dog/1.jpg", "test/cat/2.jpg")


def test_classes_that_look_alike_are_pointed_out() -> None:
    assert "“Cat” and “cat”" in notes_of("Cat/1.jpg", "cat/2.jpg", "dog/1.jpg")
    assert "look alike" in notes_of("ca\u200bt/1.jpg", "cat/2.jpg")
    assert "cannot be seen" in notes_of("ca\u200bt/1.jpg", "dog/2.jpg")
    # A joiner that shapes an emoji or a Persian word belongs there.
    assert not notes_of("👩\u200d🌾/1.jpg", "می\u200cخواهم/1.jpg", "dog/1.jpg")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"cat/a.jpg", "cat/a.jpg"),
        ("Bl\u00fcte/\u00e9.jpg".encode(), "Bl\u00fcte/\u00e9.jpg"),
        (b"Bl\xfcte/\xc3\xa9.jpg", "Bl\u00fcte/\u00e9.jpg"),
    ],
)
def test_bytes_that_are_no_text_become_some(raw, shown):
    assert layout.readable(raw.decode("utf-8", "surrogateescape")) == shown


def test_half_a_sign_becomes_a_question_mark():
    assert layout.readable("\ud83d/a") == "?/a"


def test_names_are_sorted_as_a_person_does_whatever_numbers_they_hold() -> None:
    names = ["10", "9", "a10", "a9", "B2", "b10", "007", "x" + "9" * 5000, "x1", "2.5", "2.10"]
    assert sorted(names, key=layout.order) == [
        *("2.5", "2.10", "007", "9", "10", "a9", "a10", "B2", "b10", "x1"),
        "x" + "9" * 5000,
    ]
