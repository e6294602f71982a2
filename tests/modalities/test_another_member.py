"""A modality that no other file knows, from a table to an answer: what only tests have is enough."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests import forks
from tests.modalities import rows_of_numbers
from tl_core import store

ROOT = Path(__file__).resolve().parents[2]
REGISTERS = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from tests.modalities import rows_of_numbers
rows_of_numbers.register()
"""
"""What runs before anything else in every process, jobs and children among them."""
KINDS = ("low", "middle", "high")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def graft(home, tmp_path, monkeypatch):
    """A function that runs a command in a process of its own and returns its result."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(REGISTERS)
    monkeypatch.setenv("PYTHONPATH", str(site))

    def run(*words: object, code: int = 0) -> dict:
        done = forks.command(*words, "--json", before=REGISTERS)
        assert done.returncode == code, done.stderr
        if code:
            return {"code": re.findall(r"^error \[([\w-]+)\]", done.stderr, re.MULTILINE)[-1]}
        return json.loads(done.stdout.splitlines()[-1])

    return run


@pytest.fixture
def table(tmp_path):
    """A folder with one table: sixty rows of four numbers, of three kinds."""
    random = np.random.default_rng(0)
    lines = ["label,a,b,c,d"]
    for place, kind in enumerate(KINDS):
        rows = random.normal([place, -place, 2 * place, 5], 0.2, (20, rows_of_numbers.NUMBERS))
        lines += [",".join((kind, *(f"{number:.3f}" for number in row))) for row in rows]
    folder = tmp_path / "tables"
    folder.mkdir()
    (folder / "measured.csv").write_text("\n".join(lines), "utf-8")
    return folder


@pytest.mark.parametrize(
    "depths",
    [
        pytest.param((1,), id="one stage"),
        pytest.param((0, 2), id="none and all", marks=pytest.mark.exhaustive),
    ],
)
def test_rows_of_a_table_are_imported_trained_on_judged_answered_for_and_packed(
    graft, table, tmp_path, home, depths
):
    made = graft("ingest", table, "--modality", "row")
    assert made["classes"] == dict.fromkeys(KINDS, 20) and made["skipped"] == []
    dataset = made["dataset"]
    assert graft("plan", dataset)["backbone"]["name"] == "dense"
    graft("quality", dataset)

    chosen = [("--set", "epochs=2", "--set", f"trainable_stages={depth}") for depth in depths]
    runs = [graft("train", dataset, *settings)["run"] for settings in chosen]
    for run in runs:
        assert graft("evaluate", run)["accuracy"] > 0.8

    row = tmp_path / "one.row"
    row.write_text("2.0,-2.1,4.0,5.1")
    answers = {run: graft("predict", run, row)["predictions"][0] for run in runs}
    assert {told["label"] for told in answers.values()} == {"high"}

    last = runs[-1]
    packed = graft("export", last, "--out", tmp_path)
    assert packed["certificate"]["passed"] and packed["certificate"]["originals"] > 0
    bundle = graft("export", last, "--format", "bundle", "--out", tmp_path)["file"]
    told = graft("predict", bundle, row)["predictions"][0]["probabilities"]
    assert told == pytest.approx(answers[last]["probabilities"], abs=1e-5)

    opened = graft("open-file", bundle)
    assert graft("predict", opened["run"], row)["predictions"][0]["label"] == "high"


@pytest.mark.exhaustive
def test_a_project_of_rows_opens_elsewhere(graft, table, tmp_path, home):
    made = graft("ingest", table, "--modality", "row")
    run = graft("train", made["dataset"], "--set", "epochs=1")["run"]
    file = graft("export", store.default_project().id, "--format", "project", "--out", tmp_path)[
        "file"
    ]
    shutil.move(home / "runs" / run, tmp_path / "gone")
    opened = graft("open-file", file)
    (again,) = opened["runs"]
    row = tmp_path / "one.row"
    row.write_text("0.0,0.1,0.0,5.0")
    assert graft("predict", again, row)["predictions"][0]["label"] == "low"


def test_what_is_for_other_examples_is_refused(graft, table, tmp_path, picture_folder):
    made = graft("ingest", table, "--modality", "row")["dataset"]
    pictures = graft("ingest", picture_folder(classes=2, each=6))["dataset"]
    for dataset, words, fault in (
        (made, ("backbone=starter",), "backbone-modality"),
        (pictures, ("backbone=dense",), "backbone-modality"),
        (made, ("flip=true",), "setting-modality"),
    ):
        chosen = [part for word in words for part in ("--set", word)]
        assert graft("plan", dataset, *chosen, code=2)["code"] == fault
    (tmp_path / "bad.row").write_text("not a row")
    run = graft("train", made, "--set", "epochs=1")["run"]
    assert graft("predict", run, tmp_path / "bad.row", code=2)["code"] == "row-damaged"
