"""Folders of this machine: what a person types, and what cannot be read."""

import os
from pathlib import Path

import pytest

from tl_core.data import listing
from tl_core.errors import UserError
from tl_core.settings import current


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
