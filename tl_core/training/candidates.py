"""Two models of one run: the trained one and the exact head. One is the model, the other may take its place.

What takes a model's place brings its answers and numbers along, so that no page tells one model's
result beside another's answers. All steps may be done again after a kill: the former model is kept
whole before the first file of the other one is moved, and whatever was moved is moved no more.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from tl_core.training import results

FORMER = "former"
"""The folder of a run in which the model lies that another one took the place of."""
PARTS = (results.MODEL_DIR, results.PREDICTIONS, results.METRICS)
"""What changes hands, the numbers last: while they lie there, something is left to be moved."""


def has_former(folder: Path) -> bool:
    """Say whether the run in `folder` keeps a model that another one took the place of."""
    return (folder / FORMER / results.METRICS).is_file()


def keep_former(folder: Path) -> None:
    """Copy the model of the run in `folder` with its answers and numbers aside, unless that was done."""
    if has_former(folder):
        return
    partial = folder / f"{FORMER}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    for part in PARTS:
        kept = folder / part
        if kept.is_dir():
            shutil.copytree(kept, partial / part)
        elif kept.exists():
            shutil.copy2(kept, partial / part)
    shutil.rmtree(folder / FORMER, ignore_errors=True)
    partial.rename(folder / FORMER)


def install(folder: Path, source: Path) -> dict[str, Any]:
    """Move model, answers and numbers from `source` into the run in `folder`; return the numbers.

    Args:
        folder: the run's.
        source: holds what is to be moved; without the numbers nothing is left to be done.
    """
    numbers = json.loads((source / results.METRICS).read_text("utf-8"))
    for part in PARTS:
        new, old = source / part, folder / part
        if not new.exists():
            continue
        if new.is_dir():
            shutil.rmtree(old, ignore_errors=True)
        new.replace(old)
    # Packed from the model that was: they would hand over another one than is shown.
    shutil.rmtree(folder / "exports", ignore_errors=True)
    return numbers


def bring_back(folder: Path) -> dict[str, Any]:
    """Let the former model be the model of the run in `folder` again; return its numbers."""
    numbers = install(folder, folder / FORMER)
    shutil.rmtree(folder / FORMER, ignore_errors=True)
    return numbers
