"""Which example is in which part, and what is true of it: `split.csv` beside the program of a training."""

import re

import numpy as np

from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import NAMES
from tl_core.export import names, spreadsheet
from tl_core.tasks import registry

FILE = "split.csv"
COPIES = "copies"
_UNSAFE = re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)|[\x00-\x1f\x7f]")


def table(dataset: Dataset) -> dict[str, list[object]]:
    """Return the division, column by column.

    `file` is the path as uploaded, `part` the part, `label` what is true in words, `numbers` the same
    as the program reads it (the class, the classes shown, or the numbers), `copies` what fixes the
    changed copies of an example.
    """
    task = registry.of(dataset)
    return {
        "file": list(files(dataset)),
        "part": [NAMES[int(part)] for part in dataset.splits],
        "label": [task.described(dataset, row) for row in range(len(dataset))],
        "numbers": [
            " ".join(map(_plain, _numbers(row)))
            for row in task.truth(dataset, np.arange(len(dataset)))
        ],
        COPIES: list(map(str, dataset.hashes)),
    }


def as_csv(dataset: Dataset) -> bytes:
    """Return the division as CSV in UTF-8."""
    return spreadsheet.as_csv(table(dataset))


def files(dataset: Dataset) -> list[str]:
    """Return under which path each example is looked for: as uploaded, unless that leaves the folder."""
    seen: set[str] = set()
    found = []
    for row, name in enumerate(map(str, dataset.names)):
        path = name.replace("\\", "/")
        if _UNSAFE.search(name) or path.casefold() in seen or not path.strip():
            path = f"{row:06}-{names.file(path.rpartition('/')[2])}"
        seen.add(path.casefold())
        found.append(path)
    return found


def _numbers(truth: np.ndarray) -> np.ndarray:
    """Return a class as itself, the places of those that are shown, or the numbers."""
    if truth.dtype == bool:
        return np.flatnonzero(truth)
    return np.atleast_1d(truth)


def _plain(value: float) -> str:
    return repr(value.item() if isinstance(value, np.generic) else value)
