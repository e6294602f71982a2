"""How large the file of a project will be, told before it is packed."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tl_core import store
from tl_core.base import ids
from tl_core.datasets import manifest
from tl_core.export import estimate
from tl_core.graft_files import bundle
from tl_core.modalities import registry as modalities
from tl_core.models import persist
from tl_core.training.results import MODEL_DIR

MOST_LOOKED_AT = 400
"""Of the examples of a data set; the others are taken to be as large as these on average."""


def expected(project_id: str) -> float:
    """Return about how many bytes the examples and models of a project take.

    Raises:
        UserError: "unknown" when there is no such project, or when something of it cannot be read.
    """
    ready = [row for row in store.datasets(project_id) if row.status == "ready"]
    return _examples(ready) + _models(store.runs(project_id))


def _examples(rows: Sequence[store.DatasetRow]) -> float:
    """Return what the examples of all versions take, each once."""
    seen: set[str] = set()
    total = 0.0
    for row in rows:
        dataset = manifest.load(row.id)
        new = np.setdiff1d(dataset.hashes, np.array([*seen], dataset.hashes.dtype))
        seen.update(map(str, new))
        sizes = [_size(modalities.of(dataset).stored(str(name))) for name in _evenly(new)]
        total += len(new) * float(np.mean(sizes)) if sizes else 0.0
    return total


def _models(runs: Sequence[store.RunRow]) -> float:
    """Return what the models of runs take; pretrained weights go along once for all that share them."""
    shared: dict[str, int] = {}
    total = 0.0
    for run in runs:
        folder = ids.run_folder(run.id) / MODEL_DIR
        if not (folder / persist.DESCRIPTION).is_file():
            continue
        described = persist.describe(folder)
        total += _size(folder / persist.TAIL)
        if bundle.needs_backbone(described):
            frozen = estimate.weights(described) - estimate.head_weights(described)
            shared[described.backbone_weights] = frozen - described.tail_parameters()
    return total + 4.0 * sum(shared.values())


def _evenly(names: np.ndarray) -> np.ndarray:
    return names[np.linspace(0, len(names) - 1, min(MOST_LOOKED_AT, len(names))).astype(int)]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # what is missing is told once it is packed
        return 0
