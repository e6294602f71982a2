"""The program that travels with a model: whatever runs it, pictures are opened and brought to size as in the app."""

import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.export import made
from tl_core.export.formats import script
from tl_core.export.formats.script import Backend
from tl_core.models import persist
from tl_core.training import answering

MEANS = Backend(
    file="predict.py",
    packages="nothing",
    load='''
names, stored = ["a", "b"], None
SEEN = []


def asked(opened):
    """Answer by the mean of what a network of one size would see."""
    SEEN.append(fitted(opened[0]))
    share = np.float32(SEEN[-1].mean() / 255)
    return np.array([[share, 1 - share]], np.float32), None
''',
    is_fixed=True,
)


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    (folder := tmp_path / "in").mkdir()
    random = np.random.default_rng(3)
    for width, height in ((20, 700), (65, 64), (300, 211)):
        pixels = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{width}.png")
    clear = random.integers(0, 256, (90, 300, 4), dtype=np.uint8)
    Image.fromarray(clear).save(folder / "clear.webp", lossless=True)
    Image.fromarray(clear[..., :3]).save(folder / "photo.jpg")
    return sorted(folder.iterdir())


@pytest.mark.parametrize(
    ("fit", "stored_side"), [("squash", 0), ("crop", 256), ("pad", 256)], ids=str
)
def test_a_model_of_one_size_sees_in_the_script_the_very_pixels_that_it_sees_in_the_app(
    fit: str, stored_side: int, pictures: list[Path], tmp_path: Path
) -> None:
    described = persist.describe(made.described_only(tmp_path / "m", ("a", "b"), 2))
    described = described.model_copy(update={"resize": fit, "stored_side_px": stored_side})
    (tmp_path / MEANS.file).write_text(script.of(described, MEANS), "utf-8")
    taken = runpy.run_path(str(tmp_path / MEANS.file))
    for picture in pictures:
        taken["answered"](taken["open_picture"](picture)[None])
        seen = answering.seen(described, picture, is_timed=False)[1]
        assert np.array_equal(taken["SEEN"][-1], seen), picture.name


def test_the_script_prints_an_answer_and_needs_nothing_of_graft(
    pictures: list[Path], tmp_path: Path
) -> None:
    described = persist.describe(made.described_only(tmp_path / "m", ("a", "b"), 2))
    (tmp_path / MEANS.file).write_text(script.of(described, MEANS), "utf-8")
    told = subprocess.run(
        [sys.executable, "-I", tmp_path / MEANS.file, *pictures[:2]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line.split("\t") for line in told.stdout.splitlines()]
    assert [line[0] for line in lines] == [str(path) for path in pictures[:2]]
    assert all(line[1] in "ab" and 0.5 <= float(line[2]) <= 1 for line in lines)
    (model := tmp_path / "model.bin").write_bytes(b"")
    found = script.ask(MEANS, model, pictures[:2], described)
    assert found.outputs.max(axis=1) == pytest.approx([float(line[2]) for line in lines], abs=1e-3)


@pytest.mark.parametrize("kind", ["classify", "multilabel", "regress"])
def test_the_program_of_every_task_is_well_formed(kind: str, tmp_path: Path) -> None:
    described = persist.describe(made.described_only(tmp_path / "m", ("a", "b"), 2))
    program = script.of(described.model_copy(update={"task": kind}), MEANS)
    compile(program, MEANS.file, "exec")
