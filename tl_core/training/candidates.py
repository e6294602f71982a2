"""Two models of one run: the trained one and the exact head. One is the model, the other may take its place.

What takes a model's place brings its answers and numbers along, so that no page tells one model's
result beside another's answers. Once it lies whole in the folder `COMING` it will be the model: from
there every step, that the store is told among them, may be done again after a kill, in any place, by
`settle`. Before that nothing has changed.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tl_core.base import files
from tl_core.training import results

FORMER = "former"
"""The folder of a run in which the model lies that another one took the place of."""
COMING = "coming"
"""The folder of a run in which what is to be its model lies, while it takes its place."""
PARTS = (results.MODEL_DIR, results.PREDICTIONS, results.METRICS)
"""What changes hands."""

Tell = Callable[[dict[str, Any]], object]
"""Given the numbers of the model that has come, to be kept where pages look."""


def has_former(folder: Path) -> bool:
    """Say whether the run in `folder` keeps a model that another one took the place of."""
    return (folder / FORMER / results.METRICS).is_file()


def is_coming(folder: Path) -> bool:
    """Say whether a model was about to take another one's place when something ended it."""
    return (folder / COMING).is_dir()


def hand_over(folder: Path, source: Path, tell: Tell) -> None:
    """Let the model in `source` be that of the run in `folder`, and keep the one that was.

    Args:
        folder: the run's, with its numbers beside its model.
        source: another one that holds model, answers and numbers, all of which are moved.
        tell: see `Tell`.
    """
    _gather(folder, FORMER, folder, shutil.copytree, shutil.copy2)
    _gather(folder, COMING, source, shutil.move, shutil.move)
    settle(folder, tell)


def put_right(folder: Path, source: Path, tell: Tell) -> None:
    """Let what is in `source` be the model of the run in `folder`, as `hand_over` does, and keep no other one."""
    _gather(folder, COMING, source, shutil.move, shutil.move)
    settle(folder, tell)


def bring_back(folder: Path, tell: Tell) -> None:
    """Let the former model be the model of the run in `folder` again."""
    (folder / FORMER).rename(folder / COMING)
    settle(folder, tell)


def settle(folder: Path, tell: Tell) -> None:
    """Bring to its end what was begun: what lies in `COMING` is the model, and nothing packed of another stays."""
    coming = folder / COMING
    if not (coming / results.METRICS).is_file():  # nothing, or all but its folder is done
        shutil.rmtree(coming, ignore_errors=True)
        return
    numbers = json.loads((coming / results.METRICS).read_text("utf-8"))
    for part in (results.MODEL_DIR, results.PREDICTIONS):
        new, old = coming / part, folder / part
        if not new.exists():
            continue
        if new.is_dir():
            shutil.rmtree(old, ignore_errors=True)
        new.replace(old)
    # Packed from the model that was: they would hand over another one than is shown.
    shutil.rmtree(folder / "exports", ignore_errors=True)
    files.write_whole(folder / results.METRICS, (coming / results.METRICS).read_bytes())
    tell(numbers)
    (coming / results.METRICS).unlink()
    shutil.rmtree(coming, ignore_errors=True)


def _gather(
    folder: Path,
    name: str,
    source: Path,
    take_folder: Callable[[Path, Path], object],
    take_file: Callable[[Path, Path], object],
) -> None:
    """Take all parts from `source` into the folder `name` of a run, which is whole or not there."""
    partial = folder / f".{name}{files.PARTIAL}"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    for part in PARTS:
        found = source / part
        if found.exists():
            (take_folder if found.is_dir() else take_file)(found, partial / part)
    shutil.rmtree(folder / name, ignore_errors=True)
    partial.rename(folder / name)
