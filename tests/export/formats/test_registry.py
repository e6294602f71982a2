"""A format is one module and one line: everybody who offers formats reads the registry."""

import ast
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from functools import cache
from importlib import metadata
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tests.export import made
from tests.export.formats import npz
from tl_core import __main__ as command_line
from tl_core import store
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.export import judged, package, parity
from tl_core.export.formats import beside, registry
from tl_core.export.formats.format import Subject
from tl_core.export.formats.needed_package import Package
from tl_core.jobs import exporter
from tl_core.modalities.picture import pictures
from tl_core.models import persist
from tl_core.training.results import MODEL_DIR

ROOT = Path(__file__).resolve().parents[3]
REGISTRY = "tl_core/export/formats/registry.py"
FORMAT_NAMES = {"keras", "bundle"}
"""A project is a kind of row, too, which has the same name everywhere; see below."""
OTHER_MEANINGS = {
    (
        "tl_core/home/arrived_model.py",
        "bundle",
    ),  # how data sets of arrived models were marked so far
    ("tl_core/commands/doctor.py", "keras"),  # the library
    ("tl_core/export/estimate.py", "keras"),  # the library
    ("tl_core/evaluation/report/contents.py", "keras"),  # the library
    ("pages/parts/settings/sections.py", "keras"),  # the library
}
READERS = (
    "tl_core/export",
    "tl_core/jobs/exporter.py",
    "tl_core/jobs/kinds/packing.py",
    "tl_core/commands/arguments.py",
    "pages/parts/take_home",
    "pages/take_home.py",
)

VISIT = """
import json, re, sys, time
from streamlit.testing.v1 import AppTest
from pages.parts.shared import page_files
from tl_core.jobs import exporter

def told():
    return [element.value for kind in ("header", "subheader", "markdown", "success", "error", "code") for element in app.get(kind)]

app = AppTest.from_file("pages/main.py", default_timeout=120)
app.query_params["run"] = sys.argv[1]
app.run()
app.switch_page(page_files.TAKE_HOME).run()
offered = told()
app.button(key="pack-npz").click().run()
while exporter.is_working(sys.argv[1], "npz"):
    time.sleep(0.5)
app.run()
links = [element.proto.body for element in app.get("html")]
print(json.dumps({"offered": offered, "packed": told(), "links": links, "faults": [e.value for e in app.exception]}))
"""


@pytest.fixture
def judged_run(home: Path, made_dataset) -> str:
    """A finished run in the store with a model, stored pictures and the app's answers about them."""
    dataset, run_id = made_dataset(classes=2, each=8), ids.new()
    folder = ids.run_folder(run_id)
    described = made.whole_model(folder / MODEL_DIR)
    model = persist.full_model(folder / MODEL_DIR)
    random, digests, answers = np.random.default_rng(5), [], []
    for height, width in [(32, 32), (50, 20), (33, 90), (64, 65)]:
        picture = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
        digests.append(hashlib.sha256(picture.tobytes()).hexdigest())
        file = pictures.picture_path(digests[-1])
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(file, lossless=True)
        answers.append(np.asarray(model.predict_on_batch(picture[None]))[0])
    columns = {f"p_{k}": np.stack(answers)[:, k] for k in range(len(described.classes))}
    table = {"picture": digests, "name": digests, "split": ["test"] * len(digests)} | columns
    pq.write_table(pa.table(table), folder / "predictions.parquet")
    return ended(run_id, dataset.id)


def ended(run_id: str, dataset_id: str) -> str:
    """Note a run as one that has ended; return its id."""
    store.create_dataset(store.create_project("Leaves"), "Leaves", dataset_id=dataset_id)
    store.dataset_ready(dataset_id, {"pictures": 16, "classes": {}, "splits": {}})
    numbers = {"task": "classify", "test": {"count": 4}, "test_accuracy": 1.0}
    kept = TrainConfig().model_dump(mode="json")
    return store.add_run(dataset_id, "First", kept, "a click", run_id=run_id, metrics=numbers)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Graft with one format more: a copy of its code, one module added and one line in the registry."""
    place = tmp_path_factory.mktemp("house")
    for name in ("tl_core", "pages"):
        shutil.copytree(ROOT / name, place / name)  # compiled as it is
    (place / "assets").symlink_to(ROOT / "assets")
    for name in ("app.py", "pyproject.toml", ".streamlit"):
        if (ROOT / name).exists():
            (place / name).symlink_to(ROOT / name)
    shutil.copyfile(npz.__file__, place / "tl_core/export/formats/npz.py")
    lines = (place / REGISTRY).read_text("utf-8")
    own, seam = (
        "from tl_core.export.formats import npz\n",
        "from tl_core.export.formats.format import",
    )
    for before, after in (
        (seam, own + seam),
        ("    project.FORMAT,\n", "    project.FORMAT,\n    npz.FORMAT,\n"),
    ):
        assert lines.count(before) == 1
        lines = lines.replace(before, after)
    (place / REGISTRY).write_text(lines, "utf-8")
    return place


def log(run_id: str) -> str:
    """Return what the exporter's child told."""
    return (ids.run_folder(run_id) / "exports" / ".npz" / "log.txt").read_text("utf-8")[-3000:]


def in_house(house: Path, *words: str) -> str:
    child = subprocess.run(
        [sys.executable, *words],
        cwd=house,
        env={**os.environ, "PYTHONPATH": str(house)},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert child.returncode == 0, child.stderr[-3000:]
    return child.stdout


def test_the_help_of_the_command_line_tells_a_new_format(house: Path, home: Path) -> None:
    words = " ".join(in_house(house, "-m", "tl_core", "export", "--help").split())
    assert "npz: weights and labels as arrays of NumPy" in words
    for known in registry.FORMATS:
        assert f"{known.name}: {known.help}" in words


@pytest.mark.slow
def test_page_exporter_and_certificate_offer_a_new_format(house: Path, judged_run: str) -> None:
    seen = json.loads(in_house(house, "-c", VISIT, judged_run).splitlines()[-1])
    assert seen["faults"] == []
    assert {"For NumPy", "Layers, weights and labels as arrays."} <= {*seen["offered"]}
    assert f"# {json.dumps(made.CLASSES)}" in seen["offered"], "its guide is missing"
    assert any("It answers as the app does." in text for text in seen["packed"]), log(judged_run)
    assert any("/graft/download/" in link and "Download" in link for link in seen["links"])

    (result,) = (ids.run_folder(judged_run) / "exports").glob("npz.[jp][sa][or][nt]")
    packed = json.loads(result.read_text("utf-8").splitlines()[-1])
    assert packed["format"] == "npz"
    assert packed["certificate"]["passed"] and packed["certificate"]["pictures"] == 4
    assert packed["certificate"]["awkward"] > 40
    with zipfile.ZipFile(packed["file"]) as archive:
        names = {*archive.namelist()}
        assert archive.read("certificate.txt").startswith(b"The model answers as the app does.")
        with archive.open("model.npz") as file:
            assert np.load(file)["labels"].tolist() == list(made.CLASSES)
    assert names == {"model.npz"} | {companion.name for companion in beside.SHARED}


@pytest.mark.slow
def test_its_certificate_fails_when_the_file_answers_otherwise(
    judged_run: str, tmp_path: Path
) -> None:
    folder = ids.run_folder(judged_run)
    described = persist.describe(folder / MODEL_DIR)
    file = npz.write(Subject(judged_run, "x", folder), tmp_path).file
    expected = judged.expected(folder, described)

    def certified() -> parity.Certificate:
        return parity.certify(lambda shown: npz.ask(file, shown, described), expected)

    assert certified().passed
    with np.load(file) as kept:
        arrays = dict(kept)
    last = max((name for name in arrays if name[-1].isdigit()), key=lambda name: int(name[8:]))
    arrays[last] = arrays[last] + 1e3 * np.arange(len(arrays[last]), dtype=np.float32)
    np.savez(file, **arrays)
    assert not certified().passed
    file.write_bytes(b"broken")
    with pytest.raises(UserError) as refusal:
        certified()
    assert refusal.value.code == "export-unreadable"


def test_a_format_whose_package_is_missing_is_offered_with_the_reason_and_refused(
    home: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    run_id = ids.new()
    made.described_only(ids.run_folder(run_id) / MODEL_DIR, made.CLASSES, len(made.CLASSES))
    ended(run_id, ids.new())
    need = Package("no-such-graft-package", "no_such_graft_package", "it writes such files.")
    lacking = replace(npz.FORMAT, packages=(need,))
    monkeypatch.setattr(registry, "FORMATS", (*registry.FORMATS, lacking))
    with pytest.raises(UserError) as refusal:
        package.package(run_id, "npz", tmp_path)
    assert refusal.value.code == "format-package"
    assert "it writes such files." in refusal.value.message
    with pytest.raises(UserError):
        exporter.start(run_id, "npz")
    words = ["export", run_id, "--format", "npz", "--out", str(tmp_path)]
    assert command_line.main(words) == 2
    assert "pip install no-such-graft-package" in capsys.readouterr().err


def test_a_package_that_is_too_old_is_told_with_both_versions_and_refused(monkeypatch) -> None:
    monkeypatch.setattr(metadata, "version", {"numpy": "1.9.2"}.__getitem__)
    need = Package("numpy", "numpy", "It counts.", "1.10")
    assert need.is_too_old and not need.is_here and need.wanted == "numpy>=1.10"
    assert need.lacking == (
        "It needs the package numpy in version 1.10 or later; 1.9.2 is installed."
    )
    with pytest.raises(UserError, match=r"1\.9\.2 is installed\. It counts") as refusal:
        replace(npz.FORMAT, packages=(need,)).require_packages()
    assert refusal.value.hint == "Run: pip install 'numpy>=1.10'"
    assert replace(need, least="1.9").is_here and replace(need, least="1.9.2").is_here


def test_packages_that_graft_comes_with_are_asked_for_in_its_own_least_versions() -> None:
    lines = (ROOT / "requirements.txt").read_text("utf-8")
    own = dict(re.findall(r"^([a-z0-9-]+)>=([0-9.]+)", lines, re.MULTILINE))
    needs = {need for known in registry.FORMATS for need in known.packages}
    told = {need.name: need.least for need in needs if need.name in own}
    assert told and told == {name: own[name] for name in told}


def test_names_of_formats_are_plain_and_each_is_there_once() -> None:
    names = [known.name for known in registry.FORMATS]
    assert len({*names}) == len(names)
    assert all(name.isascii() and name.isalnum() and name == name.lower() for name in names)
    assert all(known.ending == ".zip" for known in registry.FORMATS if known.beside)


def test_nobody_but_the_formats_names_one() -> None:
    assert {known.name for known in registry.FORMATS} >= FORMAT_NAMES
    found = {
        (file, node.value)
        for file, tree in sources("tl_core", "pages")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in FORMAT_NAMES
    }
    assert found <= OTHER_MEANINGS, "ask the registry instead of naming a format"
    compared = [
        f"{file}:{node.lineno}"
        for file, tree in sources(*READERS)
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        for part in (node.left, *node.comparators)
        if isinstance(part, ast.Constant)
        and part.value in {known.name for known in registry.FORMATS}
    ]
    assert compared == [], "ask the format instead of comparing its name"


def sources(*places: str) -> list[tuple[str, ast.Module]]:
    files = [
        path
        for place in places
        for path in (
            [ROOT / place] if place.endswith(".py") else sorted((ROOT / place).rglob("*.py"))
        )
    ]
    told = [(path.relative_to(ROOT).as_posix(), path) for path in files]
    return [
        (name, parsed(path))
        for name, path in told
        if not name.startswith("tl_core/export/formats/")
    ]


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))
