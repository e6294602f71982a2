"""Files that are never half there, and what a person chose."""

import errno

import pytest

from tl_core.base import choices, files


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "deep" / "file.json"
    files.write_whole(path, b"one")

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="space"):
        files.write_whole(path, b"two")
    assert path.read_bytes() == b"one"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "null"])
def test_a_choice_that_cannot_be_read_is_none(home, text):
    assert choices.chosen("colour", "shade") is None
    choices.choose("colour", "shade", 7)
    assert choices.chosen("colour", "shade") == 7
    (home / "colour.json").write_text(text)
    assert choices.chosen("colour", "shade") is None


@pytest.mark.parametrize("kind", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_from_other_faults(kind):
    assert files.is_disk_full(OSError(kind, "full"))
    assert not files.is_disk_full(OSError(errno.EACCES, "not allowed"))
    assert not files.is_disk_full(OSError("no number"))
