"""Pictures of one video share a group, told by their names; videos themselves are named, not dropped."""

import secrets
from pathlib import Path

import pytest

from tests.intake.test_unlabelled import made
from tl_core.base.errors import UserError
from tl_core.datasets import division, manifest
from tl_core.intake import importing, videos
from tl_core.intake.candidates import Candidate


def test_names_tell_the_video_and_what_a_table_says_stays() -> None:
    names = [
        "a/x.mp4-0001.jpg",
        "a/x.mp4-0002.jpg",
        "b/x.MOV-0001.jpg",
        "a/mp4-0001.jpg",
        "a/1.jpg",
    ]
    files = [Candidate(name, Path(name), 0, -1) for name in names]
    assert [file.group for file in videos.together(files)] == [
        "a/x.mp4",
        "a/x.mp4",
        "b/x.MOV",
        "",
        "",
    ]
    told = [Candidate("a/x.mp4-0001.jpg", Path("x"), 0, -1, group="person 1")]
    assert videos.together(told)[0].group == "person 1"


def test_pictures_of_a_video_stay_in_one_part_also_when_they_are_divided_anew(
    home: Path, tmp_path: Path
) -> None:
    names = [
        f"{label}/{film}.webm-{k:04}.jpg"
        for label in "ab"
        for film in range(4)
        for k in range(1, 6)
    ]
    identifier = secrets.token_hex(12)
    importing.ingest(made(tmp_path / "in", *names), identifier)
    dataset = manifest.load(identifier)
    for seed in range(3):
        split = dataset.split.model_copy(update={"seed": seed})
        divided = division.divide(dataset, split)
        for group in set(divided.groups):
            assert len(set(divided.splits[divided.groups == group])) == 1
        assert (divided.counts() > 0).all()


@pytest.mark.parametrize("name", ["film.mp4", "a/FILM.MOV", "b/x.mkv"])
def test_a_video_that_came_as_a_file_is_set_aside_by_name(
    home: Path, tmp_path: Path, name: str
) -> None:
    root = made(tmp_path / "in", *(f"{label}/{k}.png" for label in "ab" for k in range(3)))
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_bytes(b"film")
    identifier = secrets.token_hex(12)
    importing.ingest(root, identifier)
    assert [(entry.name, entry.code) for entry in manifest.set_aside(identifier)] == [
        (name, "video")
    ]


def test_videos_alone_are_told_with_what_to_do(home: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "film.mp4").write_bytes(b"film")
    with pytest.raises(UserError) as caught:
        importing.ingest(tmp_path / "in", secrets.token_hex(12))
    assert "film.mp4" in caught.value.message
    assert "browser" in caught.value.hint
