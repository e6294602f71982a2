from pathlib import Path

from tl_core.serving import batches


def test_examples_come_back_as_they_were_joined():
    examples = [b"", b"\x00" * 70_000, Path("/a folder/ü.png"), b"last"]
    assert batches.parted(batches.joined(examples)) == examples
    assert batches.parted(batches.joined([])) == []


def test_a_path_is_made_absolute_because_the_child_works_elsewhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert batches.parted(batches.joined([Path("a.png")])) == [tmp_path.resolve() / "a.png"]
