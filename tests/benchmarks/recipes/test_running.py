"""A study of a tiny network is made with JAX, cut short, gone on with, and read. Skips without JAX."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.recipes import journal, table
from tests.benchmarks.recipes.plan import EXACT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="needs JAX"),
]
ROOT = Path(__file__).resolve().parents[3]


def study(*words: object) -> str:
    """Return what a module of the study prints, in a process of its own: Keras knows one backend."""
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-m", *map(str, words)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def test_a_study_that_was_cut_short_goes_on_where_it_stood(tmp_path):
    study("tests.benchmarks.recipes.made_network", tmp_path)
    words = (
        "tests.benchmarks.recipes",
        "run",
        tmp_path,
        "made",
        "--journals",
        tmp_path,
        "--most",
        2,
    )
    assert study(*words).splitlines()[-1] == "2 trainings made"
    first = journal.made(tmp_path, "made")
    study(*words)
    made = journal.read([tmp_path / "made.0.jsonl"])
    assert len(first) == 2 and len(made) == len({each.cell for each in made}) == 4
    assert made[0].cell.recipe == EXACT
    assert [epoch.number for epoch in made[1].epochs] == list(range(1, 13))
    results = table.results(made)
    assert all(0.9 <= result.latest.accuracy <= 1 for result in results)
