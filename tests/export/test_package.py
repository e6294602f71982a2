"""What a person takes home: a model that answers the same without Graft, and the proof of it."""

import hashlib
import inspect
import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tests.export import made
from tl_core.base.errors import UserError
from tl_core.export import package, parity
from tl_core.export.formats import registry
from tl_core.export.formats.format import Subject, Written
from tl_core.modalities.picture import opening, pictures
from tl_core.models import persist

RUN = "0123456789abcdef01234567"


def judged_run(home: Path) -> Path:
    """Write a run with a model, pictures of many sizes, and the app's answers."""
    run = home / "runs" / RUN
    described = made.whole_model(run / "model")
    model = persist.full_model(run / "model")
    generator = np.random.default_rng(5)
    digests, answers = [], []
    for height, width in [(32, 32), (50, 20), (33, 90), (64, 65)]:
        picture = generator.integers(0, 256, (height, width, 3), dtype=np.uint8)
        digest = hashlib.sha256(picture.tobytes()).hexdigest()
        file = pictures.picture_path(digest)
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(file, lossless=True)
        digests.append(digest)
        answers.append(np.asarray(model.predict_on_batch(picture[None]))[0])
    columns = {f"p_{k}": np.stack(answers)[:, k] for k in range(len(described.classes))}
    table = {"picture": digests, "name": digests, "split": ["test"] * len(digests)} | columns
    pq.write_table(pa.table(table), run / "predictions.parquet")
    return run


@pytest.mark.slow
def test_the_package_answers_as_the_app_does_without_graft(home: Path, tmp_path: Path) -> None:
    run = judged_run(home)
    told = package.package(RUN, "keras", tmp_path / "out")
    assert told["certificate"]["passed"], told
    assert told["certificate"]["pictures"] == 4
    file = Path(told["file"])
    assert RUN[:8] in file.name
    assert told["sha256"][:8] in file.name
    assert {p.name for p in (tmp_path / "out").iterdir()} == {file.name, Path(told["model"]).name}
    with zipfile.ZipFile(file) as archive:
        assert archive.read("model.keras") == Path(told["model"]).read_bytes()
        script = archive.read("use_model.py").decode()
    own = inspect.getsource(opening).partition("from PIL import Image\n")[2]
    assert own.strip() in script, "the script opens pictures otherwise than Graft does"
    assert told["certificate"]["awkward"] > 40

    taken = tmp_path / "elsewhere"
    with zipfile.ZipFile(file) as archive:
        archive.extractall(taken)
    assert json.loads((taken / "classes.json").read_text("utf-8")) == list(made.CLASSES)
    assert "answers as the app does" in (taken / "certificate.txt").read_text("utf-8")
    assert "Apache-2.0" in (taken / "LICENCES.txt").read_text("utf-8")
    assert (taken / "labels.txt").read_text("utf-8") == "CON\n<b>x\nü/z\n"
    assert "\\<b\\>x" in (taken / "MODEL_CARD.md").read_text("utf-8")
    readme = (taken / "README.md").read_text("utf-8")
    assert "python use_model.py" in readme and "`MODEL_CARD.md`" in readme
    certificate = json.loads((taken / "certificate.json").read_text("utf-8"))
    assert certificate == told["certificate"]
    assert certificate["seconds_each"] > 0 and certificate["machine"]
    assert certificate["file_bytes"] == (taken / "model.keras").stat().st_size
    assert {"Python", "Keras", "Graft"} <= {*certificate["versions"]}

    row = pq.read_table(run / "predictions.parquet").to_pylist()[1]
    picture = pictures.picture_path(row["picture"])
    child = subprocess.run(
        [sys.executable, "-I", str(taken / "use_model.py"), str(picture)],
        capture_output=True,
        text=True,
        cwd=taken,
        env={"PATH": "", "PYTHONIOENCODING": "utf-8", "HOME": str(tmp_path)},
        timeout=300,
        check=True,
    )
    _, label, sure = child.stdout.strip().splitlines()[-1].split("\t")
    answers = [row[f"p_{k}"] for k in range(len(made.CLASSES))]
    assert label == made.CLASSES[int(np.argmax(answers))]
    assert float(sure) == pytest.approx(max(answers), abs=1e-3)


def test_a_run_without_model_and_an_unknown_format_are_refused(home: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError) as refusal:
        package.package(RUN, "keras", tmp_path)
    assert refusal.value.code == "no-model"
    with pytest.raises(UserError) as refusal:
        package.package(RUN, "pickle", tmp_path)
    assert all(known.name in refusal.value.hint for known in registry.FORMATS)


def test_a_certificate_fails_on_any_other_label_or_a_difference_too_large() -> None:
    answers = np.array([[0.7, 0.3], [0.2, 0.8]], np.float32)
    assert parity.compare(answers, answers + 5e-5).passed
    assert not parity.compare(answers, answers + np.float32(1e-3)).passed
    swapped = parity.compare(answers, answers[:, ::-1])
    assert (swapped.passed, swapped.label_agreement) == (False, 0.0)
    assert "NOT" in swapped.as_text()


def test_nothing_compared_is_no_proof() -> None:
    certificate = parity.compare(np.zeros((0, 3)), np.zeros((0, 3)))
    assert not certificate.passed
    assert "nothing could be compared" in certificate.as_text()
    assert json.loads(certificate.as_json())["largest_difference"] is None


def test_a_model_that_is_a_folder_lies_whole_in_the_zip_and_is_not_asked_where_it_cannot_run(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(subject: Subject, folder: Path) -> Written:
        (inner := folder / "model.thing" / "inner").mkdir(parents=True)
        (inner / "weights.bin").write_bytes(bytes(700))
        (folder / "model.thing" / "network.xml").write_text("<net/>")
        return Written(folder / "model.thing", note="Made today.")

    def ask(file: Path, shown: tuple[Path, ...], described: persist.Description) -> np.ndarray:
        raise AssertionError("it cannot run here")

    made.described_only(home / "runs" / RUN / "model", ("a", "b"), 2)
    elsewhere = replace(
        registry.get("keras"),
        name="thing",
        write=write,
        ask=ask,
        cannot_run=lambda: "It runs elsewhere.",
        alone="",
    )
    monkeypatch.setattr(registry, "FORMATS", (*registry.FORMATS, elsewhere))
    told = package.package(RUN, "thing", tmp_path)
    assert "model" not in told
    assert (told["certificate"]["passed"], told["certificate"]["file_bytes"]) == (None, 706)
    with zipfile.ZipFile(told["file"]) as archive:
        assert {"model.thing/inner/weights.bin", "model.thing/network.xml"} <= {*archive.namelist()}
        assert "It runs elsewhere." in archive.read("certificate.txt").decode()
        assert "It runs elsewhere." in archive.read("MODEL_CARD.md").decode()
