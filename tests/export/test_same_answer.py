"""One picture, one answer: in the app, from a bundle, and from the export with the script beside it.

The files are those that programs open differently; what is compared is the whole way from the bytes
of a file to the probabilities.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.export import made
from tests.export.test_originals import starter_model
from tests.modalities.picture.test_pictures import hard_photo
from tl_core.datasets import manifest
from tl_core.datasets.splits import TEST, Split
from tl_core.export import judged, package, parity
from tl_core.export.formats import keras_file, keras_zip
from tl_core.graft_files import bundle
from tl_core.intake import importing, originals
from tl_core.jobs import predictor
from tl_core.measures import unknowns
from tl_core.modalities import registry
from tl_core.modalities.picture import awkward, greys, pictures
from tl_core.modalities.picture.greys import Greys
from tl_core.modalities.picture.images import open_picture
from tl_core.models import persist
from tl_core.training import answering, light, unknown_pictures

pytestmark = pytest.mark.slow

AGREEMENT = 1e-4
STRANGERS = {
    "sticker.png": 208,
    "sticker.webp": 208,
    "grey_alpha.png": 220,
    "palette.png": None,
    "grey16.png": 128,
    "float.tiff": 128,
    "cmyk.jpg": None,
    "turned.jpg": None,
}
"""What strangers brought, and the mean grey that each comes to, where it can be told beforehand."""


@pytest.fixture
def strangers(tmp_path: Path) -> list[Path]:
    return made.strangers(tmp_path / "strangers")


@pytest.fixture
def files(strangers: list[Path], tmp_path: Path) -> list[Path]:
    """Those of strangers, and our own of every kind."""
    (tmp_path / "awkward").mkdir()
    return [*strangers, *awkward.write(tmp_path / "awkward")]


def in_app(model_dir: Path, files: list[Path]) -> np.ndarray:
    told = predictor.predict_with(model_dir, files)
    return np.array([list(answer.probabilities.values()) for answer in told])


def at_home(model_dir: Path, files: list[Path], folder: Path) -> np.ndarray:
    """Export, and ask the file by the script that travels with it, in a process without Graft."""
    folder.mkdir()
    keras_file.write(model_dir, folder / keras_file.MODEL)
    found = keras_zip.MODEL.ask(
        folder / keras_file.MODEL, tuple(files), persist.describe(model_dir)
    )
    return np.asarray(found)


def test_strangers_files_come_to_the_grey_that_they_show(strangers: list[Path]) -> None:
    for file in strangers:
        if STRANGERS.get(file.name):
            assert open_picture(file).mean() == pytest.approx(STRANGERS[file.name], abs=6), file
    told = [int(open_picture(file)[0, 0, 0]) for file in strangers if file.name[1:-4].isdigit()]
    by_value = dict(zip(sorted(map(str, made.SIXTEEN_BITS)), told, strict=True))
    assert [by_value[str(value)] for value in made.SIXTEEN_BITS] == [1, 1, 16, 19, 233]


@pytest.mark.parametrize(
    "scale",
    [
        pytest.param(Greys(), id="own", marks=pytest.mark.exhaustive),
        pytest.param(greys.of([greys.Extent("whole", 0, 5000)]), id="14"),
        pytest.param(None, id="each", marks=pytest.mark.exhaustive),
    ],
)
def test_every_awkward_file_has_one_answer_in_the_app_in_a_bundle_and_at_home(
    home: Path, files: list[Path], tmp_path: Path, scale: Greys | None
) -> None:
    model_dir = starter_model(home, scale)
    answers = in_app(model_dir, files)
    assert np.ptp(answers, axis=0).max() > 0.05, "a model that says the same of all proves nothing"

    found = at_home(model_dir, files, tmp_path / "export")
    differences = dict(
        zip([file.name for file in files], np.abs(answers - found).max(1), strict=True)
    )
    assert max(differences.values()) < AGREEMENT, differences

    bundle.write(model_dir, tmp_path / "model.graft")
    described = bundle.read(tmp_path / "model.graft", tmp_path / "elsewhere")
    assert described.read_by == scale
    assert not (tmp_path / "elsewhere" / light.ABOUT).exists()
    assert np.abs(in_app(tmp_path / "elsewhere", files) - answers).max() < AGREEMENT


def give_detector(model_dir: Path, files: list[Path]) -> None:
    """Let a model know files as different in kind as these are, but for every fourth, and be very careful."""
    described = persist.describe(model_dir)
    taught = [file for number, file in enumerate(files) if number % 4]
    opened = np.stack([answering.seen(described, file)[1] for file in taught])
    told, features = answering.seeing(model_dir)(opened)
    assert features is not None
    doubts, labels = unknowns.doubt(told), np.arange(len(taught)) % 2
    detector = unknowns.fit(features, labels, doubts, features, doubts)
    unknown_pictures.keep(model_dir, detector.taking(0.2))


@pytest.mark.exhaustive  # the journey reads what it prints, test_litert what it refuses
def test_the_script_itself_prints_what_the_app_says_and_what_is_none_of_these(
    home: Path, files: list[Path], tmp_path: Path
) -> None:
    model_dir = starter_model(home, Greys())
    give_detector(model_dir, files)
    found = predictor.predict_with(model_dir, files)
    (folder := tmp_path / "taken").mkdir()
    keras_file.write(model_dir, folder / keras_file.MODEL)
    script = keras_file.script(persist.describe(model_dir))
    (folder / keras_zip.MODEL.name).write_text(script, "utf-8")
    told = subprocess.run(
        [sys.executable, "-I", folder / keras_zip.MODEL.name, *files],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    lines = [line.split("\t") for line in told.stdout.splitlines() if "\t" in line]
    assert [line[0] for line in lines] == [str(file) for file in files]
    refused = [line[1] == "none of these" for line in lines]
    assert 0 < sum(refused) < len(files), "both verdicts are needed to prove anything"
    for line, answer, is_refused in zip(lines, found, refused, strict=True):
        assert is_refused == answer.is_unknown, line
        if not is_refused:
            most = max(answer.probabilities.values())
            assert answer.probabilities[line[1]] >= most - AGREEMENT
            assert float(line[2]) == pytest.approx(most, abs=0.001)


def test_an_export_is_compared_on_the_files_that_were_uploaded(
    home: Path, files: list[Path], tmp_path: Path
) -> None:
    for label in ("one", "two"):
        (tmp_path / "in" / label).mkdir(parents=True)
    for number, file in enumerate(files):
        shutil.copy(file, tmp_path / "in" / ("one", "two")[number % 2])
    dataset = manifest.load(
        importing.ingest(tmp_path / "in", "a" * 24, split=Split(test=0.6)).dataset
    )
    model_dir = starter_model(home, dataset.read_by)
    rows = np.flatnonzero(dataset.splits == TEST)
    stored = [pictures.picture_path(str(digest)) for digest in dataset.hashes[rows]]
    told = in_app(model_dir, stored)
    write_answers(model_dir.parent, dataset, rows, told)

    expected = judged.expected(model_dir.parent, persist.describe(model_dir))
    assert expected.originals == len(expected.pictures) == len(rows)
    uploaded = {path.read_bytes() for path in files}
    assert all(path.read_bytes() in uploaded for path in expected.pictures)
    found = at_home(model_dir, list(expected.pictures), tmp_path / "export")
    assert parity.compare(expected.answers, found).passed

    for digest in dataset.hashes:
        if own := originals.found(str(digest), registry.USUAL, dataset.read_by):
            own.path.unlink()
    without = judged.expected(model_dir.parent, persist.describe(model_dir))
    assert (without.originals, len(without.pictures)) == (0, len(rows))


@pytest.mark.exhaustive
def test_a_certificate_tells_what_it_made_that_the_browser_sent_photos_smaller(
    home: Path, tmp_path: Path
) -> None:
    pixels = np.asarray(hard_photo(2000, 1500))
    for label, seed in (("CON", 1), ("other", 2)):
        for number in range(6):
            photo = Image.fromarray(np.roll(pixels, 90 * number + seed, axis=1))
            for folder, picture in (
                (tmp_path / "in", photo.resize((1024, 768), Image.Resampling.LANCZOS)),
                (tmp_path / "in" / originals.WHOLE, photo),
            ):
                (folder / label).mkdir(parents=True, exist_ok=True)
                picture.save(folder / label / f"{number}.jpg", quality=92)
    dataset = manifest.load(importing.ingest(tmp_path / "in", "a" * 24).dataset)
    run = starter_model(home, dataset.read_by, spread=0.1).parent
    rows = np.flatnonzero(dataset.splits == TEST)
    stored = [pictures.picture_path(str(digest)) for digest in dataset.hashes[rows]]
    write_answers(run, dataset, rows, in_app(run / "model", stored))
    (run / "run.json").write_text(json.dumps({"dataset": dataset.id}))
    told = package.package(run, "keras", tmp_path / "out")["certificate"]
    assert told["passed"], told
    assert (told["made_smaller"], told["originals"], told["pictures"]) == (12, 0, len(rows))
    assert told["made_smaller_difference"] > AGREEMENT, "two ways of shrinking are never one"


def write_answers(run: Path, dataset: manifest.Dataset, rows: np.ndarray, told: np.ndarray) -> None:
    """Write what a run keeps of the pictures that it judged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {f"p_{k}": told[:, k] for k in range(told.shape[1])}
    named = {"picture": dataset.hashes[rows].tolist(), "name": dataset.names[rows].tolist()}
    table = pa.table({**named, "split": ["test"] * len(rows), **columns})
    pq.write_table(table, run / "predictions.parquet")
