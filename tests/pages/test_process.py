"""The web process stays light."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
import app
from pages.parts import (answers, charts, dataset_view, header, house, importing, lessons, live, network, new_data, price,
                         result_view, run_list, run_picker, trying, widgets)
heavy = {"tensorflow", "keras", "jax", "torch"} & set(sys.modules)
assert not heavy, heavy
"""


def test_the_pages_import_neither_tensorflow_nor_keras(home):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
