"""The web process stays light."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import importlib, pkgutil, sys
import app, pages.parts
for module in pkgutil.walk_packages(pages.parts.__path__, "pages.parts."):
    importlib.import_module(module.name)
assert "pages.parts.shared.state" in sys.modules
heavy = {"tensorflow", "keras", "jax", "torch"} & set(sys.modules)
assert not heavy, heavy
"""


def test_the_pages_import_neither_tensorflow_nor_keras(home):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
