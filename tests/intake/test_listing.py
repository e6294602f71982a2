"""Folders of this machine: what a person types, and what cannot be read."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tl_core.base.errors import UserError
from tl_core.base.settings import current
from tl_core.intake import listing, ways_to_read


@pytest.mark.parametrize(
    "text", ["", "no such", "~nobody-at-all/x", "x/" * 3000, "a" * 300, "a\0b"]
)
def test_what_can_be_no_folder_is_told_and_is_no_fault(text: str, home: Path) -> None:
    text = text or "\0"
    with pytest.raises(UserError) as caught:
        listing.source(text)
    assert caught.value.code == "source-missing"
    assert len(caught.value.message) < 300


def test_what_a_person_named_is_found(tmp_path: Path) -> None:
    assert listing.source(f"  {tmp_path}\n") == tmp_path


def test_a_linked_folder_is_named_and_is_no_class(
    home: Path, tmp_path: Path, picture_folder: Callable[..., Path]
) -> None:
    folder = picture_folder(classes=2, each=3)
    (tmp_path / "elsewhere").mkdir()
    (folder / "birds").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (folder / ".cache").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (folder / "labels.csv").symlink_to(tmp_path / "labels.csv")
    found = listing.of_folder(folder, current())
    assert found.folders == {"class 0", "class 1"}
    assert {aside.name: aside.code for aside in found.aside} == {
        "birds": "folder-link",
        "labels.csv": "picture-link",
    }
    assert ways_to_read.best(found).classes == ("class 0", "class 1")


def test_an_archive_in_a_folder_is_named_and_makes_no_class(
    home: Path, picture_folder: Callable[..., Path]
) -> None:
    folder = picture_folder(classes=2, each=3)
    (folder / "old").mkdir()
    for name in ("old/holiday.7z", "class 0/more.zip"):
        (folder / name).write_bytes(b"x")
    found = listing.of_folder(folder, current())
    assert {aside.name: aside.code for aside in found.aside} == {
        "old/holiday.7z": "archive-foreign",
        "class 0/more.zip": "archive-inside",
    }
    assert ways_to_read.best(found).classes == ("class 0", "class 1")


def test_too_many_files_are_told_with_the_folder(
    home: Path, picture_folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAFT_ENTRY_LIMIT", "5")
    folder = picture_folder(classes=2, each=3)
    with pytest.raises(UserError) as caught:
        listing.of_folder(folder, current())
    assert caught.value.code == "E-COUNT"
    assert folder.name in caught.value.message


def test_a_folder_that_may_not_be_opened_is_named(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "set" / name).mkdir(parents=True)
    scan = os.scandir

    def forbidding(path):
        if str(path).endswith("dog"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", forbidding)
    found = listing.of_folder(tmp_path / "set", current())
    assert [(aside.name, aside.code) for aside in found.aside] == [("dog", "folder-unreadable")]
