"""The bundled sample pictures, made by our own code at first use: fruit to tell apart, glasses to read.

Colours, shapes, light and camera overlap on purpose: a model has something to learn, and some
pictures stay hard.
"""

import csv
import subprocess
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal, get_args

from tl_core.base import cores

Bundled = Literal["samples", "samples:juice"]
"""What an import is told instead of a path."""

TABLE = "levels.csv"
_EVEN = 61.803398875  # multiples of the golden section fill 0 to 100 evenly, however many they are
_PACKAGE_PARENT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class SampleSet:
    """Pictures of one task.

    Attributes:
        title: what people call it.
        kinds: what they show in turn; the classes, unless there is a target.
        each: how many there are of each.
        target: the number that a table tells of each picture; empty for classes.
    """

    title: str
    kinds: tuple[str, ...]
    each: int
    target: str = ""


SETS: dict[Bundled, SampleSet] = {
    "samples": SampleSet(
        "Sample pictures", ("apple", "lemon", "orange", "pear", "plum", "tomato"), 100
    ),
    "samples:juice": SampleSet("Glasses of juice", ("glass",), 300, "percent full"),
}
CLASSES = SETS["samples"].kinds


def named(text: str) -> Bundled | None:
    """Return the sample set that `text` names, None if it is something else."""
    return next((name for name in get_args(Bundled) if name == text), None)


def make(
    folder: Path, seed: int = 0, *, which: Bundled = "samples", each: int | None = None
) -> None:
    """Write JPEG files to `folder`/KIND with all cores, and a table where they have a number.

    The same seed makes the same files, on however many cores.

    Args:
        folder: where to; made if need be.
        seed: fixes the pictures.
        which: the set.
        each: how many of each kind; None takes as many as are promised.
    """
    asked = SETS[which]
    for kind in asked.kinds:
        (folder / kind).mkdir(parents=True, exist_ok=True)
    total = (each or asked.each) * len(asked.kinds)
    if asked.target:
        _write_table(folder / TABLE, which, total)
    shares = min(cores.available(), 8)
    bounds = [total * share // shares for share in range(shares + 1)]
    program = [sys.executable, "-m", "tl_core.samples.photographs", str(folder.resolve()), which]
    children = [
        subprocess.Popen([*program, str(seed), str(first), str(last)], cwd=_PACKAGE_PARENT)
        for first, last in pairwise(bounds)
    ]
    codes = [child.wait() for child in children]
    if any(codes):
        raise RuntimeError(f"making sample pictures ended with {codes}")


def file_of(which: Bundled, number: int) -> str:
    """Return where picture `number` goes, below the folder: the kinds take turns."""
    kinds = SETS[which].kinds
    turn, place = divmod(number, len(kinds))
    return f"{kinds[place]}/{kinds[place]}_{turn:03}.jpg"


def level(number: int) -> float:
    """Return how full the glass of picture `number` is, in percent of its height."""
    return round(number * _EVEN % 100, 1)


def _write_table(path: Path, which: Bundled, total: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["file", SETS[which].target])
        writer.writerows([file_of(which, number), level(number)] for number in range(total))
