"""What a run answered to its test pictures for one class or label: whether it is shown, and its probability."""

from pathlib import Path

import numpy as np

from tl_core.base import about_run
from tl_core.base.errors import UserError
from tl_core.datasets import manifest
from tl_core.datasets.splits import TEST
from tl_core.evaluation import rejudging
from tl_core.training import results

Ranked = tuple[np.ndarray, np.ndarray, np.ndarray | None]
"""bool (n,), whether each test picture is of the class; float (n,), its probability; (n,), what belongs
together, None where nothing does."""


def of_class(folder: Path, at: int) -> Ranked:
    """Return the answers of a run that tells classes apart for the class `at`; none where it kept none."""
    truth, told = _columns(folder, "truth", f"p_{at}")
    return truth == at, _ranked(told), _groups(folder)


def of_label(folder: Path, at: int) -> Ranked:
    """Return the answers of a run that gives several labels for the label `at`; none where it kept none."""
    truth, told = _columns(folder, f"truth_{at}", f"p_{at}")
    return truth.astype(bool), _ranked(told), _groups(folder)


def _groups(folder: Path) -> np.ndarray | None:
    """Return which test pictures belong together; None where the data set is gone, too."""
    (pictures,) = _columns(folder, "picture")
    if not len(pictures):
        return None
    try:
        dataset = manifest.load(about_run.read(folder).dataset)
    except (OSError, UserError):
        return None
    return rejudging.belonging(dataset, pictures.tolist(), TEST)


def _columns(folder: Path, *names: str) -> tuple[np.ndarray, ...]:
    import pyarrow.parquet as pq

    path = folder / results.PREDICTIONS
    if not path.exists() or not {*names, "split"} <= set(pq.read_schema(path).names):
        return tuple(np.empty(0) for _ in names)
    table = results.read_predictions(folder, columns=names)
    assert table is not None
    return tuple(table[name].to_numpy() for name in names)


def _ranked(told: np.ndarray) -> np.ndarray:
    """Return probabilities with those that are no numbers last."""
    told = told.astype(np.float64)
    return np.where(np.isfinite(told), told, -np.inf)
